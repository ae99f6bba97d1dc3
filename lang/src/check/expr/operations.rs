//! Operators: the closed table, comparison, `for`, `in`, `matches`, `is … with`, `??`, ranges.

use super::super::checker::{Checker, Place};
use super::super::operators::{arithmetic, comparable};
use super::super::types::{Vars, fits};
use super::super::{constant, suggest};
use super::{example_unit, is_quotient, unit_word, unknown, widen};
use crate::catalogue::{Dim, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Exit, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::tree::{self, BinaryOp, Ident, StepKind, UnaryOp};

/// Without its brackets.
fn bare(e: &tree::Expr) -> &tree::Expr {
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

    fn compare(
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
    fn both(&mut self, left: &'a tree::Expr, right: &'a tree::Expr) -> (Expr, Expr) {
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
    fn has_value(&self, name: &Ident) -> bool {
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

    fn incomparable(&mut self, op_span: Span, op: BinaryOp, l: &Expr, r: &Expr) {
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

    fn outside(&mut self, n: f64, op: BinaryOp, span: Span, named: &str) {
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
    fn over_time(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
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

    /// `cause is X with confidence >= 90%`
    fn with(&mut self, left: &'a tree::Expr, right: &'a tree::Expr, span: Span) -> Expr {
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
    fn is(
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
