//! What kind of evidence a condition rests on (R7): text alone never justifies a change above low risk.

use super::walk;
use crate::plan::{Expr, ExprKind};
use crate::syntax::tree::BinaryOp;

/// The weakest evidence that can make a condition true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Constants and inputs: no evidence at all.
    Nothing,
    /// Logs, labels, annotations: anyone may have written it.
    Text,
    /// A metric, the state of an API or a file, an exit status, a probe.
    State,
}

/// `leaf` says what a reference weighs: a read, a let of a step, whether a detect fired, a cause.
pub(super) fn weigh(e: &Expr, leaf: &dyn Fn(&Expr) -> Option<Weight>) -> Weight {
    if let Some(weight) = leaf(e) {
        return weight;
    }
    match &e.kind {
        // Either side can make it true, so the weaker one counts; a side that rests on nothing is no evidence of the
        // world and does not weaken a metric beside it.
        ExprKind::Binary { op: BinaryOp::Or, left, right } => {
            let (a, b) = (weigh(left, leaf), weigh(right, leaf));
            match (a, b) {
                (Weight::Nothing, other) | (other, Weight::Nothing) => other,
                (a, b) => a.min(b),
            }
        }
        // Both must hold (or all of it goes into one value): the strongest counts.
        _ => walk::children(e).into_iter().map(|c| weigh(c, leaf)).max().unwrap_or(Weight::Nothing),
    }
}
