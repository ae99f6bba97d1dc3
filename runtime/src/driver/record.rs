//! Where events go before their commands leave (R18): the state file, or nowhere (`plan`).

use super::clock;
use super::signals::Stopping;
use crate::failure::Failure;
use crate::store::{Store, StoreError, Tx};
use heal_engine::command::{AdmitRequest, IntentId};
use heal_engine::event::{Admitted, Because, BecauseKind, Denied, Event, SettledAs};
use heal_engine::guard::{self, AdmitAsk, GuardDoc, GuardLimits, GuardRequest, GuardVerdict, Tier};
use heal_engine::polls::PendingRow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a failing state file is tried again before the process gives up (R41).
const PATIENCE: Duration = Duration::from_secs(60);

/// The wait before the next attempt, doubled up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How often it is said that a state file still fails.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// A run is held this long without a sign of life; the longest attempt is added (R22).
pub const LEASE_MS: u64 = 60_000;

/// The run in the state file, as this process holds it.
pub struct Held {
    /// The state file.
    pub store: Store,
    /// The guards' scope: the environment.
    pub scope: String,
    /// The run.
    pub run: String,
    /// The fence of this claim.
    pub epoch: u64,
    /// How long it is held without a sign of life.
    pub lease_ms: u64,
    /// Which guards are shared.
    pub tier: Tier,
    /// `guards: local`
    pub local_guards: bool,
}

/// Where events go.
pub enum Record {
    /// The state file.
    Held(Box<Held>),
    /// Nowhere.
    Nowhere,
}

/// Evidence by digest, written beside a row in its transaction.
pub(super) type Bodies = BTreeMap<String, Vec<u8>>;

/// What came of appending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is durable.
    Written,
    /// Another process has taken the run: nothing was written.
    Fenced,
}

impl Record {
    /// The run in the state file.
    pub(super) fn held(&mut self) -> Option<&mut Held> {
        match self {
            Record::Held(held) => Some(held),
            Record::Nowhere => None,
        }
    }

    /// Makes rows durable, all or none, in order.
    pub(super) fn append(&mut self, rows: &[PendingRow<Bodies>], stopping: &Stopping) -> Result<Appended, Failure> {
        let Record::Held(held) = self else { return Ok(Appended::Written) };
        let (run, epoch) = (held.run.clone(), held.epoch);
        let work = |tx: &mut Tx<'_>| {
            if tx.epoch(&run)? != epoch {
                return Ok(Appended::Fenced);
            }
            for row in rows {
                tx.append(&row.event, row.commands.as_bytes())?;
                for (digest, body) in &row.beside {
                    tx.keep_evidence(&row.event.run, digest, row.event.at, body)?;
                }
            }
            Ok(Appended::Written)
        };
        let said = || {
            let lines = rows.iter().map(|row| serde_json::to_string(&row.event).unwrap_or_default());
            lines.collect::<Vec<_>>().join("\n")
        };
        held.persist(stopping, work, said)
    }
}

