//! `fn`s are inlined, so that their reads become reads of the step that calls them (L36); scripts are called.

use super::super::checker::{Checker, Frame, Local, Place};
use super::super::modules::Found;
use super::super::types::Vars;
use super::arguments::Bound;
use super::unknown;
use crate::catalogue::{Outside, ParamDecl, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::tree;
use std::rc::Rc;

/// `fn`s that call each other at most so deep.
const DEEPEST: usize = 32;

impl<'a> Checker<'a> {
    /// Parameters as written: the first is the subject.
    pub(in super::super) fn params(&mut self, params: &'a [tree::Param]) -> Vec<ParamDecl> {
        params
            .iter()
            .enumerate()
            .map(|(i, p)| ParamDecl {
                name: p.name.name.clone(),
                typ: self.type_of(&p.typ, None),
                default: None,
                subject: i == 0,
                literal: false,
                outside: Outside::Data,
                doc: String::new(),
            })
            .collect()
    }

    /// A call of a `fn`: its body, with its parameters bound.
    pub(super) fn inline(
        &mut self,
        module: usize,
        f: &'a tree::Fn,
        args: &'a [tree::Arg],
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        let name = f.name.name.clone();
        let params = self.params(&f.params);
        let bound = self.arguments(&format!("`{name}`"), &params, args, span, &[], Vars::new());
        if self.frame.stack.contains(&(module, name.clone())) || self.frame.stack.len() >= DEEPEST {
            let mut circle: Vec<&str> = self.frame.stack.iter().map(|(_, n)| n.as_str()).collect();
            circle.push(&name);
            let drawing = circle.join(" -> ");
            self.report(
                Diagnostic::error("H0217", span, format!("`{name}` calls itself in the end"))
                    .note(drawing)
                    .help("functions are put in the place of their calls, so there is no recursion"),
            );
            return unknown(span);
        }
        let result = f.result.as_ref().map(|t| self.type_of(t, None));
        if self.broken_fns.contains(&(module, name.clone())) {
            return Expr { typ: result.unwrap_or(Type::Unknown), ..unknown(span) };
        }
        let (locals, binds) = self.bind_params(&params, bound);
        let mark = self.frame.binds.len();
        self.frame.binds.extend(binds.iter().cloned());
        let outer_locals = std::mem::replace(&mut self.frame.locals, locals);
        let outer_module = self.frame.module.replace(module);
        let outer_facts = std::mem::take(&mut self.frame.facts);
        self.frame.stack.push((module, name.clone()));
        let before = self.diagnostics.len();
        let body = self.expr(&f.body, result.as_ref().or(want));
        let body = match &result {
            Some(t) => self.settle(body, t, &format!("what `{name}` gives")),
            None => body,
        };
        // A mistake inside of the body that only this call brings out: say where the call stands.
        for d in self.diagnostics.iter_mut().skip(before) {
            if d.labels
                .first()
                .is_some_and(|l| l.span.file != span.file || l.span.start < span.start || l.span.end > span.end)
            {
                d.notes.push(format!("found while `{name}` was put in the place of a call"));
            }
        }
        self.frame.stack.pop();
        self.frame.facts = outer_facts;
        self.frame.module = outer_module;
        self.frame.locals = outer_locals;
        self.frame.binds.truncate(mark);
        let typ = result.unwrap_or_else(|| body.typ.clone());
        let mut whole = Expr { typ: typ.clone(), ..body };
        for (name, value) in binds.into_iter().rev() {
            let value = Rc::unwrap_or_clone(value);
            whole = Expr {
                kind: ExprKind::Bind { name, value: Box::new(value), body: Box::new(whole) },
                typ: typ.clone(),
                span,
            };
        }
        whole
    }

    fn bind_params(&mut self, params: &[ParamDecl], bound: Bound) -> (Vec<Local>, Vec<(String, Rc<Expr>)>) {
        let mut locals = Vec::new();
        let mut binds = Vec::new();
        for (param, arg) in params.iter().zip(bound.args) {
            let unique = self.unique(&param.name);
            locals.push(Local { name: param.name.clone(), unique: unique.clone(), typ: param.typ.clone() });
            binds.push((unique, Rc::new(arg.value)));
        }
        (locals, binds)
    }

    /// A `fn` on its own: its mistakes are reported even if nobody calls it.
    pub(in super::super) fn check_fn(&mut self, module: usize, f: &'a tree::Fn) {
        let mut frame = Frame::new(Place::Fn, None);
        frame.module = Some(module);
        frame.stack.push((module, f.name.name.clone()));
        let (_, _) = self.within(frame, |c| {
            let params = c.params(&f.params);
            let mut seen: Vec<&tree::Param> = Vec::new();
            for (p, decl) in f.params.iter().zip(&params) {
                if let Some(first) = seen.iter().find(|s| s.name.name == p.name.name) {
                    c.report(super::super::checker::taken(&p.name.name, "a parameter", p.name.span, first.name.span));
                }
                seen.push(p);
                c.free_name(&p.name, "a parameter");
                let unique = c.unique(&p.name.name);
                c.frame.locals.push(Local { name: p.name.name.clone(), unique, typ: decl.typ.clone() });
            }
            match &f.result {
                Some(t) => {
                    let typ = c.type_of(t, None);
                    c.demand(&f.body, &typ, &format!("what `{}` gives", f.name.name));
                }
                None => {
                    c.expr(&f.body, None);
                }
            }
        });
    }

    /// A call of a script: plain data in, plain data out (L54).
    pub(super) fn script_call(
        &mut self,
        module: usize,
        s: &'a tree::Script,
        args: &'a [tree::Arg],
        span: Span,
    ) -> Expr {
        let name = s.name.name.clone();
        let params = self.params(&s.params);
        let bound = self.arguments(&format!("`{name}`"), &params, args, span, &[], Vars::new());
        let result = self.type_of(&s.result, None);
        for arg in &bound.args {
            if let Some(why) = not_plain(&arg.value.typ) {
                self.report(Diagnostic::error(
                    "H0315",
                    arg.value.span,
                    format!("a script takes plain data, and this is {why}"),
                ));
            }
        }
        let unique = if module == 0 { name.clone() } else { format!("{module}.{name}") };
        if let Some(def) = self.script_code.get(&(module, name)) {
            self.scripts.insert(unique.clone(), crate::plan::ScriptDef { name: unique.clone(), ..def.clone() });
        }
        let args = bound.args.into_iter().map(|a| a.value).collect();
        Expr { kind: ExprKind::Script { name: unique, args }, typ: result, span }
    }

    /// A new name that nothing in scope has (L13), and that is no unit (L10).
    pub(in super::super) fn free_name(&mut self, name: &tree::Ident, what: &str) {
        let text = &name.name;
        if super::super::quantity::is_time_unit(text) {
            self.report(
                Diagnostic::error("H0203", name.span, format!("`{text}` is a unit, and cannot be the name of {what}"))
                    .help("choose a longer name"),
            );
            return;
        }
        if matches!(text.as_str(), "now" | "run" | "before" | "risk") {
            self.report(
                Diagnostic::error(
                    "H0203",
                    name.span,
                    format!("`{text}` has a meaning of its own, and cannot be the name of {what}"),
                )
                .help("choose another name"),
            );
            return;
        }
        let local = self.frame.locals.iter().any(|l| l.name == *text);
        let own = self.frame.module.is_none() && self.frame.lets.contains_key(text);
        let own_span = self.frame.lets.get(text).map(|l| l.span);
        if local || own {
            let mut d = Diagnostic::error("H0202", name.span, format!("the name `{text}` is already taken"))
                .at("taken again here");
            if let Some(span) = own_span {
                d = d.label(span, "a `let` of this name");
            }
            self.report(d.help("one name means one thing in a playbook; choose another"));
            return;
        }
        if self.frame.module.is_none()
            && let Some(named) = self.names.get(text).cloned()
        {
            self.report(super::super::checker::taken(text, named.binding.noun(), name.span, named.span));
            return;
        }
        let module = self.frame.module.unwrap_or(0);
        if let Some(found) = self.modules.get(module).and_then(|m| m.find(text)) {
            let noun = match found {
                Found::Fn(_) | Found::Script(_) => "a function",
                Found::Profile(_) => "a profile",
                Found::Use(..) => "a file that is used",
            };
            self.report(super::super::checker::taken(text, noun, name.span, found.span()));
        }
    }
}

/// Why a value cannot go into a script, or come out of one.
pub(in super::super) fn not_plain(t: &Type) -> Option<&'static str> {
    match t {
        Type::Bool | Type::Int | Type::Quantity(_) | Type::String | Type::Text(_) | Type::Time | Type::Series(_) => {
            None
        }
        Type::Enum(_) | Type::Unknown => None,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => not_plain(t),
        Type::Secret(_) => Some("a secret"),
        Type::Target(_) => Some("a target"),
        Type::Json => Some("untyped"),
        Type::Record(_) => Some("a record"),
        Type::Logs => Some("logs"),
        _ => Some("no plain data"),
    }
}
