//! The shared document of an environment.

use super::GuardLimits;
use crate::command::IntentId;
use crate::event::{ResolvedChange, SettledAs};
use heal_lang::plan::Breaker;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A used approval is remembered this long; its request has expired long before.
const USED_MS: i64 = 7 * 24 * 3600 * 1000;
/// An incident that nobody closed, or a change that nobody judged, is forgotten after this.
const INCIDENT_MS: i64 = 24 * 3600 * 1000;
pub(crate) const HOUR_MS: i64 = 3600 * 1000;

/// What all processes of an environment share (R26).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardDoc {
    /// The last fence given.
    pub fence: u64,
    /// No change and no undo starts.
    pub frozen: Option<Frozen>,
    /// By target.
    pub hands_off: BTreeMap<String, HandsOff>,
    /// By target or lock key.
    pub locks: BTreeMap<String, Lock>,
    /// Open intents, whole: on a runner that vanishes this is the durable intent (R25). By run and intent.
    pub open: BTreeMap<String, OpenIntent>,
    /// When changes were admitted in the last hour.
    pub changes: Vec<i64>,
    /// The same by target, with the window that is counted.
    pub rates: BTreeMap<String, Rate>,
    /// By action and target.
    pub breakers: BTreeMap<String, BreakerDoc>,
    /// By action and target.
    pub cool_downs: BTreeMap<String, CoolDown>,
    /// Approval requests that were used, by what.
    pub used: BTreeMap<String, Used>,
    /// Open incidents and when they opened.
    pub incidents: BTreeMap<String, i64>,
}

/// A freeze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is its own word")]
pub struct Frozen {
    pub by: String,
    pub reason: String,
    pub at: i64,
}

/// A hands-off mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is its own word")]
pub struct HandsOff {
    pub until: i64,
    pub by: String,
    pub reason: String,
}

/// A held lock. Its lease may be over: with an open intent it is dirty then, not free (R22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Who.
    pub run: String,
    /// Since which admission.
    pub fence: u64,
    /// Until when without renewal.
    pub until: i64,
}

/// An intent that has no verdict yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenIntent {
    /// Whose.
    pub run: String,
    /// Which.
    pub intent: IntentId,
    /// The fence of the process that holds the run.
    pub epoch: u64,
    /// The fence of the admission.
    pub fence: u64,
    /// The change, whole, with what undoes it.
    pub change: Box<ResolvedChange>,
    /// Which it undoes.
    pub undoes: Option<IntentId>,
    /// The locks it holds.
    pub locks: Vec<String>,
    /// When its breaker opens: the vote comes with the verdict.
    pub breaker: Breaker,
    /// The approvals it used.
    pub approvals: Vec<String>,
    /// Admitted at.
    pub at: i64,
    /// No bytes leave later than this, unless an attempt is allowed again.
    pub send_by: i64,
    /// Until when without renewal.
    pub until: i64,
    /// How it ended, once known.
    pub settled: Option<SettledAs>,
}

/// Admissions on a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// When.
    pub at: Vec<i64>,
    /// The longest window that is asked for.
    pub window_ms: u64,
}

/// A breaker of an action on a target (R27).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerDoc {
    /// When it failed.
    pub failures: Vec<i64>,
    /// It opens at this many …
    pub limit: u32,
    /// … in this window …
    pub within_ms: u64,
    /// … for this long.
    pub open_for_ms: u64,
    /// Open until then; past it half-open, until a vote.
    pub open_until: Option<i64>,
    /// The one intent that a half-open breaker let through.
    pub trial: Option<String>,
    /// When it last healed, and which run that was.
    pub healed: Option<(i64, String)>,
}

/// A cool-down between runs (R28).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoolDown {
    /// Until when.
    pub until: i64,
    /// The run that is outside it.
    pub run: String,
}

/// A used approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// By which intent.
    pub by: String,
    /// When.
    pub at: i64,
}

pub(crate) fn open_key(run: &str, intent: IntentId) -> String {
    format!("{run}/{}", intent.0)
}

/// The key of breakers and cool-downs.
#[must_use]
pub fn remedy_key(action: &str, target: &str) -> String {
    format!("{action}@{target}")
}

pub(crate) fn ms(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl OpenIntent {
    /// Nobody knows yet whether it happened.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        matches!(self.settled, None | Some(SettledAs::Unknown))
    }
}

impl GuardDoc {
    /// Forgets what can no longer matter.
    pub(crate) fn prune(&mut self, now: i64) {
        self.hands_off.retain(|_, h| h.until > now);
        self.cool_downs.retain(|_, c| c.until > now);
        self.changes.retain(|at| at.saturating_add(HOUR_MS) > now);
        self.rates.retain(|_, r| {
            let window = ms(r.window_ms);
            r.at.retain(|at| at.saturating_add(window) > now);
            !r.at.is_empty()
        });
        self.breakers.retain(|_, b| {
            let window = ms(b.within_ms);
            b.failures.retain(|at| at.saturating_add(window) > now);
            b.healed = b.healed.take().filter(|(at, _)| at.saturating_add(HOUR_MS) > now);
            !b.failures.is_empty() || b.open_until.is_some() || b.healed.is_some() || b.trial.is_some()
        });
        self.used.retain(|_, u| u.at.saturating_add(USED_MS) > now);
        self.incidents.retain(|_, at| at.saturating_add(INCIDENT_MS) > now);
        // A change whose end is known and whose run is gone waits a day for its verdict: a run that renewed too late,
        // or is resumed, still votes. Its lock is free meanwhile (see `is_dirty`).
        self.open.retain(|_, o| o.in_doubt() || o.until.saturating_add(INCIDENT_MS) > now);
        let open = &self.open;
        self.locks.retain(|key, l| l.until > now || open.values().any(|o| o.run == l.run && o.locks.contains(key)));
    }

    pub(crate) fn storm(&self, limits: &GuardLimits, now: i64) -> bool {
        let from = now.saturating_sub(ms(limits.storm_within_ms));
        let recent = self.incidents.values().filter(|at| **at > from).count();
        recent as u64 >= u64::from(limits.storm_incidents)
    }

    /// Whether a target's lock is held by a run whose lease is over and whose change is in doubt (R22).
    #[must_use]
    pub fn is_dirty(&self, key: &str, now: i64) -> bool {
        self.locks.get(key).is_some_and(|l| {
            l.until <= now
                && self.open.values().any(|o| o.run == l.run && o.in_doubt() && o.locks.iter().any(|k| k == key))
        })
    }
}
