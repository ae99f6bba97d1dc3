//! Reads: in order of their needs, so many at a time, tried again with backoff, and given up in time.

use super::machine::{Machine, text};
use super::state::*;
use crate::command::{CallId, CallKind, Command, ReadOrder};
use crate::event::{CallEnded, CallError, CallResult};
use crate::hash::{Draw, rand};
use heal_lang::plan::{Backoff, ErrorClass, NodeId, ReadCall, ReadId, Retry};
use std::collections::BTreeSet;

/// The wait before attempt `next` (2 is the first that waits), without jitter (L49).
pub(crate) fn formula_ms(backoff: &Backoff, next: u32) -> u64 {
    match *backoff {
        Backoff::Constant { wait_ms } => wait_ms,
        Backoff::Exponential { first_ms, factor, max_ms } => {
            // Multiplication only: the same bits on every machine (R64).
            let mut wait = first_ms as f64;
            for _ in 2..next {
                wait *= factor;
                if wait >= max_ms as f64 {
                    break;
                }
            }
            (wait as u64).min(max_ms)
        }
    }
}

/// W(call): all attempts and the waits between them.
pub(crate) fn worst_ms(timeout_ms: u64, retry: &Retry) -> u64 {
    let waits: u64 = (2..=retry.attempts).map(|i| formula_ms(&retry.backoff, i)).fold(0, u64::saturating_add);
    timeout_ms.saturating_mul(u64::from(retry.attempts.max(1))).saturating_add(waits)
}

/// When the next attempt may start, or `None` where it would not end in time. A server's hint beats the formula but
/// never stretches the bound.
pub(crate) fn next_attempt_at(
    now: u64,
    limit: u64,
    timeout_ms: u64,
    retry: &Retry,
    next: u32,
    hint: Option<u64>,
    random: u64,
) -> Option<u64> {
    if next > retry.attempts {
        return None;
    }
    let formula = formula_ms(&retry.backoff, next);
    let wait = match hint {
        Some(hint) => hint,
        None if retry.jitter => random % formula.saturating_add(1),
        None => formula,
    };
    let at = now.saturating_add(wait);
    (at.saturating_add(timeout_ms) <= limit).then_some(at)
}

/// Is this class worth another attempt? A throttled call passes by definition, whatever `on` says of the rest.
pub(crate) fn retried(retry: &Retry, class: ErrorClass) -> bool {
    retry.on.contains(&class) || (class == ErrorClass::Throttled && retry.on.contains(&ErrorClass::Transient))
}

impl Machine {
    /// Fills a node's batch with reads of a step, all of them or the named ones and what they need.
    pub(crate) fn add_reads(&mut self, node: NodeId, of: NodeId, reads: &[ReadCall], only: Option<&BTreeSet<ReadId>>) {
        let wanted: Option<BTreeSet<ReadId>> = only.map(|only| {
            let mut wanted = only.clone();
            loop {
                let more: BTreeSet<ReadId> = reads
                    .iter()
                    .filter(|r| wanted.contains(&r.id))
                    .flat_map(|r| r.after.iter().copied())
                    .filter(|id| !wanted.contains(id))
                    .collect();
                if more.is_empty() {
                    break wanted;
                }
                wanted.extend(more);
            }
        });
        for read in reads {
            if wanted.as_ref().is_none_or(|w| w.contains(&read.id)) {
                let slot = ReadSlot { state: ReadState::Waiting, attempts: 0, since: 0, after: read.after.clone() };
                self.n(node).batch.insert((of, read.id), slot);
            }
        }
    }

    pub(crate) fn batch_done(&self, node: NodeId) -> bool {
        self.s
            .node(node)
            .is_none_or(|n| n.batch.values().all(|slot| matches!(slot.state, ReadState::Done | ReadState::Failed)))
    }

    /// Sends what may be sent.
    pub(crate) fn issue_reads(&mut self) -> bool {
        let parallel = self.plan.limits.parallel.max(1) as usize;
        let mut out = self.s.calls.values().filter(|p| matches!(p, Pending::Read(..))).count();
        let mut moved = false;
        for node in self.ids() {
            if self.s.nodes[node.0 as usize].stage != Stage::Reading {
                continue;
            }
            let keys: Vec<(NodeId, ReadId)> = self.s.nodes[node.0 as usize].batch.keys().copied().collect();
            for key in keys {
                moved |= self.fail_orphan(node, key);
                if out < parallel && self.may_read(node, key) {
                    self.send_read(node, key);
                    out += 1;
                    moved = true;
                }
            }
        }
        moved
    }

    fn slot(&mut self, node: NodeId, key: (NodeId, ReadId)) -> Option<&mut ReadSlot> {
        self.s.nodes.get_mut(node.0 as usize).and_then(|n| n.batch.get_mut(&key))
    }

