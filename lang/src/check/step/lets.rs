//! `let` in a step.

use super::super::checker::{Checker, LetInfo, Place};
use super::super::expr::STEP_RECORD;
use crate::catalogue::Type;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, LetDef};
use crate::syntax::tree::{self, StepKind};

impl<'a> Checker<'a> {
    /// Whether the name may be given here; reports where not.
    pub(super) fn let_name(&mut self, name: &tree::Ident) {
        if STEP_RECORD.contains(&name.name.as_str()) && self.frame.step.is_some() {
            self.report(
                Diagnostic::error("H0203", name.span, format!("every step has a `{}` of its own", name.name))
                    .note(format!("elsewhere `step.{}` says how the step ended", name.name))
                    .help("choose another name"),
            );
            return;
        }
        self.free_name(name, "a `let`");
    }

    /// A value of a step (or of `escalate`): read once and frozen, in `verify` at every sample.
    pub(in super::super) fn let_item(&mut self, l: &'a tree::Let) -> Option<LetDef> {
        self.let_name(&l.name);
        if let Some(undo) = &l.undo {
            self.report(
                Diagnostic::error("H0210", undo.span, "nothing is changed here, so there is nothing to undo")
                    .help("`undo { … }` follows the change that it undoes"),
            );
        }
        let annotated = l.typ.as_ref().map(|t| self.type_of(t, None));
        self.frame.current_let = Some(l.name.name.clone());
        // With `else skip` the value may be absent whatever the annotation says.
        let value = match (&annotated, &l.skip) {
            (Some(t), Some(_)) => self.demand(&l.value, &t.clone().optional(), &format!("`{}`", l.name.name)),
            (Some(t), None) => self.demand(&l.value, t, &format!("`{}`", l.name.name)),
            (None, _) => self.expr(&l.value, None),
        };
        self.frame.current_let = None;
        let typ = annotated.unwrap_or_else(|| value.typ.clone());
        let (typ, skip) = self.else_skip(l, &value, typ);
        self.keep_let(l, &value, typ.clone());
        Some(LetDef { name: l.name.name.clone(), typ, value, skip, span: l.name.span })
    }

    /// `else skip "reason"` takes the `?` off (L22).
    fn else_skip(&mut self, l: &'a tree::Let, value: &Expr, typ: Type) -> (Type, Option<String>) {
        let Some(reason) = &l.skip else {
            return (typ, None);
        };
        if self.frame.place != Place::Body(StepKind::Remediate) {
            self.report(
                Diagnostic::error("H0518", reason.span, "`else skip` ends a `remediate` step, and this is none")
                    .help("give a value in its place with `?? …`, or ask with `exists`"),
            );
        }
        let text = reason.plain();
        if text.is_none() {
            self.report(
                Diagnostic::error("H0308", reason.span, "the reason of a skip has no holes")
                    .note("it is counted and compared across runs")
                    .help("say it in plain words"),
            );
        }
        let typ = match (&value.typ, typ) {
            (_, Type::Optional(inner)) => *inner,
            (Type::Unknown | Type::Optional(_), other) => other,
            (_, other) => {
                self.report(
                    Diagnostic::warning("H0318", reason.span, "this value is always there, so nothing is ever skipped")
                        .label(value.span, format!("a {other}")),
                );
                other
            }
        };
        (typ, Some(text.unwrap_or_default()))
    }

    /// Makes the let known to what follows.
    pub(super) fn keep_let(&mut self, l: &tree::Let, value: &Expr, typ: Type) {
        let info = LetInfo { typ, weight: self.weight(value), span: l.name.span, reads: self.reads_of(value) };
        self.frame.lets.insert(l.name.name.clone(), info);
    }
}
