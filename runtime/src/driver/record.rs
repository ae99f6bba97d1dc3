//! Where events go before their commands leave (R18): the state file, or nowhere (`plan`).

use crate::failure::{Failure, exit};
use crate::store::{Store, StoreError, Tx};
use heal_engine::command::{AdmitRequest, IntentId};
use heal_engine::event::{Admitted, Denied, Event, SettledAs};
use heal_engine::guard::{self, AdmitAsk, GuardDoc, GuardLimits, GuardRequest, GuardVerdict, Tier};
use std::time::{Duration, Instant};

/// How long a failing state file is tried again before the process gives up (R41).
const PATIENCE: Duration = Duration::from_secs(60);

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

/// What is written beside an event, in its transaction.
pub(super) type Beside<'a> = &'a dyn Fn(&mut Tx<'_>) -> Result<(), StoreError>;

impl Record {
    /// The run in the state file.
    pub(super) fn held(&mut self) -> Option<&mut Held> {
        match self {
            Record::Held(held) => Some(held),
            Record::Nowhere => None,
        }
    }

    /// Makes an event durable. A state file that fails in passing is tried again, and what could not be written is
    /// printed (R41): `open` says whether an intent is open, which makes the end unsafe.
    pub(super) fn append(
        &mut self,
        event: &Event,
        commands: &[u8],
        beside: Beside<'_>,
        open: bool,
    ) -> Result<(), Failure> {
        let Record::Held(held) = self else { return Ok(()) };
        let row = |tx: &mut Tx<'_>| {
            tx.append(event, commands)?;
            beside(tx)
        };
        held.persist(row, || serde_json::to_string(event).unwrap_or_default(), open)
    }
}

impl Held {
    fn persist<T>(
        &mut self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, StoreError>,
        row: impl Fn() -> String,
        open: bool,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let mut said = false;
        loop {
            let error = match self.store.write(&work) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if !said {
                said = true;
                tracing::error!("{}: {error}; not written: {}", self.store.path().display(), row());
            }
            if !error.passing || began.elapsed() > PATIENCE {
                let failure = self.store.failure(&error);
                return Err(if open { Failure { exit: exit::UNSAFE, ..failure } } else { failure });
            }
            std::thread::sleep(Duration::from_millis(500));
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
        open: bool,
        answer: impl Fn(&GuardVerdict) -> Answered,
    ) -> Result<Answered, Failure> {
        let scope = self.scope.clone();
        self.persist(
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
            open,
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
pub(super) fn event_of(request: &AdmitRequest, verdict: &GuardVerdict) -> Option<heal_engine::event::EventKind> {
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
            because: because.clone(),
            retry_after_ms: *retry_after_ms,
        }),
        _ => return None,
    })
}
