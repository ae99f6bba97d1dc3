//! What processes share, decided purely: `apply(doc, request, now) -> (doc, verdict)`, carried out inside the store's
//! transaction or compare-and-swap (R13, R23, R24). One document per environment.
//!
//! Times here are wall milliseconds: the document outlives runs.

mod admit;
mod doc;
mod settle;

pub use doc::*;

use crate::command::{AdmitRequest, IntentId};
use crate::event::{Because, SettledAs};
use serde::{Deserialize, Serialize};

/// Which guards are shared (section C).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// One host, one file or server: everything holds.
    A,
    /// Many runners, one shared guard store.
    B,
    /// Nothing shared.
    C,
}

impl Tier {
    /// The tier of `Opened::tier`; what is not known shares nothing.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "A" => Tier::A,
            "B" => Tier::B,
            _ => Tier::C,
        }
    }
}

/// What holds without being written (R28, R30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GuardLimits {
    /// Changes in flight in the environment.
    pub in_flight: u32,
    /// Changes per hour in the environment, over all playbooks.
    pub per_hour: u32,
    /// Open incidents …
    pub storm_incidents: u32,
    /// … opened within this time make a storm.
    pub storm_within_ms: u64,
    /// The same remedy again within this time after it healed is a failure (R27).
    pub recurrence_ms: u64,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            in_flight: 1,
            per_hour: 6,
            storm_incidents: 5,
            storm_within_ms: 10 * 60 * 1000,
            recurrence_ms: 60 * 60 * 1000,
        }
    }
}

/// A request for admission, with what only the driver knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmitAsk {
    /// The run.
    pub run: String,
    /// The fence of the process that holds it.
    pub epoch: u64,
    /// How long the lock is held without renewal.
    pub lease_ms: u64,
    /// Which guards are shared.
    pub tier: Tier,
    /// `allow local_guards` stands in the policy, or `guards: local` in `healrun.yaml`.
    pub local_guards: bool,
    /// The environment's limits.
    pub limits: GuardLimits,
    /// What the engine asked.
    pub request: AdmitRequest,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardRequest {
    /// May this change start? Checks everything and writes the intent, at once (R23).
    Admit(Box<AdmitAsk>),
    /// How an intent ended. Idempotent by run, intent and kind of result.
    Settle {
        /// The run.
        run: String,
        /// The fence of the process that holds it.
        epoch: u64,
        /// Which intent.
        intent: IntentId,
        /// How it ended, or that its verdict is there.
        result: SettledAs,
        /// At the verdict: `Some(true)` is a failure.
        vote: Option<bool>,
        /// At the verdict.
        cool_down_ms: u64,
    },
    /// The run is alive: its locks are held on.
    Renew {
        /// The run.
        run: String,
        /// The fence of the process that holds it.
        epoch: u64,
        /// From now.
        lease_ms: u64,
    },
    /// Another process has claimed the run: it takes over its open intents and their locks, dirty ones too.
    Takeover {
        /// The run.
        run: String,
        /// The new fence.
        epoch: u64,
        /// From now.
        lease_ms: u64,
    },
    /// No change and no undo starts (R29).
    Freeze {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// They may again.
    Unfreeze,
    /// Nobody touches this target.
    HandsOff {
        /// The target's key.
        target: String,
        /// Until when.
        until: i64,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// They may again.
    HandsOn {
        /// The target's key.
        target: String,
    },
    /// An incident has opened: counts towards a storm.
    IncidentOpened {
        /// Its key.
        key: String,
        /// The environment's limits.
        limits: GuardLimits,
    },
    /// It has ended.
    IncidentClosed {
        /// Its key.
        key: String,
    },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardVerdict {
    /// The change may start.
    Admitted {
        /// The fence of this admission, growing in the environment.
        fence: u64,
        /// Until when the locks are held.
        lease_until: i64,
    },
    /// It may not.
    Denied {
        /// Why.
        because: Because,
        /// When it is worth asking again.
        retry_after_ms: Option<u64>,
    },
    /// Done, or done already.
    Done,
    /// Somebody else holds the run.
    Fenced,
    /// The incident is counted.
    Incident {
        /// New runs only suggest (R30).
        storm: bool,
    },
}

/// A document may grow to this size (R24).
pub const MOST_BYTES: usize = 64 * 1024;

/// Decides. The document changes only where the answer says so.
#[must_use]
pub fn apply(doc: &GuardDoc, request: &GuardRequest, now: i64) -> (GuardDoc, GuardVerdict) {
    let mut next = doc.clone();
    next.prune(now);
    let verdict = match request {
        GuardRequest::Admit(ask) => match admit::admit(&mut next, ask, now) {
            Ok(verdict) => verdict,
            Err(denied) => {
                let (because, retry_after_ms) = *denied;
                // Denied: only what the check itself learned stays (a recurrence is a vote).
                let mut breakers = std::mem::take(&mut next.breakers);
                for (name, breaker) in &mut breakers {
                    breaker.trial = doc.breakers.get(name).and_then(|b| b.trial.clone());
                }
                next = doc.clone();
                next.prune(now);
                next.breakers = breakers;
                GuardVerdict::Denied { because, retry_after_ms }
            }
        },
        GuardRequest::Settle { run, epoch, intent, result, vote, cool_down_ms } => settle::settle(
            &mut next,
            &settle::Settlement {
                run,
                epoch: *epoch,
                intent: *intent,
                result: *result,
                vote: *vote,
                cool_down_ms: *cool_down_ms,
            },
            now,
        ),
        GuardRequest::Renew { run, epoch, lease_ms } => settle::renew(&mut next, run, *epoch, *lease_ms, now),
        GuardRequest::Takeover { run, epoch, lease_ms } => settle::takeover(&mut next, run, *epoch, *lease_ms, now),
        GuardRequest::Freeze { by, reason } => {
            next.frozen = Some(Frozen { by: by.clone(), reason: reason.clone(), at: now });
            GuardVerdict::Done
        }
        GuardRequest::Unfreeze => {
            next.frozen = None;
            GuardVerdict::Done
        }
        GuardRequest::HandsOff { target, until, by, reason } => {
            let mark = HandsOff { until: *until, by: by.clone(), reason: reason.clone() };
            next.hands_off.insert(target.clone(), mark);
            GuardVerdict::Done
        }
        GuardRequest::HandsOn { target } => {
            next.hands_off.remove(target);
            GuardVerdict::Done
        }
        GuardRequest::IncidentOpened { key, limits } => {
            next.incidents.entry(key.clone()).or_insert(now);
            GuardVerdict::Incident { storm: next.storm(limits, now) }
        }
        GuardRequest::IncidentClosed { key } => {
            next.incidents.remove(key);
            GuardVerdict::Done
        }
    };
    next.prune(now);
    (next, verdict)
}
