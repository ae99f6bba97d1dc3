//! The outcome algebra (runtime semantics, section E): world before reason, reason before cosmetics.

use serde::{Deserialize, Serialize};

/// What is left of the changes of a run; ordered, the worst counts (R42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word; R42 defines them")]
pub enum World {
    Untouched,
    Undone,
    Kept,
    Partial,
    Dirty,
}

/// The last verify after the last forward change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word; R42 defines them")]
pub enum VerifyFold {
    Fixed,
    NotFixed,
    CannotTell,
    NotRun,
    Worse,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word; R42 defines them")]
pub enum Outcome {
    Healthy,
    SelfResolved,
    Joined,
    Healed,
    Observed,
    Suggested,
    Waiting,
    Refused,
    Blocked,
    NoData,
    NotHealed,
    Undone,
    Inconclusive,
    Unsafe,
    Untold,
    Cancelled,
    Internal,
    Invalid,
    State,
}

mod fold;
pub use fold::*;
