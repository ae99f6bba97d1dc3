//! Expressions: precedence by pest's Pratt parser, then what must not chain.

use super::{Builder, Built, MAX_HEIGHT, Parts};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{BinaryOp, Entry, Expr, ExprKind, Quantity, UnaryOp};
use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

/// Loose to tight (L7).
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(left(Rule::for_) | left(Rule::with_))
        .op(left(Rule::cmp) | left(Rule::in_) | left(Rule::is_) | left(Rule::matches))
        .op(left(Rule::coalesce))
        .op(left(Rule::range))
        .op(left(Rule::add) | left(Rule::sub))
        .op(left(Rule::mul) | left(Rule::div))
        .op(Op::prefix(Rule::neg))
});

impl Builder<'_> {
    /// Runs `build` as far below as `by` more levels; none where that is too deep, which is then reported.
    pub(super) fn deeper<T>(&self, span: Span, by: usize, build: impl FnOnce() -> T) -> Option<T> {
        let before = self.height.get();
        if before + by > MAX_HEIGHT && self.too_deep.replace(true) {
            return None;
        }
        if before + by > MAX_HEIGHT {
            self.report(
                Diagnostic::error("H0007", span, "the expression is too deep")
                    .at(format!("more than {MAX_HEIGHT} parts are chained or nested here"))
                    .help("name parts of it with `let`, or move parts into a `fn`"),
            );
            return None;
        }
        self.height.set(before + by);
        let built = build();
        self.height.set(before);
        Some(built)
    }

    pub(super) fn expr(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let count = pair.clone().into_inner().len();
        self.deeper(span, count.max(1), || self.flat_expr(pair, span, count))
            .unwrap_or(Ok(Expr { kind: ExprKind::None, span }))
    }

    fn flat_expr(&self, pair: Pair<'_, Rule>, span: Span, count: usize) -> Built<Expr> {
        let mut parts = Parts::of(pair);
        match parts.rule() {
            Some(Rule::if_) => return self.condition(parts.any()?, span),
            Some(Rule::lambda) => {
                let mut parts = Parts::of(parts.any()?);
                let param = self.ident(&parts.need(Rule::ident)?);
                let body = Box::new(self.expr(parts.need(Rule::expr)?)?);
                return Ok(Expr { kind: ExprKind::Lambda { param, body }, span });
            }
            Some(Rule::operand) if count == 1 => return self.operand(parts.any()?),
            Some(_) => {}
            None => return Err(parts.gap()),
        }
        PRECEDENCE
            .map_primary(|operand| self.operand(operand))
            .map_prefix(|op, operand| {
                let operand = operand?;
                let span = self.span(&op).to(operand.span);
                let op = if op.as_rule() == Rule::not { UnaryOp::Not } else { UnaryOp::Negate };
                Ok(Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, span })
            })
            .map_infix(|left, op, right| Ok(self.binary(left?, &op, right?)))
            .parse(parts)
    }

    fn binary(&self, left: Expr, pair: &Pair<'_, Rule>, right: Expr) -> Expr {
        let op = operator(pair);
        let op_span = self.span(pair);
        if let ExprKind::Binary { op: first, op_span: first_span, .. } = &left.kind {
            self.refuse_chain(*first, *first_span, op, op_span);
        }
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            for side in [&left, &right] {
                if let ExprKind::Binary { op: BinaryOp::For, .. } = side.kind {
                    self.report(
                        Diagnostic::error(
                            "H0111",
                            side.span,
                            format!("a test with `for` needs parentheses beside `{}`", op.text()),
                        )
                        .at("put parentheses around this")
                        .help(format!("`(errors > 5% for 2m) {} …`", op.text())),
                    );
                }
            }
        }
        if op == BinaryOp::Is
            && let ExprKind::Unary { op: UnaryOp::Not, .. } = right.kind
        {
            self.report(
                Diagnostic::error("H0110", op_span.to(right.span), "`is not` is no operator")
                    .at("`not` stands before the whole test")
                    .help("write `not a is b`"),
            );
        }
        let span = left.span.to(right.span);
        Expr { kind: ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }, span }
    }

    fn refuse_chain(&self, first: BinaryOp, first_span: Span, second: BinaryOp, second_span: Span) {
        let help = match (level(first), level(second)) {
            (Some(1), Some(1)) => "compare twice and join with `and`, or test `x in a..b`",
            (Some(2), Some(2)) => "put parentheses around the inner one",
            (Some(3), Some(3)) => "a range has one beginning and one end: `a..b`",
            _ => return,
        };
        self.report(
            Diagnostic::error(
                "H0111",
                second_span,
                format!("`{}` cannot follow `{}` without parentheses", second.text(), first.text()),
            )
            .at("second of a chain")
            .label(first_span, "first")
            .help(help),
        );
    }

    fn condition(&self, pair: Pair<'_, Rule>, span: Span) -> Built<Expr> {
        let mut parts = Parts::of(pair);
        parts.need(Rule::kw_if)?;
        let condition = Box::new(self.expr(parts.need(Rule::expr)?)?);
        parts.need(Rule::kw_then)?;
        let then = Box::new(self.expr(parts.need(Rule::expr)?)?);
        parts.need(Rule::kw_else)?;
        let otherwise = Box::new(self.expr(parts.need(Rule::expr)?)?);
        Ok(Expr { kind: ExprKind::If { condition, then, otherwise }, span })
    }

    pub(super) fn operand(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let count = pair.clone().into_inner().len();
        if count == 1 {
            return self.primary(Parts::of(pair).any()?);
        }
        self.deeper(span, count, || {
            let mut parts = Parts::of(pair);
            let mut base = self.primary(parts.any()?)?;
            for part in parts {
                base = self.postfix(base, part)?;
            }
            Ok(base)
        })
        .unwrap_or(Ok(Expr { kind: ExprKind::None, span }))
    }

    fn postfix(&self, base: Expr, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = base.span.to(self.span(&pair));
        let soft = pair.as_str().starts_with('?');
        let rule = pair.as_rule();
        let base = Box::new(base);
        let kind = match rule {
            Rule::args => ExprKind::Call { callee: base, args: self.args(pair)? },
            Rule::exists => ExprKind::Exists(base),
            _ => {
                let mut parts = Parts::of(pair);
                match rule {
                    Rule::field => ExprKind::Field { base, name: self.ident(&parts.need(Rule::word)?), soft },
                    Rule::index => ExprKind::Index { base, index: Box::new(self.expr(parts.need(Rule::expr)?)?) },
                    Rule::as_ => {
                        parts.need(Rule::kw_as)?;
                        ExprKind::As { base, typ: self.type_expr(parts.need(Rule::typ)?)? }
                    }
                    _ => return Err(parts.gap()),
                }
            }
        };
        Ok(Expr { kind, span })
    }

    fn primary(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::name => ExprKind::Name(self.ident(&pair)),
            Rule::quantity => ExprKind::Quantity(self.quantity(&pair)),
            Rule::string => ExprKind::Text(self.text(pair)?),
            Rule::boolean => ExprKind::Bool(pair.as_str() == "true"),
            Rule::none => ExprKind::None,
            Rule::quota => return self.quota(pair),
            Rule::regex => {
                let text = pair.as_str();
                ExprKind::Regex(text.get(3..text.len().saturating_sub(1)).unwrap_or("").to_owned())
            }
            Rule::list => ExprKind::List(Parts::of(pair).map(|p| self.expr(p)).collect::<Built<_>>()?),
            Rule::record => ExprKind::Record(Parts::of(pair).map(|p| self.entry(p)).collect::<Built<_>>()?),
            Rule::group => {
                let mut parts = Parts::of(pair);
                ExprKind::Group(Box::new(self.expr(parts.need(Rule::expr)?)?))
            }
            _ => return Err(Parts::of(pair).gap()),
        };
        Ok(Expr { kind, span })
    }

    fn entry(&self, pair: Pair<'_, Rule>) -> Built<Entry> {
        let mut parts = Parts::of(pair);
        let key = parts.any()?;
        let key_span = self.span(&key);
        let quoted = key.as_rule() == Rule::string;
        let key = if quoted {
            let text = self.text(key)?;
            text.plain().unwrap_or_else(|| {
                self.report(
                    Diagnostic::error("H0106", key_span, "a key cannot hold `${`").at("a key is known before the run"),
                );
                String::new()
            })
        } else {
            key.as_str().to_owned()
        };
        Ok(Entry { key, quoted, key_span, value: self.expr(parts.need(Rule::expr)?)? })
    }

    pub(super) fn quota(&self, pair: Pair<'_, Rule>) -> Built<Expr> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let count = self.integer(&parts.need(Rule::integer)?);
        parts.need(Rule::kw_per)?;
        Ok(Expr { kind: ExprKind::Quota { count, per: self.quantity(&parts.need(Rule::quantity)?) }, span })
    }

    pub(super) fn quantity(&self, pair: &Pair<'_, Rule>) -> Quantity {
        Quantity { text: pair.as_str().to_owned(), span: self.span(pair) }
    }
}

