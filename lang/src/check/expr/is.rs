//! `x is y`: a cause, an end of a step, a word of an enum; and `with confidence`.

use super::super::checker::{Checker, Place};
use super::super::{constant, suggest};
use super::operations::bare;
use super::unknown;
use crate::catalogue::Type;
use crate::diagnostic::Diagnostic;
use crate::plan::{Exit, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::tree::{self, BinaryOp, Ident, StepKind};

impl<'a> Checker<'a> {
    /// `cause is X with confidence >= 90%`
    pub(super) fn with(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
        let tree::ExprKind::Binary { op: BinaryOp::Is, left: what, right: which, .. } = &bare(left).kind else {
            self.report(
                Diagnostic::error("H0316", span, "`with` belongs to `is`")
                    .help("as in `cause is bad_release with confidence >= 90%`"),
            );
            return unknown(span);
        };
        let bound = match &bare(right).kind {
            tree::ExprKind::Binary { op, left: name, right: value, .. }
                if op.is_comparison()
                    && matches!(&bare(name).kind, tree::ExprKind::Name(n) if n.name == "confidence") =>
            {
                let value = self.demand(value, &Type::RATIO, "a confidence");
                if let Some(n) = constant::number(&value) {
                    self.outside(n, *op, value.span, "confidence");
                }
                Some((*op, Box::new(value)))
            }
            _ => {
                self.report(
                    Diagnostic::error("H0316", right.span, "`with` takes a comparison of `confidence`")
                        .help("as in `with confidence >= 90%`"),
                );
                return unknown(span);
            }
        };
        self.is(what, which, Some(bound), span)
    }

    /// `x is y`; `bound` is what stands behind `with`.
    pub(super) fn is(
        &mut self,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
        bound: Option<Option<(BinaryOp, Box<Expr>)>>,
        span: Span,
    ) -> Expr {
        let tree::ExprKind::Name(word) = &bare(right).kind else {
            self.report(
                Diagnostic::error(
                    "H0304",
                    right.span,
                    "what stands after `is` is a word: a cause, an end of a step or a word of an enum",
                )
                .help("values are compared with `==`"),
            );
            return unknown(span);
        };
        if let tree::ExprKind::Name(head) = &bare(left).kind
            && !self.frame.locals.iter().any(|l| l.name == head.name)
            && self.frame.module.is_none()
            && let Some(step) = self.step_id(&head.name)
        {
            return self.step_is(step, head, word, bound, span);
        }
        if bound.is_some() {
            self.report(
                Diagnostic::error("H0316", span, "`with confidence` belongs to a cause")
                    .help("the left side of `is` must be a diagnose step"),
            );
        }
        let value = self.expr(left, None);
        let inner = match &value.typ {
            Type::Optional(t) => (**t).clone(),
            t => t.clone(),
        };
        match &inner {
            Type::Unknown => unknown(span),
            Type::Enum(name) => {
                let (words, _) = self.words(name).unwrap_or_default();
                if !words.contains(&word.name) {
                    let mut d =
                        Diagnostic::error("H0213", word.span, format!("`{}` is no word of `{name}`", word.name));
                    d = match suggest::nearest(&word.name, &words) {
                        Some(near) => d.fix(word.span, near, format!("did you mean `{near}`?")),
                        None => d.help(format!("the words are {}", suggest::list(&words))),
                    };
                    self.report(d);
                    return unknown(span);
                }
                Expr {
                    kind: ExprKind::WordIs { value: Box::new(value), word: word.name.clone() },
                    typ: Type::Bool,
                    span,
                }
            }
            other => {
                self.report(
                    Diagnostic::error(
                        "H0304",
                        value.span,
                        format!("`is` asks for a cause, an end of a step or a word, and this is a {other}"),
                    )
                    .help("values are compared with `==`"),
                );
                unknown(span)
            }
        }
    }

    /// `cause is bad_release`, `down is fired`
    fn step_is(
        &mut self,
        step: crate::plan::StepId,
        head: &Ident,
        word: &Ident,
        bound: Option<Option<(BinaryOp, Box<Expr>)>>,
        span: Span,
    ) -> Expr {
        if self.frame.place == Place::DefaultTell {
            self.only_run(head);
            return unknown(span);
        }
        let kind = self.step_kind(step);
        let causes: Vec<String> = self.steps[step.0 as usize].causes.iter().map(|(c, _)| c.clone()).collect();
        if kind == StepKind::Diagnose && causes.contains(&word.name) {
            if self.frame.place == Place::Tell {
                self.report(
                    Diagnostic::error("H0503", span, "a message must not depend on a step that may not have run").help(
                        format!(
                            "say the best cause where there is one: `${{{}?.best?.name ?? \"cause unknown\"}}`",
                            head.name
                        ),
                    ),
                );
            }
            self.frame.needs.insert(step);
            let kind = ExprKind::CauseIs { step, cause: word.name.clone(), bound: bound.flatten() };
            return Expr { kind, typ: Type::Bool, span };
        }
        if bound.is_none()
            && let Some(exit) = Exit::from_word(&word.name).filter(|e| {
                Exit::of(kind).contains(e) || matches!(e, Exit::Deadline | Exit::Cancelled | Exit::Resolved)
            })
        {
            self.frame.soft.insert(step);
            return Expr { kind: ExprKind::EndIs { step, exit }, typ: Type::Bool, span };
        }
        let mut known = causes;
        if bound.is_none() {
            known.extend(Exit::of(kind).iter().map(|e| e.word().to_owned()));
        }
        let what = match kind {
            StepKind::Diagnose => format!("cause in `{}` called", head.name),
            kind => format!("end of a {} step called", kind.word()),
        };
        self.unknown("H0219", word.span, &what, &word.name, known.iter().map(String::as_str));
        unknown(span)
    }
}
