//! Comparisons: of values, of series over time, and what cannot be compared.

use super::super::checker::Checker;
use super::super::constant;
use super::super::operators::comparable;
use super::operations::bare;
use super::{example_unit, is_quotient, unit_word, unknown, widen};
use crate::catalogue::{Dim, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::tree::{self, BinaryOp, Ident};

impl<'a> Checker<'a> {
    pub(super) fn compare(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
        span: Span,
    ) -> Expr {
        if let tree::ExprKind::Binary { op: inner, .. } = &left.kind
            && inner.is_comparison()
        {
            self.report(
                Diagnostic::error("H0316", span, "comparisons do not chain")
                    .help("say both, as in `a < b and b < c`, or use a range: `b in a..c`"),
            );
            return unknown(span);
        }
        let (l, r) = self.both(left, right);
        if !self.sides_compare(op, op_span, &l, &r) {
            return unknown(span);
        }
        let (l, r) = quotients(l, r);
        self.in_unit_interval(&l, op, &r);
        self.in_unit_interval(&r, turned(op), &l);
        let (rt, lt) = (r.typ.clone(), l.typ.clone());
        let (l, r) = (widen(l, &rt), widen(r, &lt));
        Expr { kind: ExprKind::Binary { op, left: Box::new(l), right: Box::new(r) }, typ: Type::Bool, span }
    }

    /// Both sides; a word of an enum takes its meaning from the other side.
    pub(super) fn both(&mut self, left: &'a tree::Expr, right: &'a tree::Expr) -> (Expr, Expr) {
        let word_left = matches!(&bare(left).kind, tree::ExprKind::Name(n) if !self.has_value(n));
        if word_left {
            let r = self.expr(right, None);
            let hint = r.typ.clone();
            let l = self.expr(left, Some(&hint));
            return (l, r);
        }
        let l = self.expr(left, None);
        let hint = l.typ.clone();
        let r = self.expr(right, Some(&hint));
        (l, r)
    }

    /// Whether a bare name is bound to a value here.
    pub(super) fn has_value(&self, name: &Ident) -> bool {
        self.frame.locals.iter().any(|l| l.name == name.name)
            || self.frame.lets.contains_key(&name.name)
            || self.names.contains_key(&name.name)
            || matches!(name.name.as_str(), "now" | "risk" | "confidence")
    }

    /// Reports two sides that cannot be compared.
    fn sides_compare(&mut self, op: BinaryOp, op_span: Span, l: &Expr, r: &Expr) -> bool {
        let order = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        for (side, other) in [(l, r), (r, l)] {
            if matches!(side.typ, Type::Secret(_)) {
                self.report(
                    Diagnostic::error("H0312", side.span, "a secret cannot be compared")
                        .at("this is secret")
                        .note("each comparison would give away a piece of it"),
                );
                return false;
            }
            if side.typ == Type::None && !order {
                if matches!(other.typ, Type::Optional(_)) {
                    let not = if op == BinaryOp::Equal { "not " } else { "" };
                    self.report(
                        Diagnostic::error("H0305", side.span, "`none` is not compared")
                            .help(format!("ask `{not}… exists`")),
                    );
                } else {
                    self.report(Diagnostic::error("H0305", side.span, format!("a {} is never `none`", other.typ)));
                }
                return false;
            }
            if matches!(side.typ, Type::Optional(_)) {
                let d = self.absent(side, "a comparison needs two values");
                self.report(d);
                return false;
            }
            if matches!(side.typ, Type::Series(_)) && other.typ != Type::Unknown {
                self.report(
                    Diagnostic::error("H0307", side.span, "a series is many values; this does not say which")
                        .at(format!("a {}", side.typ))
                        .help("say for how long, as in `(errors > 5% for 2m)`"),
                );
                return false;
            }
        }
        let words = |name: &str| self.words(name).is_some_and(|(_, ordered)| ordered);
        if comparable(&l.typ, &r.typ, order, &words) {
            return true;
        }
        let ratio_and_number = |a: &Expr, b: &Expr| a.typ == Type::RATIO && b.typ == Type::NUMBER && is_quotient(b);
        if ratio_and_number(l, r) || ratio_and_number(r, l) {
            return true;
        }
        self.incomparable(op_span, op, l, r);
        false
    }

    pub(super) fn incomparable(&mut self, op_span: Span, op: BinaryOp, l: &Expr, r: &Expr) {
        // A number without unit beside a quantity: the mistake that units exist to catch.
        for (bare, unit) in [(l, r), (r, l)] {
            let (Type::Int | Type::Quantity(Dim::Number), Type::Quantity(dim)) = (&bare.typ, &unit.typ) else {
                continue;
            };
            let mut d = Diagnostic::error(
                "H0303",
                bare.span,
                format!("a {} is compared with a number that has no unit", unit.typ),
            )
            .at("no unit")
            .label(unit.span, format!("a {}", unit.typ));
            let literal = matches!(bare.kind, ExprKind::Int(_) | ExprKind::Number(_));
            d = match (constant::number(bare).filter(|_| literal), example_unit(*dim)) {
                (Some(n), Some(u)) => d.fix(bare.span, format!("{n}{u}"), format!("write its unit, as in `{n}{u}`")),
                _ => d.help(format!(
                    "say what the number counts; a read takes `unit: {}` where its answer is a {}",
                    unit_word(*dim),
                    unit.typ
                )),
            };
            self.report(d);
            return;
        }
        let mut d = Diagnostic::error("H0303", op_span, format!("a {} cannot be compared with a {}", l.typ, r.typ))
            .label(l.span, format!("a {}", l.typ))
            .label(r.span, format!("a {}", r.typ));
        let both_numbers = matches!((&l.typ, &r.typ), (Type::Quantity(_), Type::Quantity(_)));
        if !both_numbers {
            d.code = "H0304";
        }
        if l.typ == r.typ && !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            d = Diagnostic::error("H0304", op_span, format!("one {} is neither less nor greater than another", l.typ))
                .help("compare them with `==` or `!=`");
        } else if matches!((&l.typ, &r.typ), (Type::String, Type::Regex)) {
            d = d.help("a regex is tried with `matches`");
        } else if matches!(r.typ, Type::Range(_)) {
            d = d.help("whether a value lies in a range is asked with `in`");
        }
        self.report(d);
    }

    /// Scores and confidences lie in 0 to 1; a comparison outside is never true, or always (L24).
    fn in_unit_interval(&mut self, value: &Expr, op: BinaryOp, bound: &Expr) {
        let named = match &value.kind {
            ExprKind::Field { name, .. } => name.as_str(),
            ExprKind::StepField { field, .. } => field.as_str(),
            _ => return,
        };
        if value.typ != Type::RATIO || !matches!(named, "confidence" | "score") {
            return;
        }
        if let Some(n) = constant::number(bound) {
            self.outside(n, op, bound.span, named);
        }
    }

    pub(super) fn outside(&mut self, n: f64, op: BinaryOp, span: Span, named: &str) {
        let wrong = match op {
            BinaryOp::Greater => !(0.0..1.0).contains(&n),
            BinaryOp::Less => n <= 0.0 || n > 1.0,
            _ => !(0.0..=1.0).contains(&n),
        };
        if wrong {
            self.report(
                Diagnostic::error("H0306", span, format!("a {named} lies between 0% and 100%"))
                    .at("this comparison always has the same answer"),
            );
        }
    }

    /// `series cmp x for D` (L8)
    pub(super) fn over_time(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
        let duration = self.demand(right, &Type::DURATION, "the time after `for`");
        let tree::ExprKind::Binary { op, op_span, left: series, right: bound } = &bare(left).kind else {
            self.for_needs_comparison(left);
            return unknown(span);
        };
        if !op.is_comparison() {
            self.for_needs_comparison(left);
            return unknown(span);
        }
        let series = self.expr(series, None);
        let dim = match &series.typ {
            Type::Series(dim) => *dim,
            Type::Unknown => {
                self.expr(bound, None);
                return unknown(span);
            }
            other => {
                let message = format!("`for` looks back over a series, and this is a {other}");
                self.report(
                    Diagnostic::error("H0307", series.span, message)
                        .help("read a series, or leave `for` away; how long a verify must hold is said by `holds`"),
                );
                return unknown(span);
            }
        };
        let element = Type::Quantity(dim);
        let bound = self.expr(bound, Some(&element));
        let stand_in = Expr { kind: ExprKind::None, typ: element.clone(), span: series.span };
        if !self.sides_compare(*op, *op_span, &stand_in, &bound) {
            return unknown(span);
        }
        let bound = widen(bound, &element);
        Expr {
            kind: ExprKind::For {
                series: Box::new(series),
                op: *op,
                bound: Box::new(bound),
                duration: Box::new(duration),
            },
            typ: Type::Bool,
            span,
        }
    }

    fn for_needs_comparison(&mut self, left: &'a tree::Expr) {
        self.report(
            Diagnostic::error("H0307", left.span, "`for` needs the comparison of a series before it")
                .help("as in `errors > 5% for 2m`"),
        );
    }
}

/// `a > b` seen from `b`.
fn turned(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}

/// A quotient beside a ratio is a ratio.
fn quotients(l: Expr, r: Expr) -> (Expr, Expr) {
    let ratio = |a: &Expr, b: &Expr| a.typ == Type::NUMBER && is_quotient(a) && b.typ == Type::RATIO;
    if ratio(&l, &r) {
        (Expr { typ: Type::RATIO, ..l }, r)
    } else if ratio(&r, &l) {
        (l, Expr { typ: Type::RATIO, ..r })
    } else {
        (l, r)
    }
}
