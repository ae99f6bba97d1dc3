//! What a playbook declares: inputs, secrets, values, targets, triggers.

use super::checker::{Binding, Checker, Frame, Named, Place};
use super::{constant, order, suggest, walk};
use crate::catalogue::{TargetDecl, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, InputDef, LetDef, NamedArg, SecretDef, TargetDef, TriggerDef};
use crate::source::Span;
use crate::syntax::tree::{self, Item};
use std::collections::BTreeMap;

impl<'a> Checker<'a> {
    pub(super) fn inputs(&mut self, items: &'a [Item]) -> Vec<InputDef> {
        let mut all = Vec::new();
        for item in items {
            let Item::Input(x) = item else {
                continue;
            };
            let typ = match self.names.get(&x.name.name) {
                Some(Named { binding: Binding::Input(t), .. }) => t.clone(),
                _ => Type::Unknown,
            };
            if !input_type(&typ) {
                self.report(
                    Diagnostic::error("H0218", x.typ.span, format!("an input cannot be a {typ}"))
                        .help("inputs are given as text: strings, numbers, quantities, words, and lists of them"),
                );
            }
            let env = x.from.as_ref().and_then(|c| self.env_of(c));
            let what = format!("the input `{}`", x.name.name);
            let default = x.default.as_ref().map(|d| self.constant(d, &typ, &what));
            let condition = x.condition.as_ref().map(|c| {
                self.within(Frame::new(Place::Playbook, None), |k| k.condition(c, "the condition of an input")).0
            });
            if let (Some(condition), Some(default)) = (&condition, &default)
                && constant::holds(condition, &x.name.name, default) == Some(false)
            {
                self.report(
                    Diagnostic::error(
                        "H0607",
                        default.span,
                        format!("the default of `{}` breaks its own condition", x.name.name),
                    )
                    .label(condition.span, "this must hold"),
                );
            }
            let words = self.enums.get(&format!("input.{}", x.name.name)).cloned().unwrap_or_default();
            all.push(InputDef {
                name: x.name.name.clone(),
                typ,
                words,
                env,
                default,
                condition,
                doc: self.doc_of(x.span, false),
                span: x.span,
            });
        }
        all
    }

    pub(super) fn secrets(&mut self, items: &'a [Item]) -> Vec<SecretDef> {
        let mut all = Vec::new();
        for item in items {
            if let Item::Secret(x) = item
                && let Some(env) = self.env_of(&x.from)
            {
                all.push(SecretDef { name: x.name.name.clone(), env, span: x.span });
            }
        }
        all
    }

    /// The playbook's own lets, in an order in which each needs only earlier ones.
    pub(super) fn playbook_lets(&mut self, items: &'a [Item]) -> Vec<LetDef> {
        let lets: Vec<&'a tree::Let> = items
            .iter()
            .filter_map(|i| match i {
                Item::Let(l) => Some(l),
                _ => None,
            })
            .collect();
        let mut arrows = Vec::new();
        for (to, l) in lets.iter().enumerate() {
            walk::names(&l.value, &mut |n| {
                if let Some(from) = lets.iter().position(|o| o.name.name == n.name) {
                    arrows.push((from, to));
                }
            });
        }
        let order = match order::order(lets.len(), &arrows) {
            Ok(order) => order,
            Err(circle) => {
                self.draw_circle("H0217", "values need each other in a circle", &circle, &|i| {
                    lets.get(i).map(|l| (l.name.name.clone(), l.name.span)).unwrap_or_default()
                });
                (0..lets.len()).collect()
            }
        };
        let mut all = Vec::new();
        for i in order {
            let Some(l) = lets.get(i) else {
                continue;
            };
            if let Some(undo) = &l.undo {
                self.report(Diagnostic::error(
                    "H0210",
                    undo.span,
                    "nothing is changed here, so there is nothing to undo",
                ));
            }
            if let Some(skip) = &l.skip {
                self.report(
                    Diagnostic::error(
                        "H0518",
                        skip.span,
                        "`else skip` ends a `remediate` step, and this is the playbook",
                    )
                    .help("give a value in its place with `?? …`"),
                );
            }
            let annotated = l.typ.as_ref().map(|t| self.type_of(t, None));
            let (value, _) = self.within(Frame::new(Place::Playbook, None), |c| match &annotated {
                Some(t) => c.demand(&l.value, t, &format!("`{}`", l.name.name)),
                None => c.expr(&l.value, None),
            });
            let typ = annotated.unwrap_or_else(|| value.typ.clone());
            self.let_ranges.insert(l.name.name.clone(), self.range_of(&value));
            if let Some(named) = self.names.get_mut(&l.name.name)
                && matches!(named.binding, Binding::Let(_))
            {
                named.binding = Binding::Let(Some(typ.clone()));
            }
            all.push(LetDef { name: l.name.name.clone(), typ, value, skip: None, span: l.name.span });
        }
        all
    }

