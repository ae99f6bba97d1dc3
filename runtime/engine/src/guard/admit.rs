//! May a change start? One pass over everything that is shared (R23).

use super::doc::*;
use super::{AdmitAsk, GuardVerdict, MOST_BYTES, Tier};
use crate::event::{Because, BecauseKind};

type Denied = Box<(Because, Option<u64>)>;

fn deny<T>(kind: BecauseKind, text: impl Into<String>, retry_after_ms: Option<u64>) -> Result<T, Denied> {
    Err(Box::new((Because::new(kind, text), retry_after_ms)))
}

/// Milliseconds from now, for a denial that ends at a known time.
fn until(at: i64, now: i64) -> Option<u64> {
    u64::try_from(at.saturating_sub(now)).ok()
}

pub(super) fn admit(doc: &mut GuardDoc, ask: &AdmitAsk, now: i64) -> Result<GuardVerdict, Denied> {
    let request = &ask.request;
    let change = &request.change;
    let key = open_key(&ask.run, request.intent);
    if doc.open.values().any(|o| o.run == ask.run && o.epoch > ask.epoch) {
        return Ok(GuardVerdict::Fenced);
    }
    // Asked again after an answer that got lost on the way: the same answer.
    if let Some(open) = doc.open.get(&key) {
        return Ok(GuardVerdict::Admitted { fence: open.fence, lease_until: open.until });
    }
    if ask.tier == Tier::C && request.written_guards && !ask.local_guards {
        return deny(
            BecauseKind::NoSharedGuards,
            "the playbook writes a lock, a rate or a breaker, and nothing here is shared between processes",
            None,
        );
    }
    if let Some(frozen) = &doc.frozen {
        return deny(BecauseKind::Frozen, format!("frozen by {}: {}", frozen.by, frozen.reason), None);
    }
    let marked = std::iter::once(&change.target).chain(&request.locks).find_map(|t| doc.hands_off.get(t));
    if let Some(mark) = marked {
        return deny(
            BecauseKind::HandsOff,
            format!("hands off, says {}: {}", mark.by, mark.reason),
            until(mark.until, now),
        );
    }
    locks(doc, ask, now)?;
    // An undo is outside what its change has already paid (R4).
    if request.undoes.is_none() {
        budgets(doc, ask, now)?;
        breaker(doc, ask, &key, now)?;
        approvals(doc, ask, &key, now)?;
    }
    doc.fence += 1;
    let lease_until = now.saturating_add(ms(ask.lease_ms));
    for lock in &request.locks {
        let held = Lock { run: ask.run.clone(), fence: doc.fence, until: lease_until };
        doc.locks.insert(lock.clone(), held);
    }
    if request.undoes.is_none() {
        doc.changes.push(now);
        if let Some(quota) = request.rate {
            let rate = doc.rates.entry(change.target.clone()).or_default();
            rate.window_ms = rate.window_ms.max(quota.per_ms);
            rate.at.push(now);
        }
    }
    let open = OpenIntent {
        run: ask.run.clone(),
        intent: request.intent,
        epoch: ask.epoch,
        fence: doc.fence,
        change: change.clone(),
        undoes: request.undoes,
        locks: request.locks.clone(),
        breaker: request.breaker,
        approvals: request.approvals.clone(),
        at: now,
        send_by: now.saturating_add(ms(request.send_window_ms)),
        until: lease_until,
        settled: None,
    };
    doc.open.insert(key, open);
    let size = serde_json::to_vec(doc).map_or(usize::MAX, |json| json.len());
    if size > MOST_BYTES {
        return deny(BecauseKind::Budget, "the shared guard document is full: open intents must end first", None);
    }
    Ok(GuardVerdict::Admitted { fence: doc.fence, lease_until })
}

/// All at once, sorted: no deadlock (R23).
fn locks(doc: &GuardDoc, ask: &AdmitAsk, now: i64) -> Result<(), Denied> {
    for key in &ask.request.locks {
        let Some(lock) = doc.locks.get(key).filter(|l| l.run != ask.run) else { continue };
        if lock.until > now {
            let text = format!("run {} holds the lock of {key}", lock.run);
            return deny(BecauseKind::LockHeld, text, until(lock.until, now));
        }
        if doc.is_dirty(key, now) {
            let text = format!("run {} ended with a change of {key} in doubt: resume it first", lock.run);
            return deny(BecauseKind::LockDirty, text, None);
        }
    }
    Ok(())
}

