//! How steps end (L39) and where each end leads by default (L40). One table, read by the checker of silence, by the
//! drawing and by the engine.

use super::step::StepKind;
use serde::{Deserialize, Serialize};

/// How a step ended: a closed set for each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word; L39 and section E of the runtime semantics define them")]
pub enum Exit {
    Fired,
    Quiet,
    Blind,
    Found,
    Undecided,
    Changed,
    Unchanged,
    Partial,
    Failed,
    Unknown,
    Refused,
    Blocked,
    Skipped,
    Fixed,
    NotFixed,
    Worse,
    CannotTell,
    Deadline,
    Cancelled,
    Resolved,
}

impl Exit {
    /// The exits of a kind, without those any step can have (deadline, cancelled, resolved).
    #[must_use]
    pub fn of(kind: StepKind) -> &'static [Exit] {
        match kind {
            StepKind::Detect => &[Exit::Fired, Exit::Quiet, Exit::Blind],
            StepKind::Diagnose => &[Exit::Found, Exit::Undecided, Exit::Blind],
            StepKind::Remediate => &[
                Exit::Changed,
                Exit::Unchanged,
                Exit::Partial,
                Exit::Failed,
                Exit::Unknown,
                Exit::Refused,
                Exit::Blocked,
                Exit::Skipped,
            ],
            StepKind::Verify => &[Exit::Fixed, Exit::NotFixed, Exit::Worse, Exit::CannotTell],
        }
    }

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Exit::Fired => "fired",
            Exit::Quiet => "quiet",
            Exit::Blind => "blind",
            Exit::Found => "found",
            Exit::Undecided => "undecided",
            Exit::Changed => "changed",
            Exit::Unchanged => "unchanged",
            Exit::Partial => "partial",
            Exit::Failed => "failed",
            Exit::Unknown => "unknown",
            Exit::Refused => "refused",
            Exit::Blocked => "blocked",
            Exit::Skipped => "skipped",
            Exit::Fixed => "fixed",
            Exit::NotFixed => "not_fixed",
            Exit::Worse => "worse",
            Exit::CannotTell => "cannot_tell",
            Exit::Deadline => "deadline",
            Exit::Cancelled => "cancelled",
            Exit::Resolved => "resolved",
        }
    }

    /// The exit of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Exit> {
        [
            Exit::of(StepKind::Detect),
            Exit::of(StepKind::Diagnose),
            Exit::of(StepKind::Remediate),
            Exit::of(StepKind::Verify),
            &[Exit::Deadline, Exit::Cancelled, Exit::Resolved],
        ]
        .into_iter()
        .flatten()
        .copied()
        .find(|e| e.word() == word)
    }
}

/// Where an end leads when no handler says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultRoute {
    /// Whatever depends on it may start; where nothing does, the run's end decides (nothing chosen: escalate).
    Onward,
    /// The verifies that cover it.
    Verify,
    /// The next rung of its ladder, else escalate.
    NextRungElseEscalate,
    /// The next rung, else escalate if nothing else ran.
    NextRungElseEscalateIfAlone,
    /// Undo what the verify covers, then escalate.
    UndoAndEscalate,
    /// Call a person.
    Escalate,
    /// Nothing more for this branch: a quiet detect, a verify that says fixed.
    End,
    /// Finish or undo what is open, then escalate.
    WindAndEscalate,
}

/// The table of L40.
#[must_use]
pub fn default_route(kind: StepKind, exit: Exit) -> DefaultRoute {
    match (kind, exit) {
        (_, Exit::Deadline | Exit::Cancelled | Exit::Resolved) => DefaultRoute::WindAndEscalate,
        (StepKind::Detect, Exit::Quiet) | (StepKind::Verify, Exit::Fixed) => DefaultRoute::End,
        (StepKind::Detect, Exit::Fired) | (StepKind::Diagnose, Exit::Found) => DefaultRoute::Onward,
        (StepKind::Remediate, Exit::Changed | Exit::Partial | Exit::Unknown) => DefaultRoute::Verify,
        (StepKind::Remediate, Exit::Unchanged | Exit::Failed) | (StepKind::Verify, Exit::NotFixed) => {
            DefaultRoute::NextRungElseEscalate
        }
        (StepKind::Remediate, Exit::Skipped) => DefaultRoute::NextRungElseEscalateIfAlone,
        (StepKind::Verify, Exit::Worse) => DefaultRoute::UndoAndEscalate,
        _ => DefaultRoute::Escalate,
    }
}
