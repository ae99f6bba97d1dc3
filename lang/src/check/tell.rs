//! `escalate` and handlers: messages to people, which must never depend on a step that may not have run (L16).

use super::checker::{Checker, Frame, Place};
use super::expr::{self, Callee};
use super::types::Vars;
use crate::catalogue::Effect;
use crate::diagnostic::Diagnostic;
use crate::plan::{ErrorClass, LetDef, Retry, TellCall};
use crate::source::Span;
use crate::syntax::tree::{self, Arg, Body, Ident, Item};

impl<'a> Checker<'a> {
    /// The items of an `escalate` block or of a handler of the run.
    pub(super) fn messages(&mut self, body: &'a Body, place: Place, owner: &str) -> (Vec<LetDef>, Vec<TellCall>) {
        let (result, _) = self.within(Frame::new(place, None), |c| {
            let mut lets = Vec::new();
            let mut calls = Vec::new();
            for item in &body.items {
                match item {
                    Item::Let(l) if owner == "`escalate`" => lets.extend(c.let_item(l)),
                    Item::Action(a) => calls.extend(c.tell(a)),
                    other => c.misplaced(other, owner),
                }
            }
            (lets, calls)
        });
        result
    }

    /// A call that speaks.
    pub(super) fn tell(&mut self, a: &'a tree::Action) -> Option<TellCall> {
        if let Some(undo) = &a.undo {
            self.report(
                Diagnostic::error("H0210", undo.span, "what was said cannot be unsaid").help("leave `undo` away"),
            );
        }
        let path: Vec<&'a Ident> = a.call.path.parts.iter().collect();
        let decl = match self.callee(&path)? {
            Callee::Action(decl) => decl,
            _ => {
                self.report(
                    Diagnostic::error("H0409", a.call.span, "this does nothing here")
                        .help("only messages stand here, as in `notify.console(summary: \"…\")`"),
                );
                return None;
            }
        };
        let effect = self.asserted(decl, &a.call.args).unwrap_or(decl.effect);
        if effect != Effect::Tell {
            if effect == Effect::Read {
                self.report(
                    Diagnostic::error(
                        "H0409",
                        a.call.path.span,
                        format!("`{}` only looks, and nobody sees what it gives", decl.name),
                    )
                    .help("only messages stand here, as in `notify.console(summary: \"…\")`"),
                );
            } else {
                self.wrong_effect(decl, effect, a.call.path.span);
            }
            return None;
        }
        Some(self.tell_call(decl, &a.call.args, a.call.span))
    }

    fn tell_call(&mut self, decl: &'a crate::catalogue::ActionDecl, args: &'a [Arg], span: Span) -> TellCall {
        self.uses.insert(decl.name.clone());
        let bound =
            self.arguments(&format!("`{}`", decl.name), &decl.params, args, span, Self::special(decl), Vars::new());
        let timeout_ms = self.timeout_of(decl, &bound);
        TellCall { action: decl.name.clone(), args: bound.args, timeout_ms, retry: self.tell_retry(), span }
    }

    /// Messages are tried like reads: a page that is lost is worse than one that comes twice.
    fn tell_retry(&self) -> Retry {
        let base = self.options.defaults.retry.clone().unwrap_or_else(expr::default_read_retry);
        let mut on = base.on.clone();
        for class in [ErrorClass::Transient, ErrorClass::Throttled] {
            if !on.contains(&class) {
                on.push(class);
            }
        }
        Retry { on, ..base }
    }
}
