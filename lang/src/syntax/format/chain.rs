//! Chains of one operator, flat again: the tree leans left where the author wrote a list.

use crate::syntax::tree::{BinaryOp, Expr, ExprKind};

/// The operands of an `and` or `or` chain, in order, with its operator.
pub(super) fn operands(expr: &Expr) -> Option<(BinaryOp, Vec<&Expr>)> {
    match &expr.kind {
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
            let (first, rest) = flat(expr, |o| o == *op);
            Some((*op, std::iter::once(first).chain(rest.into_iter().map(|(_, e)| e)).collect()))
        }
        _ => None,
    }
}

/// The leftmost operand, then each operator with what is on its right, as far as `same` holds.
pub(super) fn flat(expr: &Expr, same: impl Fn(BinaryOp) -> bool) -> (&Expr, Vec<(BinaryOp, &Expr)>) {
    let mut rest = Vec::new();
    let mut first = expr;
    while let ExprKind::Binary { op, left, right, .. } = &first.kind
        && same(*op)
    {
        rest.push((*op, &**right));
        first = left;
    }
    rest.reverse();
    (first, rest)
}
