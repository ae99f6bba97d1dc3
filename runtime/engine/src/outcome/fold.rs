//! The three tables of R42: a change gives a world, world and verify give the outcome, an undelivered page changes the
//! exit code.

use super::{Outcome, VerifyFold, World};
use crate::event::BecauseKind;
use serde::{Deserialize, Serialize};

/// How a change step ended, as far as the world is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeEnd {
    /// Skipped, refused, blocked, unchanged, cancelled or timed out before anything was sent; failed for certain.
    Nothing,
    /// Done.
    Succeeded,
    /// Every target known, some changed.
    Partial,
    /// Nobody knows, also after its probe.
    Unknown,
}

/// How the undo of a change step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoEnd {
    /// No undo ran.
    NotRun,
    /// Its probe found the state before.
    Ok,
    /// It failed, or nobody knows.
    Failed,
    /// The target was no longer what we had set.
    Conflict,
}

/// First table: what a change step leaves, and whether its verify counts as not run (at best: the worse of both holds).
#[must_use]
pub fn world_of(change: ChangeEnd, undo: UndoEnd) -> (World, bool) {
    match (change, undo) {
        (ChangeEnd::Nothing, _) => (World::Untouched, false),
        (ChangeEnd::Succeeded, UndoEnd::NotRun) => (World::Kept, false),
        (ChangeEnd::Succeeded, UndoEnd::Conflict) => (World::Kept, true),
        (ChangeEnd::Partial, UndoEnd::NotRun | UndoEnd::Conflict) => (World::Partial, false),
        // Unknown and undone: an undo runs only after the quarantine, so nothing of the change can still land.
        (_, UndoEnd::Ok) => (World::Undone, false),
        (ChangeEnd::Succeeded | ChangeEnd::Partial, UndoEnd::Failed) | (ChangeEnd::Unknown, _) => (World::Dirty, false),
    }
}

/// Why a run that changed nothing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing fired.
    NotFired,
    /// Confirmed by a fresh detect.
    SelfResolved,
    /// The same incident has a run already.
    Joined,
    /// A person must answer first. Overrides a kept or undone world that verify answered with not fixed.
    Waiting,
    /// The environment only looks.
    Observed,
    /// The environment only suggests.
    Suggested,
    /// Another live run holds the lock.
    LockHeld,
    /// Any other guard.
    Blocked,
    /// Policy, or an approval refused or expired.
    Refused,
    /// No data in detect.
    NoData,
    /// Fired, and no cause, no remedy, a failed change or no time.
    NotHealed,
    /// A signal or an order.
    Cancelled,
    /// A bad playbook or input.
    Invalid,
    /// The state file.
    State,
    /// A fault of ours.
    Internal,
}

/// What the second table reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FoldInput {
    /// The worst of all change steps.
    pub world: World,
    /// The last verify after the last forward change.
    pub verify: VerifyFold,
    /// What decides where the world is untouched.
    pub reason: Reason,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct End {
    /// Its word.
    pub outcome: Outcome,
    /// Its exit code, before delivery is known.
    pub exit_code: u8,
    /// A person must be told.
    pub tell: bool,
}

/// Second table: world and verify give the outcome; with the world untouched the reason decides.
#[must_use]
pub fn fold(input: FoldInput) -> End {
    let outcome = match (input.world, input.verify) {
        (World::Untouched, _) => of_reason(input.reason),
        (World::Kept | World::Undone, VerifyFold::NotFixed) if input.reason == Reason::Waiting => Outcome::Waiting,
        (World::Kept, VerifyFold::Fixed) => Outcome::Healed,
        (World::Undone, VerifyFold::Fixed) => Outcome::Undone,
        (World::Kept | World::Undone, VerifyFold::NotFixed) => Outcome::NotHealed,
        (World::Kept | World::Undone, VerifyFold::CannotTell | VerifyFold::NotRun)
        | (World::Partial, VerifyFold::Fixed) => Outcome::Inconclusive,
        (World::Kept | World::Undone, VerifyFold::Worse) | (World::Partial | World::Dirty, _) => Outcome::Unsafe,
    };
    // A lock held by a live run is the one block that may stay quiet: the other run speaks (L45).
    let quiet = matches!(
        outcome,
        Outcome::Healthy
            | Outcome::SelfResolved
            | Outcome::Joined
            | Outcome::Healed
            | Outcome::Waiting
            | Outcome::Cancelled
            | Outcome::Invalid
    ) || (input.world == World::Untouched && input.reason == Reason::LockHeld);
    End { outcome, exit_code: exit_code(outcome), tell: !quiet }
}

fn of_reason(reason: Reason) -> Outcome {
    match reason {
        Reason::NotFired => Outcome::Healthy,
        Reason::SelfResolved => Outcome::SelfResolved,
        Reason::Joined => Outcome::Joined,
        Reason::Waiting => Outcome::Waiting,
        Reason::Observed => Outcome::Observed,
        Reason::Suggested => Outcome::Suggested,
        Reason::LockHeld | Reason::Blocked => Outcome::Blocked,
        Reason::Refused => Outcome::Refused,
        Reason::NoData => Outcome::NoData,
        Reason::NotHealed => Outcome::NotHealed,
        Reason::Cancelled => Outcome::Cancelled,
        Reason::Invalid => Outcome::Invalid,
        Reason::State => Outcome::State,
        Reason::Internal => Outcome::Internal,
    }
}

