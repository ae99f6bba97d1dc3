//! The parts of an expression that are said in an explanation.

use heal_lang::plan::{Expr, ExprKind};
use heal_lang::syntax::tree::{BinaryOp, UnaryOp};

/// The conditions that a condition is made of by `and`, `or`, `not`; in order.
pub(super) fn conditions<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, right } => {
            conditions(left, found);
            conditions(right, found);
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => conditions(operand, found),
        ExprKind::Bind { body, .. } => conditions(body, found),
        ExprKind::If { condition, then, otherwise } => {
            conditions(condition, found);
            conditions(then, found);
            conditions(otherwise, found);
        }
        _ => found.push(expr),
    }
}

/// Whether it stands for itself, so that its value need not be said.
pub(super) fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Number(_)
        | ExprKind::Regex(_)
        | ExprKind::Word(_)
        | ExprKind::Quota(_)
        | ExprKind::None => true,
        ExprKind::Text { pieces, .. } => pieces.iter().all(|p| matches!(p, heal_lang::plan::Piece::Text(_))),
        ExprKind::List(items) => items.iter().all(is_literal),
        ExprKind::Range(a, b) => is_literal(a) && is_literal(b),
        ExprKind::Unary { operand, .. } => is_literal(operand),
        _ => false,
    }
}
