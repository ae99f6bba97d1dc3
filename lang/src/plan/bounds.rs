//! The worst case, known before the run (L49 to L52).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a run can cost at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// W(run): longest path through the graph, milliseconds.
    pub duration_ms: u64,
    /// Most changes.
    pub changes: u64,
    /// Most attempts at changes.
    pub attempts: u64,
    /// Most targets touched, by noun.
    pub targets: BTreeMap<String, u64>,
    /// Per step, by [`super::StepId`].
    pub steps: Vec<StepBound>,
}

/// What a step can cost at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepBound {
    /// Its reads.
    pub reads_ms: u64,
    /// Its approval.
    pub approval_ms: u64,
    /// The reading again after a wait (L46).
    pub reread_ms: u64,
    /// `before(…)` of its verify.
    pub before_ms: u64,
    /// Its attempts, or a verify's `within`.
    pub within_ms: u64,
    /// Its undo.
    pub undo_ms: u64,
    /// What must still fit before the deadline when its change is admitted (R11): within + verify + undo + tell.
    pub admit_ms: u64,
    /// Everything but `admit`'s followers.
    pub total_ms: u64,
    /// The actual waits between attempts, without jitter.
    pub schedule_ms: Vec<u64>,
}