/// The exit code of an outcome.
#[must_use]
pub fn exit_code(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Healthy | Outcome::SelfResolved | Outcome::Joined | Outcome::Healed => 0,
        Outcome::Invalid => 2,
        Outcome::Observed | Outcome::Suggested | Outcome::NotHealed | Outcome::Undone => 20,
        Outcome::Refused => 21,
        Outcome::NoData => 22,
        Outcome::Blocked => 23,
        Outcome::Inconclusive => 24,
        Outcome::Unsafe => 25,
        Outcome::Untold => 26,
        Outcome::Internal => 70,
        Outcome::State => 74,
        Outcome::Waiting => 75,
        Outcome::Cancelled => 130,
    }
}

/// Third table: the exit code once it is known whether the page (or the approval request) was delivered. The outcome's
/// word stays; 25 stays too, it is the stronger warning.
#[must_use]
pub fn after_delivery(end: End, delivered: Option<bool>) -> u8 {
    let demanded = end.tell || end.outcome == Outcome::Waiting;
    match end.exit_code {
        20..=24 | 70 | 74 | 75 if demanded && delivered == Some(false) => exit_code(Outcome::Untold),
        code => code,
    }
}

/// What a process ends with that stops on a signal and leaves its run open (R33).
#[must_use]
pub fn shutdown_code(world: World, open_intents: bool) -> u8 {
    match world {
        _ if open_intents => 25,
        World::Untouched => 130,
        World::Kept | World::Undone => 24,
        World::Partial | World::Dirty => 25,
    }
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 19] = [
        Outcome::Healthy,
        Outcome::SelfResolved,
        Outcome::Joined,
        Outcome::Healed,
        Outcome::Observed,
        Outcome::Suggested,
        Outcome::Waiting,
        Outcome::Refused,
        Outcome::Blocked,
        Outcome::NoData,
        Outcome::NotHealed,
        Outcome::Undone,
        Outcome::Inconclusive,
        Outcome::Unsafe,
        Outcome::Untold,
        Outcome::Cancelled,
        Outcome::Internal,
        Outcome::Invalid,
        Outcome::State,
    ];

    /// The word of `on OUTCOME { }`, reports and `--exit-on`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Healthy => "healthy",
            Outcome::SelfResolved => "self_resolved",
            Outcome::Joined => "joined",
            Outcome::Healed => "healed",
            Outcome::Observed => "observed",
            Outcome::Suggested => "suggested",
            Outcome::Waiting => "waiting",
            Outcome::Refused => "refused",
            Outcome::Blocked => "blocked",
            Outcome::NoData => "no_data",
            Outcome::NotHealed => "not_healed",
            Outcome::Undone => "undone",
            Outcome::Inconclusive => "inconclusive",
            Outcome::Unsafe => "unsafe",
            Outcome::Untold => "untold",
            Outcome::Cancelled => "cancelled",
            Outcome::Internal => "internal",
            Outcome::Invalid => "invalid",
            Outcome::State => "state",
        }
    }

    /// The outcome of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|o| o.word() == word)
    }
}

/// A wrong `--exit-on`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExitOnError {
    /// Not `outcome=code`.
    #[error("`{0}` is not of the form OUTCOME=CODE, as in suggested=0")]
    Form(String),
    /// No such outcome.
    #[error("`{word}` is no outcome; the outcomes are {}", Outcome::ALL.map(Outcome::word).join(", "))]
    Outcome {
        /// What stood there.
        word: String,
    },
    /// Not 0 to 255.
    #[error("`{0}` is no exit code (0 to 255)")]
    Code(String),
}

/// `--exit-on suggested=0,waiting=0`: exit codes by outcome. `untold` names exit 26.
///
/// # Errors
/// Where the text has another form.
pub fn parse_exit_on(text: &str) -> Result<Vec<(Outcome, u8)>, ExitOnError> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (word, code) = part.split_once('=').ok_or_else(|| ExitOnError::Form(part.to_owned()))?;
            let outcome =
                Outcome::from_word(word.trim()).ok_or_else(|| ExitOnError::Outcome { word: word.trim().to_owned() })?;
            let code = code.trim().parse().map_err(|_| ExitOnError::Code(code.trim().to_owned()))?;
            Ok((outcome, code))
        })
        .collect()
}

/// The exit code after `--exit-on`. An undelivered page is remapped only by `untold`, whatever the outcome's word: who
/// asked for `suggested=0` did not ask for silence.
#[must_use]
pub fn remap_exit(outcome: Outcome, code: u8, remap: &[(Outcome, u8)]) -> u8 {
    let key = if code == exit_code(Outcome::Untold) { Outcome::Untold } else { outcome };
    remap.iter().rev().find(|(o, _)| *o == key).map_or(code, |(_, c)| *c)
}

/// What a typed reason means for a run that changed nothing.
#[must_use]
pub fn reason_of(kind: BecauseKind) -> Reason {
    use BecauseKind as B;
    match kind {
        B::NotFired => Reason::NotFired,
        B::Resolved => Reason::SelfResolved,
        B::JoinedRun => Reason::Joined,
        B::ApprovalOutstanding => Reason::Waiting,
        B::Observe => Reason::Observed,
        B::Suggest => Reason::Suggested,
        B::LockHeld => Reason::LockHeld,
        B::LockDirty
        | B::BreakerOpen
        | B::RateExceeded
        | B::CoolDown
        | B::Budget
        | B::Storm
        | B::Frozen
        | B::HandsOff
        | B::NoSharedGuards
        | B::GuardStore
        | B::WorldMoved => Reason::Blocked,
        B::Policy | B::ApprovalRefused | B::ApprovalExpired | B::ApprovalVoid | B::UnknownTarget | B::BlastRadius => {
            Reason::Refused
        }
        B::Cancelled | B::Shutdown => Reason::Cancelled,
        B::Invalid => Reason::Invalid,
        B::Internal | B::EngineChanged => Reason::Internal,
        _ => Reason::NotHealed,
    }
}
