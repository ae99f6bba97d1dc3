//! Operators: logic, arithmetic by the closed table, `in`, `matches`, `??`, ranges. Comparisons and `is` have files
//! of their own.

use super::super::checker::Checker;
use super::super::constant;
use super::super::operators::{arithmetic, comparable};
use super::super::types::{Vars, fits};
use super::{example_unit, is_quotient, unknown, widen};
use crate::catalogue::{Dim, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::tree::{self, BinaryOp, UnaryOp};

/// Without its brackets.
pub(super) fn bare(e: &tree::Expr) -> &tree::Expr {
    match &e.kind {
        tree::ExprKind::Group(inner) => bare(inner),
        _ => e,
    }
}

impl<'a> Checker<'a> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'a tree::Expr, span: Span) -> Expr {
        let (operand, typ) = match op {
            UnaryOp::Not => (self.condition(operand, "what `not` turns around"), Type::Bool),
            UnaryOp::Negate => {
                let e = self.expr(operand, None);
                match &e.typ {
                    Type::Int | Type::Quantity(_) | Type::Unknown => {
                        let t = e.typ.clone();
                        (e, t)
                    }
                    Type::Optional(_) => {
                        let d = self.absent(&e, "`-` needs a value");
                        self.report(d);
                        return unknown(span);
                    }
                    other => {
                        self.report(Diagnostic::error("H0304", span, format!("a {other} has no negative")));
                        return unknown(span);
                    }
                }
            }
        };
        Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, typ, span }
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(op, left, right, span),
            BinaryOp::For => self.over_time(left, right, span),
            BinaryOp::With => self.with(left, right, span),
            BinaryOp::Is => self.is(left, right, None, span),
            BinaryOp::In => self.is_in(left, right, span),
            BinaryOp::Matches => self.matches(left, right, span),
            BinaryOp::Coalesce => self.coalesce(op_span, left, right, want, span),
            BinaryOp::Range => self.range(left, right, want, span),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                self.calculate(op, op_span, left, right, span)
            }
            _ => self.compare(op, op_span, left, right, span),
        }
    }

    fn logic(&mut self, op: BinaryOp, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
        let what = format!("each side of `{}`", op.text());
        let l = self.condition(left, &what);
        let known = self.frame.facts.len();
        let (yes, no) = super::access::facts(left);
        self.frame.facts.extend(if op == BinaryOp::And { yes } else { no });
        let r = self.condition(right, &what);
        self.frame.facts.truncate(known);
        Expr { kind: ExprKind::Binary { op, left: Box::new(l), right: Box::new(r) }, typ: Type::Bool, span }
    }

    fn calculate(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
        span: Span,
    ) -> Expr {
        let l = self.expr(left, None);
        let r = self.expr(right, None);
        for side in [&l, &r] {
            if matches!(side.typ, Type::Optional(_) | Type::None) {
                let d = self.absent(side, &format!("`{}` needs two values", op.text()));
                self.report(d);
                return unknown(span);
            }
        }
        let Some(typ) = arithmetic(op, &l.typ, &r.typ) else {
            self.no_operator(op, op_span, &l, &r);
            return unknown(span);
        };
        if op == BinaryOp::Divide && constant::number(&r) == Some(0.0) {
            self.report(Diagnostic::error("H0304", span, "this divides by zero").at("always unknown"));
        }
        Expr { kind: ExprKind::Binary { op, left: Box::new(l), right: Box::new(r) }, typ, span }
    }

    fn no_operator(&mut self, op: BinaryOp, op_span: Span, l: &Expr, r: &Expr) {
        let mut d = Diagnostic::error(
            "H0304",
            op_span,
            format!("`{}` does not apply to a {} and a {}", op.text(), l.typ, r.typ),
        )
        .label(l.span, format!("a {}", l.typ))
        .label(r.span, format!("a {}", r.typ));
        d = match (op, &l.typ, &r.typ) {
            (BinaryOp::Add, Type::String | Type::Text(_), _) | (BinaryOp::Add, _, Type::String | Type::Text(_)) => {
                d.help("put values together in a string: `\"${a} ${b}\"`")
            }
            (_, Type::Secret(_), _) | (_, _, Type::Secret(_)) => {
                Diagnostic { code: "H0312", ..d.help("a secret can only be handed on") }
            }
            (_, Type::Series(_), _) | (_, _, Type::Series(_)) => {
                d.help("a series is many values; take one of it, or use the functions of `series`")
            }
            (BinaryOp::Add | BinaryOp::Subtract, Type::Int | Type::Quantity(Dim::Number), Type::Quantity(dim))
            | (BinaryOp::Add | BinaryOp::Subtract, Type::Quantity(dim), Type::Int | Type::Quantity(Dim::Number)) => d
                .help(format!(
                    "give the bare number its unit; a {} is written as in `5{}`",
                    dim.name(),
                    example_unit(*dim).unwrap_or("")
                )),
            _ => d,
        };
        self.report(d);
    }

    /// `x in a..b`, `x in list`
    fn is_in(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
        let (l, r) = if matches!(&bare(left).kind, tree::ExprKind::Name(n) if !self.has_value(n)) {
            self.both(left, right)
        } else {
            let l = self.expr(left, None);
            let hint = match &bare(right).kind {
                tree::ExprKind::List(_) => l.typ.clone().list(),
                _ => Type::Range(Box::new(l.typ.clone())),
            };
            let r = self.expr(right, Some(&hint));
            (l, r)
        };
        if matches!(l.typ, Type::Optional(_)) {
            let d = self.absent(&l, "`in` needs a value");
            self.report(d);
            return unknown(span);
        }
        let element = match &r.typ {
            Type::Range(t) | Type::List(t) => (**t).clone(),
            Type::Unknown => Type::Unknown,
            other => {
                self.report(
                    Diagnostic::error("H0304", r.span, format!("`in` needs a range or a list, and this is a {other}"))
                        .help("as in `x in 1m..5m` or `x in [\"a\", \"b\"]`"),
                );
                return unknown(span);
            }
        };
        let words = |_: &str| true;
        let quotient = element == Type::RATIO && is_quotient(&l);
        if !quotient && !comparable(&l.typ, &element, false, &words) {
            let stand_in = Expr { kind: r.kind.clone(), typ: element, span: r.span };
            self.incomparable(span, BinaryOp::Equal, &l, &stand_in);
            return unknown(span);
        }
        Expr {
            kind: ExprKind::Binary { op: BinaryOp::In, left: Box::new(l), right: Box::new(r) },
            typ: Type::Bool,
            span,
        }
    }

    fn range(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, want: Option<&Type>, span: Span) -> Expr {
        let element = match want {
            Some(Type::Range(t)) => Some(&**t),
            _ => None,
        };
        let l = self.expr(left, element);
        let r = self.expr(right, element);
        let typ = match (&l.typ, &r.typ) {
            (Type::Unknown, t) | (t, Type::Unknown) => t.clone(),
            (a, b) if fits(a, b, &mut Vars::new()) => b.clone(),
            (a, b) if fits(b, a, &mut Vars::new()) => a.clone(),
            _ => {
                self.incomparable(span, BinaryOp::Less, &l, &r);
                return unknown(span);
            }
        };
        if !matches!(typ, Type::Int | Type::Quantity(_) | Type::Time | Type::Unknown) {
            self.report(Diagnostic::error("H0304", span, format!("a {typ} has no range")));
            return unknown(span);
        }
        if let (Some(a), Some(b)) = (constant::number(&l), constant::number(&r))
            && a > b
        {
            self.report(
                Diagnostic::error("H0306", span, "nothing lies in this range")
                    .help("a range goes from the smaller to the larger; both ends belong to it"),
            );
        }
        let (l, r) = (widen(l, &typ), widen(r, &typ));
        Expr { kind: ExprKind::Range(Box::new(l), Box::new(r)), typ: Type::Range(Box::new(typ)), span }
    }

    fn matches(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
        let l = self.expr(left, None);
        let r = self.demand(right, &Type::Regex, "what `matches` tries");
        match &l.typ {
            Type::String | Type::Text(_) | Type::Logs | Type::Unknown => {}
            Type::Optional(_) => {
                let d = self.absent(&l, "`matches` needs a text");
                self.report(d);
                return unknown(span);
            }
            Type::Secret(_) => {
                self.report(Diagnostic::error("H0312", l.span, "a secret cannot be searched").at("this is secret"));
                return unknown(span);
            }
            other => {
                self.report(Diagnostic::error(
                    "H0304",
                    l.span,
                    format!("`matches` searches a string or logs, and this is a {other}"),
                ));
                return unknown(span);
            }
        }
        Expr {
            kind: ExprKind::Binary { op: BinaryOp::Matches, left: Box::new(l), right: Box::new(r) },
            typ: Type::Bool,
            span,
        }
    }

    fn coalesce(
        &mut self,
        op_span: Span,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        let l = self.expr(left, want);
        let inner = match &l.typ {
            Type::Optional(t) => (**t).clone(),
            Type::None | Type::Unknown => Type::Unknown,
            other => {
                self.report(
                    Diagnostic::warning(
                        "H0318",
                        op_span,
                        "the left side is always there, so the right one is never used",
                    )
                    .label(l.span, format!("a {other}, never absent")),
                );
                other.clone()
            }
        };
        let r = self.expr(right, Some(&inner));
        let typ = match &r.typ {
            Type::Optional(t) if fits(t, &inner, &mut Vars::new()) => r.typ.clone(),
            t if fits(t, &inner, &mut Vars::new()) => inner,
            t if fits(&inner, t, &mut Vars::new()) => t.clone(),
            t => {
                let message = format!("`??` has a {inner} on its left and a {t} on its right");
                self.report(
                    Diagnostic::error("H0301", r.span, message)
                        .at(format!("this is a {t}"))
                        .label(l.span, format!("this is a {}", l.typ)),
                );
                Type::Unknown
            }
        };
        let r = widen(r, &typ);
        Expr { kind: ExprKind::Binary { op: BinaryOp::Coalesce, left: Box::new(l), right: Box::new(r) }, typ, span }
    }
}