    pub(super) fn targets(&mut self, items: &'a [Item]) -> Vec<TargetDef> {
        let cat = self.cat;
        let mut all = Vec::new();
        for item in items {
            let Item::Target(x) = item else {
                continue;
            };
            let kind = x.call.path.text();
            let Some(decl) = cat.targets.get(&kind) else {
                self.unknown(
                    "H0204",
                    x.call.path.span,
                    "kind of target called",
                    &kind,
                    cat.targets.keys().map(String::as_str),
                );
                if let Some(named) = self.names.get_mut(&x.name.name) {
                    // Whoever uses it is not to be told again.
                    named.binding = Binding::Let(Some(Type::Unknown));
                }
                continue;
            };
            self.uses.insert(kind.clone());
            let (bound, _) = self.within(Frame::new(Place::Playbook, None), |c| {
                c.arguments(&format!("`{kind}`"), &decl.params, &x.call.args, x.call.span, &[], BTreeMap::new())
            });
            self.configured(decl, bound.args.first().map(|a| &a.value), x);
            all.push(TargetDef { name: x.name.name.clone(), kind, args: bound.args, span: x.span });
        }
        all
    }

    /// A target that must stand in `healrun.yaml` and does not: whatever is to be done to it will fail.
    fn configured(&mut self, decl: &TargetDecl, subject: Option<&Expr>, x: &tree::Target) {
        let Some(section) = &decl.section else { return };
        let (Some(known), Some(name)) = (self.options.configured.get(section), subject.and_then(constant::text)) else {
            return;
        };
        if known.contains(&name) {
            return;
        }
        let help = match (suggest::nearest(&name, known), known.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, false) => format!("it names {}", suggest::list(known)),
            (None, true) => format!("it names none: add `{section}: {{ {name}: {{ … }} }}`"),
        };
        self.report(
            Diagnostic::warning(
                "H0707",
                x.call.args.first().map_or(x.call.span, |arg| arg.value.span),
                format!("`{section}:` of healrun.yaml does not name `{name}`"),
            )
            .at(format!("this {} is not known there", decl.noun))
            .help(help),
        );
    }

    /// `on alert("…") { input = … }`: every input without default must be bound (L21).
    pub(super) fn triggers(&mut self, items: &'a [Item], inputs: &[InputDef]) -> Vec<TriggerDef> {
        let cat = self.cat;
        let mut all = Vec::new();
        for item in items {
            let Item::Trigger(x) = item else {
                continue;
            };
            let kind = x.call.path.text();
            let Some(decl) = cat.triggers.get(&kind) else {
                self.unknown(
                    "H0204",
                    x.call.path.span,
                    "trigger called",
                    &kind,
                    cat.triggers.keys().map(String::as_str),
                );
                continue;
            };
            let (bound, _) = self.within(Frame::new(Place::Constant, None), |c| {
                c.arguments(&format!("`{kind}`"), &decl.params, &x.call.args, x.call.span, &[], BTreeMap::new())
            });
            let mut frame = Frame::new(Place::Trigger, None);
            frame.trigger = decl.binds.clone();
            let (binds, _) = self.within(frame, |c| c.binds(x, inputs));
            for missing in inputs.iter().filter(|i| i.default.is_none() && i.env.is_none()) {
                if !binds.iter().any(|b| b.name == missing.name) {
                    let span = Span { end: x.call.span.end, ..x.span };
                    self.report(
                        Diagnostic::error(
                            "H0512",
                            span,
                            format!("this trigger leaves the input `{}` open", missing.name),
                        )
                        .label(missing.span, "it has no default")
                        .help(format!(
                            "bind it: `on {kind}(…) {{ {} = … }}`, or give the input a default",
                            missing.name
                        )),
                    );
                }
            }
            all.push(TriggerDef { kind, args: bound.args, binds, span: x.span });
        }
        all
    }

    fn binds(&mut self, x: &'a tree::Trigger, inputs: &[InputDef]) -> Vec<NamedArg> {
        let mut binds: Vec<NamedArg> = Vec::new();
        let Some(body) = &x.body else {
            return binds;
        };
        for item in &body.items {
            let Item::Setting(s) = item else {
                self.misplaced(item, "a trigger");
                continue;
            };
            let Some(input) = inputs.iter().find(|i| i.name == s.key.name) else {
                self.unknown("H0201", s.key.span, "input", &s.key.name, inputs.iter().map(|i| i.name.as_str()));
                continue;
            };
            if binds.iter().any(|b| b.name == s.key.name) {
                self.report(Diagnostic::error("H0215", s.key.span, format!("`{}` is bound twice", s.key.name)));
            }
            let value = self.expr(&s.value, Some(&input.typ));
            // What a trigger brings is text; the input's own type is judged when a run starts.
            let convertible = matches!(value.typ, Type::String) && input_type(&input.typ);
            let value = if convertible {
                value
            } else {
                self.settle(value, &input.typ, &format!("the input `{}`", input.name))
            };
            binds.push(NamedArg { name: s.key.name.clone(), value });
        }
        binds
    }
}

/// What an input can be: whatever a word on the command line can say.
fn input_type(t: &Type) -> bool {
    match t {
        Type::Bool | Type::Int | Type::Quantity(_) | Type::String | Type::Text(_) | Type::Time | Type::Enum(_) => true,
        Type::Unknown => true,
        Type::List(t) | Type::Optional(t) => input_type(t),
        _ => false,
    }
}