// What must not stand twice in a row: comparisons, tests with a clause, ranges.
fn level(op: BinaryOp) -> Option<u8> {
    match op {
        BinaryOp::In | BinaryOp::Is | BinaryOp::Matches => Some(1),
        _ if op.is_comparison() => Some(1),
        BinaryOp::For | BinaryOp::With => Some(2),
        BinaryOp::Range => Some(3),
        _ => None,
    }
}

fn operator(pair: &Pair<'_, Rule>) -> BinaryOp {
    match pair.as_rule() {
        Rule::or => BinaryOp::Or,
        Rule::and => BinaryOp::And,
        Rule::for_ => BinaryOp::For,
        Rule::with_ => BinaryOp::With,
        Rule::in_ => BinaryOp::In,
        Rule::is_ => BinaryOp::Is,
        Rule::matches => BinaryOp::Matches,
        Rule::coalesce => BinaryOp::Coalesce,
        Rule::range => BinaryOp::Range,
        Rule::add => BinaryOp::Add,
        Rule::sub => BinaryOp::Subtract,
        Rule::mul => BinaryOp::Multiply,
        Rule::div => BinaryOp::Divide,
        _ => match pair.as_str().trim_end() {
            "!=" => BinaryOp::NotEqual,
            "<=" => BinaryOp::LessEqual,
            ">=" => BinaryOp::GreaterEqual,
            "<" => BinaryOp::Less,
            ">" => BinaryOp::Greater,
            _ => BinaryOp::Equal,
        },
    }
}