    fn after_states(&self, node: NodeId, key: (NodeId, ReadId)) -> Vec<ReadState> {
        let Some(n) = self.s.node(node) else { return Vec::new() };
        let Some(slot) = n.batch.get(&key) else { return Vec::new() };
        slot.after.iter().filter_map(|id| n.batch.get(&(key.0, *id))).map(|s| s.state).collect()
    }

    /// A read whose argument was given up has nothing to ask with.
    fn fail_orphan(&mut self, node: NodeId, key: (NodeId, ReadId)) -> bool {
        let orphan = self.after_states(node, key).contains(&ReadState::Failed);
        match self.slot(node, key) {
            Some(slot) if orphan && slot.state == ReadState::Waiting => {
                slot.state = ReadState::Failed;
                true
            }
            _ => false,
        }
    }

    fn may_read(&self, node: NodeId, key: (NodeId, ReadId)) -> bool {
        let Some(slot) = self.s.node(node).and_then(|n| n.batch.get(&key)) else { return false };
        match slot.state {
            ReadState::Waiting => self.after_states(node, key).iter().all(|s| *s == ReadState::Done),
            ReadState::Backoff(until) => until <= self.s.now,
            _ => false,
        }
    }

    fn send_read(&mut self, node: NodeId, key: (NodeId, ReadId)) {
        let (of, read) = key;
        let Some(timeout_ms) = self.read_call(of, read).map(|r| r.timeout_ms) else {
            if let Some(slot) = self.slot(node, key) {
                slot.state = ReadState::Failed;
            }
            return;
        };
        let call = self.new_call(Pending::Read(node, of, read));
        let now = self.s.now;
        let mut attempt = 1;
        if let Some(slot) = self.slot(node, key) {
            if slot.attempts == 0 {
                slot.since = now;
            }
            slot.attempts += 1;
            slot.state = ReadState::InFlight(call);
            attempt = slot.attempts;
        }
        self.n(node).attempts += 1;
        self.emit(Command::Read(ReadOrder {
            call,
            kind: CallKind::Read,
            node,
            of: (of != node).then_some(of),
            read: Some(read),
            intent: None,
            attempt,
            timeout_ms,
        }));
    }

    fn read_call(&self, of: NodeId, read: ReadId) -> Option<&ReadCall> {
        self.plan.step_of(of).and_then(|s| s.reads.iter().find(|r| r.id == read))
    }

    pub(crate) fn read_ended(&mut self, node: NodeId, of: NodeId, read: ReadId, ended: &CallEnded) {
        let state = match &ended.result {
            CallResult::Ok { .. } => ReadState::Done,
            CallResult::Err(error) => self.read_failed(node, (of, read), error),
        };
        if let Some(slot) = self.slot(node, (of, read)) {
            slot.state = state;
        }
    }

    fn read_failed(&mut self, node: NodeId, key: (NodeId, ReadId), error: &CallError) -> ReadState {
        let Some((timeout, retry)) = self.read_call(key.0, key.1).map(|r| (r.timeout_ms, r.retry.clone())) else {
            return ReadState::Failed;
        };
        let Some((since, attempts)) = self.slot(node, key).map(|s| (s.since, s.attempts)) else {
            return ReadState::Failed;
        };
        // A read that was not answered can be asked again: it changes nothing.
        let class = if error.class == ErrorClass::Uncertain { ErrorClass::Transient } else { error.class };
        let round = self.s.nodes[node.0 as usize].round;
        let name =
            [u64::from(node.0) << 32 | u64::from(key.0.0), u64::from(key.1.0), u64::from(round), u64::from(attempts)];
        let random = rand(self.s.seed(), Draw::Read, name);
        let limit = since.saturating_add(worst_ms(timeout, &retry));
        let next = retried(&retry, class)
            .then(|| next_attempt_at(self.s.now, limit, timeout, &retry, attempts + 1, error.retry_after_ms, random))
            .flatten();
        match next {
            Some(at) => {
                self.note(
                    Some(node),
                    "retry",
                    None,
                    [("read", key.1.0.into()), ("at", at.into()), ("code", text(&error.code))],
                );
                ReadState::Backoff(at)
            }
            None => {
                self.n(node).read_errors.push(format!("{}: {}", error.code, error.message));
                self.note(Some(node), "read_failed", None, [("read", key.1.0.into()), ("code", text(&error.code))]);
                ReadState::Failed
            }
        }
    }

    /// Stops waiting for a node's reads.
    pub(crate) fn abandon_reads(&mut self, node: NodeId) {
        let calls: Vec<CallId> = self
            .s
            .calls
            .iter()
            .filter(|(_, p)| matches!(p, Pending::Read(n, _, _) if *n == node))
            .map(|(c, _)| *c)
            .collect();
        for call in calls {
            self.s.calls.remove(&call);
            self.emit(Command::Abandon { call });
        }
        self.n(node).batch.clear();
    }
}