/// In flight, per hour, per target, storm, cool-down (R28, R30).
fn budgets(doc: &GuardDoc, ask: &AdmitAsk, now: i64) -> Result<(), Denied> {
    let change = &ask.request.change;
    if doc.storm(&ask.limits, now) {
        let text = format!("{} incidents at once: their cause is likely shared", doc.incidents.len());
        return deny(BecauseKind::Storm, text, None);
    }
    let others = |o: &&OpenIntent| o.run != ask.run && o.undoes.is_none() && o.settled.is_none() && o.until > now;
    let in_flight: Vec<&OpenIntent> = doc.open.values().filter(others).collect();
    if in_flight.len() as u64 >= u64::from(ask.limits.in_flight) {
        let run = in_flight.first().map_or("", |o| o.run.as_str());
        let text = format!("a change of run {run} is in flight in this environment");
        return deny(BecauseKind::Budget, text, Some(1_000));
    }
    let per_hour = ask.limits.per_hour as usize;
    if doc.changes.len() >= per_hour {
        let text =
            format!("{} changes in the last hour in this environment, {per_hour} are allowed", doc.changes.len());
        let free = doc.changes.iter().min().and_then(|at| until(at.saturating_add(HOUR_MS), now));
        return deny(BecauseKind::RateExceeded, text, free);
    }
    if let Some(quota) = ask.request.rate {
        let from = now.saturating_sub(ms(quota.per_ms));
        let at: Vec<i64> = doc
            .rates
            .get(&change.target)
            .map(|r| r.at.iter().copied().filter(|at| *at > from).collect())
            .unwrap_or_default();
        if at.len() as u64 >= quota.count {
            let text = format!("{} changes of {} within its rate's window", at.len(), change.target);
            let free = at.iter().min().and_then(|at| until(at.saturating_add(ms(quota.per_ms)), now));
            return deny(BecauseKind::RateExceeded, text, free);
        }
    }
    let remedy = remedy_key(&change.action, &change.target);
    if let Some(cool) = doc.cool_downs.get(&remedy).filter(|c| c.run != ask.run && c.until > now) {
        let text = format!("run {} did the same moments ago", cool.run);
        return deny(BecauseKind::CoolDown, text, until(cool.until, now));
    }
    Ok(())
}

/// Closed, open, half-open (R27).
fn breaker(doc: &mut GuardDoc, ask: &AdmitAsk, key: &str, now: i64) -> Result<(), Denied> {
    let change = &ask.request.change;
    let written = ask.request.breaker;
    let name = remedy_key(&change.action, &change.target);
    let state = doc.breakers.entry(name.clone()).or_default();
    state.set(&written);
    // It healed, and here it is again: a remedy that works every ten minutes is the flap.
    let recurs = state
        .healed
        .as_ref()
        .is_some_and(|(at, run)| *run != ask.run && at.saturating_add(ms(ask.limits.recurrence_ms)) > now);
    if recurs {
        state.healed = None;
        state.fail(now);
    }
    match state.open_until {
        Some(at) if at > now => {
            let text = format!("{name} failed {} times within its window", state.failures.len());
            deny(BecauseKind::BreakerOpen, text, until(at, now))
        }
        Some(_) if state.trial.as_deref().is_some_and(|t| t != key) => {
            deny(BecauseKind::BreakerOpen, format!("{name} is being tried once by another run"), None)
        }
        Some(_) if ask.request.approvals.is_empty() => {
            deny(BecauseKind::BreakerOpen, format!("{name} may be tried once more, with an approval"), None)
        }
        Some(_) => {
            state.trial = Some(key.to_owned());
            Ok(())
        }
        None => Ok(()),
    }
}

impl BreakerDoc {
    /// The settings of whoever uses it now.
    pub(super) fn set(&mut self, written: &heal_lang::plan::Breaker) {
        self.limit = written.failures.max(1);
        self.within_ms = written.within_ms;
        self.open_for_ms = written.open_for_ms;
    }

    /// One more failure; opens at the limit, and at once where it was only being tried.
    pub(super) fn fail(&mut self, now: i64) {
        self.failures.push(now);
        let trial = self.trial.take().is_some();
        if trial || self.failures.len() as u64 >= u64::from(self.limit.max(1)) {
            self.open_until = Some(now.saturating_add(ms(self.open_for_ms)));
        }
    }
}

/// Used once (R26).
fn approvals(doc: &mut GuardDoc, ask: &AdmitAsk, key: &str, now: i64) -> Result<(), Denied> {
    for request in &ask.request.approvals {
        if doc.used.get(request).is_some_and(|u| u.by != key) {
            return deny(BecauseKind::ApprovalVoid, "its approval was used already", None);
        }
        doc.used.insert(request.clone(), Used { by: key.to_owned(), at: now });
    }
    Ok(())
}
