//! Calls: who is called, and what comes back.

use super::super::checker::{Binding, Checker, Place};
use super::super::modules::{Found, nearest_in};
use super::super::suggest;
use super::super::types::{Vars, fits, substitute};
use super::arguments::Bound;
use super::unknown;
use crate::catalogue::{ActionDecl, Effect, FunctionDecl, ResultDecl, TargetDecl, Type, unit_of};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::tree::{self, Ident, StepKind};

/// Who is called.
#[derive(Clone, Copy)]
pub(in super::super) enum Callee<'a> {
    Action(&'a ActionDecl),
    Function(&'a FunctionDecl),
    Target(&'a TargetDecl),
    Fn(usize, &'a tree::Fn),
    Script(usize, &'a tree::Script),
    /// `before(x)`
    Before,
    /// A field of a value.
    Method,
}

/// The names of a path, if the expression is one.
fn parts(e: &tree::Expr) -> Option<Vec<&Ident>> {
    match &e.kind {
        tree::ExprKind::Name(n) => Some(vec![n]),
        tree::ExprKind::Field { base, name, soft: false } => {
            let mut all = parts(base)?;
            all.push(name);
            Some(all)
        }
        _ => None,
    }
}

impl<'a> Checker<'a> {
    /// Whether the name stands for a value here, so that a call on it is a method.
    fn is_value(&self, name: &str) -> bool {
        if self.frame.locals.iter().any(|l| l.name == name) {
            return true;
        }
        self.frame.module.is_none()
            && self.frame.place != Place::DefaultTell
            && (self.frame.lets.contains_key(name)
                || self.frame.trigger.contains_key(name)
                || self.names.get(name).is_some_and(|n| n.binding != Binding::Ladder))
    }

    /// Who a path of names calls. None and a report where there is nobody.
    pub(in super::super) fn callee(&mut self, parts: &[&'a Ident]) -> Option<Callee<'a>> {
        let head = parts.first()?;
        if self.is_value(&head.name) {
            if parts.len() > 1 {
                return Some(Callee::Method);
            }
            self.report(Diagnostic::error("H0204", head.span, format!("`{}` is a value, not a function", head.name)));
            return None;
        }
        let here = self.frame.module.unwrap_or(0);
        let modules = self.modules;
        let module = if self.frame.place == Place::DefaultTell { None } else { modules.get(here) };
        let found = module.and_then(|m| m.find(&head.name));
        let (owner, found, last) = match (found, parts) {
            (Some(Found::Use(index, _)), [_, name]) => match modules.get(index) {
                Some(m) if m.broken => return None,
                Some(m) => match m.find(&name.name) {
                    Some(found) => (index, Some(found), *name),
                    None => {
                        let mut d =
                            Diagnostic::error("H0204", name.span, format!("there is no `{}` in {}", name.name, m.name));
                        if let Some(near) = nearest_in(m, &name.name) {
                            d = d.fix(name.span, near, format!("did you mean `{near}`?"));
                        }
                        self.report(d);
                        return None;
                    }
                },
                // Its `use` was reported.
                None => return None,
            },
            (found, [name]) => (here, found, *name),
            (_, [.., last]) => (here, None, *last),
            (_, []) => return None,
        };
        match found {
            Some(Found::Fn(f)) => return Some(Callee::Fn(owner, f)),
            Some(Found::Script(s)) => return Some(Callee::Script(owner, s)),
            Some(Found::Profile(_)) => {
                self.report(
                    Diagnostic::error("H0204", last.span, format!("`{}` is a profile, not a function", last.name))
                        .help("profiles stand in settings, as in `retry = gentle`"),
                );
                return None;
            }
            Some(Found::Use(..)) => {
                self.report(Diagnostic::error(
                    "H0204",
                    last.span,
                    format!("`{}` is a file that is used, not a function", last.name),
                ));
                return None;
            }
            None => {}
        }
        if parts.len() == 1 && head.name == "before" {
            return Some(Callee::Before);
        }
        let full = parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(".");
        let cat = self.cat;
        if let Some(decl) = cat.actions.get(&full) {
            return Some(Callee::Action(decl));
        }
        if let Some(decl) = cat.functions.get(&full) {
            return Some(Callee::Function(decl));
        }
        if let Some(decl) = cat.targets.get(&full) {
            return Some(Callee::Target(decl));
        }
        self.nobody(parts, &full);
        None
    }

    fn nobody(&mut self, parts: &[&'a Ident], full: &str) {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return;
        };
        let span = first.span.to(last.span);
        let cat = self.cat;
        let all: Vec<&str> =
            cat.actions.keys().chain(cat.functions.keys()).chain(cat.targets.keys()).map(String::as_str).collect();
        let mut own: Vec<&str> = Vec::new();
        if parts.len() == 1
            && let Some(m) = self.modules.get(self.frame.module.unwrap_or(0))
        {
            own.extend(m.named().filter(|(_, f)| matches!(f, Found::Fn(_) | Found::Script(_))).map(|(n, _)| n));
        }
        let mut d = Diagnostic::error("H0204", span, format!("there is no action or function `{full}`"));
        let family = full.split('.').next().unwrap_or("");
        let members: Vec<&str> =
            all.iter().copied().filter(|n| n.split_once('.').is_some_and(|(f, _)| f == family)).collect();
        let same_end = all.iter().copied().find(|n| n.rsplit('.').next() == Some(last.name.as_str()));
        let near = suggest::nearest(&last.name, members.iter().filter_map(|m| m.split_once('.').map(|(_, n)| n)))
            .map(|n| format!("{family}.{n}"))
            .or_else(|| suggest::nearest(full, all.iter().copied().chain(own)).map(str::to_owned))
            .or_else(|| same_end.map(str::to_owned));
        if parts.len() > 1 && members.is_empty() && (near.is_none() || self.let_of_a_step(&first.name)) {
            // A value that is not there, rather than a family of actions.
            self.unknown_name(first, None);
            return;
        }
        if let Some(near) = near {
            d = d.fix(span, near.clone(), format!("did you mean `{near}`?"));
        } else if !members.is_empty() && parts.len() > 1 {
            d = d.help(format!("`{family}` has {}", suggest::list(members.iter().copied())));
        } else {
            d = d.help("`healrun actions` lists what there is");
        }
        self.report(d);
    }

    /// `callee(args)` as a value.
    pub(super) fn call(
        &mut self,
        callee: &'a tree::Expr,
        args: &'a [tree::Arg],
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        let Some(path) = parts(callee) else {
            return self.method_call(callee, args, span);
        };
        match self.callee(&path) {
            None => {
                // What is wrong inside the arguments is still worth saying where it does not depend on the callee.
                unknown(span)
            }
            Some(Callee::Method) => self.method_call(callee, args, span),
            Some(Callee::Before) => self.before(args, span),
            Some(Callee::Function(decl)) => self.function_call(decl, args, span),
            Some(Callee::Fn(module, f)) => self.inline(module, f, args, want, span),
            Some(Callee::Script(module, s)) => self.script_call(module, s, args, span),
            Some(Callee::Target(decl)) => {
                self.report(
                    Diagnostic::error(
                        "H0210",
                        span,
                        format!("`{}` makes a target, and targets are declared", decl.name),
                    )
                    .help(format!("at the top of the playbook: `target {} = {}(…)`", decl.noun, decl.name)),
                );
                unknown(span)
            }
            Some(Callee::Action(decl)) => self.action_value(decl, args, callee.span, span),
        }
    }

    fn function_call(&mut self, decl: &'a FunctionDecl, args: &'a [tree::Arg], span: Span) -> Expr {
        self.uses.insert(decl.name.clone());
        let bound = self.arguments(&format!("`{}`", decl.name), &decl.params, args, span, &[], Vars::new());
        let subject = decl.params.iter().find(|p| p.subject).map(|p| p.name.as_str());
        let typ = self.result(&decl.result, &bound, subject, span);
        Expr { kind: ExprKind::Call { function: decl.name.clone(), args: bound.args }, typ, span }
    }

    /// The type that a call gives.
    pub(in super::super) fn result(
        &mut self,
        result: &ResultDecl,
        bound: &Bound,
        subject: Option<&str>,
        span: Span,
    ) -> Type {
        let unit = || {
            bound.get("unit").map_or(Some(crate::catalogue::Dim::Number), |u| match &u.kind {
                ExprKind::Word(w) => unit_of(w).map(|(d, _)| d),
                _ => None,
            })
        };
        let series = || {
            let of = bound.get(subject.unwrap_or(""))?;
            match &of.typ {
                Type::Series(d) => Some(*d),
                _ => None,
            }
        };
        match result {
            ResultDecl::Type(t) => substitute(t, &bound.vars),
            ResultDecl::SeriesOfUnit => unit().map_or(Type::Unknown, Type::Series),
            ResultDecl::QuantityOfUnit => unit().map_or(Type::Unknown, Type::Quantity),
            ResultDecl::SameSeries => series().map_or(Type::Unknown, Type::Series),
            ResultDecl::QuantityOfSubject => series().map_or(Type::Unknown, Type::Quantity),
            ResultDecl::Nothing => {
                self.report(
                    Diagnostic::error("H0320", span, "this gives no value").help("it can only stand alone on its line"),
                );
                Type::Unknown
            }
        }
    }

    /// The methods of a type, by name.
    pub(super) fn methods_of(&self, typ: &Type) -> Vec<String> {
        self.cat
            .methods
            .iter()
            .filter(|m| fits(typ, &m.receiver, &mut Vars::new()) && !matches!(m.receiver, Type::Var(_) | Type::Json))
            .map(|m| m.name.clone())
            .collect()
    }

    /// `receiver.name(args)`
    fn method_call(&mut self, callee: &'a tree::Expr, args: &'a [tree::Arg], span: Span) -> Expr {
        let tree::ExprKind::Field { base, name, soft } = &callee.kind else {
            self.report(Diagnostic::error("H0204", callee.span, "this cannot be called"));
            return unknown(span);
        };
        let receiver = self.expr(base, None);
        let (typ, optional) = match &receiver.typ {
            Type::Unknown => return unknown(span),
            Type::Optional(t) if *soft => ((**t).clone(), true),
            Type::Optional(_) => {
                let d = self.absent(&receiver, &format!("`.{}` needs a value", name.name));
                self.report(d);
                return unknown(span);
            }
            t => (t.clone(), false),
        };
        if optional {
            self.report(
                Diagnostic::error("H0305", name.span, "methods are not called on what may be absent")
                    .help("ask first with `exists`, or give a value in its place with `?? …`"),
            );
            return unknown(span);
        }
        let cat = self.cat;
        let mut vars = Vars::new();
        let found = cat.methods.iter().filter(|m| m.name == name.name).find(|m| {
            vars = Vars::new();
            fits(&typ, &m.receiver, &mut vars)
        });
        let Some(decl) = found else {
            let known = self.methods_of(&typ);
            self.unknown(
                "H0216",
                name.span,
                &format!("method of a {typ} called"),
                &name.name,
                known.iter().map(String::as_str),
            );
            return unknown(span);
        };
        let bound = self.arguments(&format!("`.{}`", decl.name), &decl.params, args, span, &[], vars);
        let typ = substitute(&decl.result, &bound.vars);
        Expr {
            kind: ExprKind::Method { receiver: Box::new(receiver), name: decl.name.clone(), args: bound.args },
            typ,
            span,
        }
    }

    /// `effect: read | change` at a call: what its author asserts (L35). None: nothing was asserted.
    pub(in super::super) fn asserted(&mut self, decl: &ActionDecl, args: &'a [tree::Arg]) -> Option<Effect> {
        let arg = args.iter().find(|a| a.label.as_ref().is_some_and(|l| l.name == "effect"))?;
        if !decl.assertable {
            return None;
        }
        let word = match &arg.value.kind {
            tree::ExprKind::Name(n) => n.name.as_str(),
            _ => "",
        };
        match word {
            "read" => Some(Effect::Read),
            "change" => Some(Effect::Change),
            _ => {
                self.report(
                    Diagnostic::error("H0407", arg.value.span, "`effect` is `read` or `change`")
                        .note("it is an assertion: `plan` lists it, and policy may forbid it"),
                );
                // What fits the place, so that one mistake is one report.
                let remediate = self.frame.place == Place::Body(StepKind::Remediate);
                Some(if remediate { Effect::Change } else { Effect::Read })
            }
        }
    }

    /// The labels that a call of this action takes beside its parameters.
    pub(in super::super) fn special(decl: &ActionDecl) -> &'static [&'static str] {
        if decl.assertable { &["effect"] } else { &[] }
    }

    /// An action where a value is wanted: a read is lifted, anything else is in the wrong place.
    fn action_value(&mut self, decl: &'a ActionDecl, args: &'a [tree::Arg], callee: Span, span: Span) -> Expr {
        self.uses.insert(decl.name.clone());
        let asserted = self.asserted(decl, args);
        let effect = asserted.unwrap_or(decl.effect);
        if effect > Effect::Read {
            self.wrong_effect(decl, effect, callee);
        }
        let bound =
            self.arguments(&format!("`{}`", decl.name), &decl.params, args, span, Self::special(decl), Vars::new());
        let subject = decl.params.iter().find(|p| p.subject).map(|p| p.name.as_str());
        let typ = if effect > Effect::Read && decl.result == ResultDecl::Nothing {
            Type::Unknown
        } else {
            self.result(&decl.result, &bound, subject, span)
        };
        if effect > Effect::Read {
            return Expr { typ, ..unknown(span) };
        }
        if asserted.is_some() {
            self.assertions.push((format!("`{}` only reads", decl.name), span));
        }
        self.lift(decl, bound, asserted.is_some(), typ, callee, span)
    }

    /// An action above `read` where only reading is allowed, or not on its own line.
    pub(in super::super) fn wrong_effect(&mut self, decl: &ActionDecl, effect: Effect, span: Span) {
        let does = match effect {
            Effect::Tell => "speaks to people",
            Effect::Change => "changes the world",
            _ => "may do anything",
        };
        let d = match self.frame.place {
            Place::Body(kind @ (StepKind::Detect | StepKind::Diagnose | StepKind::Verify)) => {
                let code = if effect == Effect::Tell { "H0402" } else { "H0401" };
                let d = Diagnostic::error(
                    code,
                    span,
                    format!("a {} step only looks, and `{}` {does}", kind.word(), decl.name),
                )
                .at(does);
                if decl.assertable {
                    d.help("if it only looks, say so at the call with `effect: read`; `plan` lists the assertion")
                } else if effect == Effect::Tell {
                    d.help("tell people in `escalate`, in a handler or in a remediate step")
                } else {
                    d.help("move it into a `remediate` step, and prove with a `verify` step that it helped")
                }
            }
            Place::Body(StepKind::Remediate) => {
                Diagnostic::error("H0406", span, "a change stands alone on its line, or is all that a `let` holds")
                    .at(does)
                    .note("each change is admitted, journalled and undone on its own")
                    .help(format!("write `let done = {}(…)`, and use `done`", decl.name))
            }
            Place::Tell | Place::DefaultTell if effect == Effect::Tell => {
                Diagnostic::error("H0406", span, "a message stands alone on its line").at(does)
            }
            Place::Tell | Place::DefaultTell => {
                Diagnostic::error("H0408", span, format!("only messages stand here, and `{}` {does}", decl.name))
                    .at(does)
            }
            _ => Diagnostic::error("H0403", span, format!("nothing is done here, and `{}` {does}", decl.name))
                .at(does)
                .help("changes stand in `remediate` steps"),
        };
        self.report(d);
    }
}
