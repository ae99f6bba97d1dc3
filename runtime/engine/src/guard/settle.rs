//! How changes ended: slots, refunds, votes, locks. Idempotent, because a settlement is asked for again after a crash.

use super::GuardVerdict;
use super::doc::*;
use crate::command::IntentId;
use crate::event::SettledAs;

pub(super) struct Settlement<'a> {
    pub(super) run: &'a str,
    pub(super) epoch: u64,
    pub(super) intent: IntentId,
    pub(super) result: SettledAs,
    pub(super) vote: Option<bool>,
    pub(super) cool_down_ms: u64,
}

pub(super) fn settle(doc: &mut GuardDoc, s: &Settlement<'_>, now: i64) -> GuardVerdict {
    let key = open_key(s.run, s.intent);
    let Some(open) = doc.open.get_mut(&key) else { return GuardVerdict::Done };
    if open.epoch > s.epoch {
        return GuardVerdict::Fenced;
    }
    match s.result {
        SettledAs::Applied | SettledAs::Unknown => open.settled = Some(s.result),
        SettledAs::Undone => {
            doc.open.remove(&key);
        }
        SettledAs::NotApplied => {
            let open = open.clone();
            doc.open.remove(&key);
            if open.undoes.is_none() {
                refund(doc, &open, &key);
            }
            release(doc, &open);
        }
        SettledAs::Verdict => {
            let open = open.clone();
            doc.open.remove(&key);
            // The undos of a change that has its verdict have had theirs.
            doc.open.retain(|_, o| !(o.run == open.run && o.undoes == Some(open.intent)));
            verdict(doc, &open, s, now);
            release(doc, &open);
        }
    }
    GuardVerdict::Done
}

/// What did not happen counts for nothing: rate, hour, approval, the breaker's one try.
fn refund(doc: &mut GuardDoc, open: &OpenIntent, key: &str) {
    if let Some(i) = doc.changes.iter().position(|at| *at == open.at) {
        doc.changes.remove(i);
    }
    if let Some(rate) = doc.rates.get_mut(&open.change.target)
        && let Some(i) = rate.at.iter().position(|at| *at == open.at)
    {
        rate.at.remove(i);
    }
    doc.used.retain(|_, u| u.by != key);
    if let Some(breaker) = doc.breakers.get_mut(&remedy_key(&open.change.action, &open.change.target))
        && breaker.trial.as_deref() == Some(key)
    {
        breaker.trial = None;
    }
}

fn verdict(doc: &mut GuardDoc, open: &OpenIntent, s: &Settlement<'_>, now: i64) {
    let remedy = remedy_key(&open.change.action, &open.change.target);
    if s.cool_down_ms > 0 {
        let until = now.saturating_add(ms(s.cool_down_ms));
        doc.cool_downs.insert(remedy.clone(), CoolDown { until, run: open.run.clone() });
    }
    if s.vote.is_none() {
        // Nobody could tell: the try was used up, the breaker stays as it is.
        if let Some(breaker) = doc.breakers.get_mut(&remedy) {
            breaker.trial = None;
        }
        return;
    }
    let breaker = doc.breakers.entry(remedy).or_default();
    breaker.set(&open.breaker);
    match s.vote {
        Some(true) => breaker.fail(now),
        _ => {
            breaker.trial = None;
            breaker.open_until = None;
            breaker.healed = Some((now, open.run.clone()));
        }
    }
}

/// Locks that no other open intent of the run needs.
fn release(doc: &mut GuardDoc, open: &OpenIntent) {
    for key in &open.locks {
        let needed = doc.open.values().any(|o| o.run == open.run && o.locks.contains(key));
        if !needed && doc.locks.get(key).is_some_and(|l| l.run == open.run) {
            doc.locks.remove(key);
        }
    }
}

fn newest_epoch(doc: &GuardDoc, run: &str) -> u64 {
    doc.open.values().filter(|o| o.run == run).map(|o| o.epoch).max().unwrap_or(0)
}

pub(super) fn renew(doc: &mut GuardDoc, run: &str, epoch: u64, lease_ms: u64, now: i64) -> GuardVerdict {
    if newest_epoch(doc, run) > epoch {
        return GuardVerdict::Fenced;
    }
    let until = now.saturating_add(ms(lease_ms));
    for lock in doc.locks.values_mut().filter(|l| l.run == run) {
        lock.until = until;
    }
    for open in doc.open.values_mut().filter(|o| o.run == run) {
        open.until = until;
    }
    GuardVerdict::Done
}

pub(super) fn takeover(doc: &mut GuardDoc, run: &str, epoch: u64, lease_ms: u64, now: i64) -> GuardVerdict {
    if newest_epoch(doc, run) > epoch {
        return GuardVerdict::Fenced;
    }
    for open in doc.open.values_mut().filter(|o| o.run == run) {
        open.epoch = epoch;
    }
    renew(doc, run, epoch, lease_ms, now)
}
