//! Values that are known before the run: literals and arithmetic over them.

use crate::plan::{Expr, ExprKind, Piece};
use crate::syntax::tree::{BinaryOp, UnaryOp};

/// The number that an expression always has, in its base unit.
pub(super) fn number(e: &Expr) -> Option<f64> {
    Some(match &e.kind {
        #[allow(clippy::cast_precision_loss, reason = "literals beyond 2^53 are no sensible setting")]
        ExprKind::Int(i) => *i as f64,
        ExprKind::Number(n) => *n,
        ExprKind::Unary { op: UnaryOp::Negate, operand } => -number(operand)?,
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (number(left)?, number(right)?);
            match op {
                BinaryOp::Add => a + b,
                BinaryOp::Subtract => a - b,
                BinaryOp::Multiply => a * b,
                BinaryOp::Divide if b != 0.0 => a / b,
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// The text that an expression always has.
pub(crate) fn text(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Text { pieces, .. } => pieces
            .iter()
            .map(|p| match p {
                Piece::Text(t) => Some(t.as_str()),
                Piece::Hole { .. } => None,
            })
            .collect(),
        _ => None,
    }
}

/// The word of an enum that an expression always is.
pub(super) fn word(e: &Expr) -> Option<&str> {
    match &e.kind {
        ExprKind::Word(w) => Some(w),
        _ => None,
    }
}

/// Seconds to whole milliseconds, at least 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range first")]
pub(super) fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round().clamp(0.0, 1e15) as u64
}

/// Whether a condition over one input holds for a value, where that can be said before the run.
pub(super) fn holds(condition: &Expr, input: &str, value: &Expr) -> Option<bool> {
    let of = |e: &Expr| match &e.kind {
        ExprKind::Input(name) if name == input => number(value),
        _ => number(e),
    };
    match &condition.kind {
        ExprKind::Binary { op: BinaryOp::In, left, right } => match &right.kind {
            ExprKind::Range(a, b) => {
                let x = of(left)?;
                Some(of(a)? <= x && x <= of(b)?)
            }
            _ => None,
        },
        ExprKind::Binary { op: BinaryOp::And, left, right } => {
            match (holds(left, input, value), holds(right, input, value)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }
        }
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (of(left)?, of(right)?);
            Some(match op {
                BinaryOp::Less => a < b,
                BinaryOp::LessEqual => a <= b,
                BinaryOp::Greater => a > b,
                BinaryOp::GreaterEqual => a >= b,
                _ => return None,
            })
        }
        _ => None,
    }
}