impl Held {
    /// One transaction. A state file that fails in passing is tried again for a while, and what could not be written is
    /// said (R41). A signal ends the patience: it leaves no time.
    pub(super) fn persist<T>(
        &mut self,
        stopping: &Stopping,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError>,
        what: impl Fn() -> String,
    ) -> Result<T, Failure> {
        let (began, mut wait, mut said) = (Instant::now(), FIRST_WAIT, None::<Instant>);
        loop {
            let error = match self.store.write(&work) {
                Ok(value) => {
                    if said.is_some() {
                        tracing::warn!("{}: written now", self.store.path().display());
                    }
                    return Ok(value);
                }
                Err(error) => error,
            };
            let path = self.store.path().display();
            if said.is_none() {
                tracing::error!("{path}: {error}; not written: {}", what());
            }
            let left = PATIENCE.saturating_sub(began.elapsed());
            if !error.passing || left.is_zero() || stopping.asked() {
                return Err(self.store.failure(&error));
            }
            if said.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
                said = Some(Instant::now());
                tracing::warn!("{path}: {error}; trying again for {}s", left.as_secs());
            }
            std::thread::sleep(wait.min(left));
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn decide(tx: &Tx<'_>, scope: &str, request: &GuardRequest, now: i64) -> Result<GuardVerdict, StoreError> {
        let (doc, version) = tx.guard::<GuardDoc>(scope)?;
        let (next, verdict) = guard::apply(&doc, request, now);
        if next != doc {
            tx.guard_cas(scope, &next, version)?;
        }
        Ok(verdict)
    }

    /// The guard's decision alone.
    pub(super) fn guard(&mut self, request: &GuardRequest, now: i64) -> Result<GuardVerdict, StoreError> {
        let scope = self.scope.clone();
        self.store.write(|tx| Self::decide(tx, &scope, request, now))
    }

    /// The guard's decision and the row that it leads to, in one transaction (R25).
    pub(super) fn guarded(
        &mut self,
        request: &GuardRequest,
        now: i64,
        stopping: &Stopping,
        answer: impl Fn(&GuardVerdict) -> Answered,
    ) -> Result<Answered, Failure> {
        let scope = self.scope.clone();
        self.persist(
            stopping,
            |tx| {
                let verdict = Self::decide(tx, &scope, request, now)?;
                let answered = answer(&verdict);
                if let Some((event, commands)) = &answered.row {
                    tx.append(event, commands)?;
                    if let Some((what, body)) = &answered.ledger {
                        tx.enter(now, what, &event.run, body)?;
                    }
                }
                Ok(answered)
            },
            || format!("{request:?}"),
        )
    }

    /// A request to the guard for admission.
    pub(super) fn ask(&self, request: AdmitRequest) -> GuardRequest {
        GuardRequest::Admit(Box::new(AdmitAsk {
            run: self.run.clone(),
            epoch: self.epoch,
            lease_ms: self.lease_ms,
            tier: self.tier,
            local_guards: self.local_guards,
            limits: GuardLimits::default(),
            request,
        }))
    }

    /// A settlement.
    pub(super) fn settlement(
        &self,
        intent: IntentId,
        result: SettledAs,
        vote: Option<bool>,
        cool_down_ms: u64,
    ) -> GuardRequest {
        GuardRequest::Settle { run: self.run.clone(), epoch: self.epoch, intent, result, vote, cool_down_ms }
    }

    /// A sign of life. `false`: somebody else has the run.
    pub(super) fn renew(&mut self, now: i64) -> Result<bool, StoreError> {
        let until = now + i64::try_from(self.lease_ms).unwrap_or(i64::MAX);
        if !self.store.renew(&self.run.clone(), self.epoch, until)? {
            return Ok(false);
        }
        let request = GuardRequest::Renew { run: self.run.clone(), epoch: self.epoch, lease_ms: self.lease_ms };
        Ok(self.guard(&request, now)? != GuardVerdict::Fenced)
    }
}

/// What a guard's decision becomes.
pub(super) struct Answered {
    /// The row, with the hash of its commands.
    pub(super) row: Option<(Event, Vec<u8>)>,
    /// An entry of the ledger.
    pub(super) ledger: Option<(&'static str, serde_json::Value)>,
    /// The run is somebody else's.
    pub(super) fenced: bool,
}

/// The event of a verdict on an admission; none where the run is fenced.
pub(super) fn event_of(
    request: &AdmitRequest,
    verdict: &GuardVerdict,
    now: i64,
) -> Option<heal_engine::event::EventKind> {
    use heal_engine::event::EventKind;
    Some(match verdict {
        GuardVerdict::Admitted { fence, lease_until } => EventKind::Admitted(Box::new(Admitted {
            intent: request.intent,
            fence: *fence,
            lease_until: *lease_until,
            change: request.change.clone(),
            undoes: request.undoes,
            approvals: request.approvals.clone(),
        })),
        GuardVerdict::Denied { because, retry_after_ms } => EventKind::Denied(Denied {
            intent: request.intent,
            because: Because { text: until(because, *retry_after_ms, now), ..because.clone() },
            retry_after_ms: *retry_after_ms,
        }),
        _ => return None,
    })
}

/// A denial that ends by itself says when. A lock does not: its run holds it for as long as it needs.
fn until(because: &Because, retry_after_ms: Option<u64>, now: i64) -> String {
    match retry_after_ms {
        Some(ms) if !matches!(because.kind, BecauseKind::LockHeld | BecauseKind::LockDirty | BecauseKind::Budget) => {
            let at = now.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
            let wait = crate::config::show_duration(ms.div_ceil(1_000).saturating_mul(1_000));
            format!("{}; blocked until {}, {wait} from now", because.text, clock::text(at))
        }
        _ => because.text.clone(),
    }
}
