//! A change step from its fixed values to its end: gates, limits, admission, one change after another.

use super::machine::{Machine, text};
use super::state::*;
use crate::command::{AdmitRequest, Command, IntentId};
use crate::decide::{Decision, Gate, decide};
use crate::event::{Admitted, Autonomy, Because, BecauseKind, Denied, Resolved, ResolvedChange, Stop};
use crate::hash::intent_key;
use crate::outcome::UndoEnd;
use heal_lang::catalogue::{Effect, Risk};
use heal_lang::plan::{ErrorClass, Exit, NodeId, Remediate};
use std::collections::{BTreeMap, BTreeSet};

/// R22: no bytes leave later than this after an attempt was allowed.
pub(crate) const SEND_WINDOW_MS: u64 = 2_000;
/// Fresh resolutions after a conflict or a probed miss.
const MOST_ROUNDS: u32 = 3;

impl Machine {
    pub(crate) fn resolved(&mut self, resolved: &Resolved) {
        let node = resolved.node;
        if self.s.node(node).is_none_or(|n| n.stage != Stage::Resolving) {
            self.ignored("nothing was to be resolved");
            return;
        }
        if let Some(stop) = &resolved.stop {
            self.stop_change(node, stop);
            return;
        }
        let change = &mut self.n(node).change;
        change.changes.clone_from(&resolved.changes);
        change.fingerprint.clone_from(&resolved.fingerprint);
        change.locks.clone_from(&resolved.locks);
        if resolved.changes.is_empty() {
            let because = Because::new(BecauseKind::Skip, "there is nothing to change");
            self.finish_change(node, Some((Exit::Unchanged, because)));
            return;
        }
        if let Some(because) = self.over_radius(node, resolved) {
            self.finish_change(node, Some((Exit::Refused, because)));
            return;
        }
        // A step of tells alone speaks under every autonomy but the quietest ones; the gates are about the world.
        let gate = Gate {
            autonomy: self.s.setup.as_ref().map_or(Autonomy::Observe, |s| s.autonomy),
            risk: resolved.risk,
            risk_floor: self.s.setup.as_ref().map_or(Risk::High, |s| s.risk_floor),
            effect: resolved.changes.iter().map(|c| c.effect).max().unwrap_or(Effect::Destroy),
            approval: resolved.approval,
            policy: None,
            acts: self.acts && self.s.setup.as_ref().is_some_and(|s| !s.preview),
        };
        let (decision, terms) = decide(&gate);
        let terms: BTreeMap<String, serde_json::Value> = terms.into_iter().map(|(k, v)| (k, text(v))).collect();
        self.emit(Command::Note(crate::command::Note {
            node: Some(node),
            what: "decision".to_owned(),
            because: None,
            terms,
            durable: false,
        }));
        let would = || resolved.changes.iter().map(|c| c.summary.as_str()).collect::<Vec<_>>().join("; ");
        match decision {
            Decision::Act => {
                self.propose(node);
            }
            Decision::Ask => self.approval(node, resolved),
            Decision::Suggest => {
                let because = Because::new(BecauseKind::Suggest, format!("it would {}", would()));
                self.finish_change(node, Some((Exit::Refused, because)));
            }
            Decision::Observe => {
                let because = Because::new(BecauseKind::Observe, "this environment only observes");
                self.finish_change(node, Some((Exit::Refused, because)));
            }
            Decision::Refuse => {
                let because = Because::new(BecauseKind::Policy, "policy forbids it");
                self.finish_change(node, Some((Exit::Refused, because)));
            }
        }
    }

    fn stop_change(&mut self, node: NodeId, stop: &Stop) {
        let (exit, because) = match stop {
            Stop::Skip(why) => (Exit::Skipped, Because::new(BecauseKind::Skip, why.clone())),
            Stop::Refuse(why) => {
                let kind =
                    if why.contains("unknown target") { BecauseKind::UnknownTarget } else { BecauseKind::Policy };
                (Exit::Refused, Because::new(kind, why.clone()))
            }
            Stop::Block(why) => (Exit::Blocked, Because::new(BecauseKind::WorldMoved, why.clone())),
            Stop::Fail(error) => {
                let kind = if error.class == ErrorClass::Denied { BecauseKind::Denied } else { BecauseKind::Failed };
                (Exit::Failed, Because::new(kind, error.message.clone()))
            }
        };
        self.finish_change(node, Some((exit, because)));
    }

    /// The run's targets, with these, against the playbook's blast radius: zero means none.
    fn over_radius(&self, node: NodeId, resolved: &Resolved) -> Option<Because> {
        let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let earlier = self
            .s
            .intents
            .values()
            .filter(|i| i.undoes.is_none() && i.node != node && i.stage != IntentStage::NotApplied)
            .map(|i| &i.change);
        for change in earlier.chain(&resolved.changes) {
            if let Some(noun) = &change.noun {
                targets.entry(noun).or_default().insert(&change.target);
            }
        }
        self.plan.limits.blast_radius.iter().find_map(|(noun, most)| {
            let counted = targets.get(noun.as_str()).map_or(0, |t| t.len() as u64);
            let count = counted.max(resolved.radius.get(noun).copied().unwrap_or(0));
            (count > *most).then(|| {
                Because::new(BecauseKind::BlastRadius, format!("{count} of {noun}, the playbook allows {most}"))
            })
        })
    }

    /// What must still fit before the deadline when a change of this step is admitted (R11).
    pub(crate) fn admit_ms(&self, node: NodeId, remediate: &Remediate) -> u64 {
        let Some(n) = self.plan.node(node) else { return 0 };
        if let Some(bound) = self.plan.bounds.steps.get(n.step.0 as usize).filter(|b| b.admit_ms > 0) {
            return bound.admit_ms;
        }
        let verify: u64 = self
            .graph
            .verifies_of(n.step)
            .iter()
            .filter_map(|v| self.plan.step_of(*v).and_then(super::graph::verify))
            .map(|v| v.within_ms)
            .max()
            .unwrap_or(0);
        remediate.within_ms.saturating_mul(2).saturating_add(verify).saturating_add(self.graph.reserve_ms)
    }

    /// The next change of the step, if everything still holds. Always moves.
    pub(crate) fn propose(&mut self, node: NodeId) -> bool {
        if self.s.phase == Phase::Stopped {
            return false;
        }
        if let Some(wind) = self.s.wind.clone() {
            self.finish_change(node, Some((wind.exit, wind.because)));
            return true;
        }
        if self.s.frozen {
            let because = Because::new(BecauseKind::Frozen, "changes are frozen");
            self.finish_change(node, Some((Exit::Blocked, because)));
            return true;
        }
        if self.settle_overdue() {
            let because = Because::new(BecauseKind::GuardStore, "the guard store does not answer");
            self.finish_change(node, Some((Exit::Blocked, because)));
            return true;
        }
        if self.first_unsettled() {
            self.n(node).stage = Stage::SettleWait;
            return true;
        }
        if self.s.nodes[node.0 as usize].change.intents.is_empty() && self.out_of_date(node) {
            self.refresh(node);
            return true;
        }
        self.with_remediate(node, |m, _, remediate| {
            let needed = m.admit_ms(node, remediate);
            if m.s.now.saturating_add(needed) > m.deadline() {
                let because = Because::new(
                    BecauseKind::DeadlineTooNear,
                    format!(
                        "a change with its verify, undo and page takes up to {}s and the deadline is in {}s",
                        needed.div_ceil(1000),
                        m.deadline().saturating_sub(m.s.now) / 1000
                    ),
                );
                m.finish_change(node, Some((Exit::Deadline, because)));
                return;
            }
            let index = m.s.nodes[node.0 as usize].change.next;
            let Some(change) = m.s.nodes[node.0 as usize].change.changes.get(index as usize).cloned() else {
                m.finish_change(node, None);
                return;
            };
            if change.tells {
                m.tell_of_change(node, change, remediate);
            } else {
                m.admit(node, change, remediate, needed);
            }
        });
        true
    }

    /// Evidence must be read again: after a wait if it is old (L46), after a grant (R47), after a resolve (R52).
    fn out_of_date(&self, node: NodeId) -> bool {
        let read_at = self.evidence_at();
        let change = &self.s.nodes[node.0 as usize].change;
        let granted_at = change.asked.as_ref().and_then(|r| self.s.approvals.get(r)).and_then(|a| a.granted_at);
        let old = change.waited && self.s.now.saturating_sub(read_at) > self.plan.limits.fresh_ms;
        read_at != u64::MAX
            && (old || granted_at.is_some_and(|at| read_at < at) || self.s.resolved_at.is_some_and(|at| read_at < at))
    }

    fn admit(&mut self, node: NodeId, change: ResolvedChange, remediate: &Remediate, needed: u64) {
        let id = self.new_intent();
        let state = &self.s.nodes[node.0 as usize].change;
        let approvals: Vec<String> = state
            .asked
            .iter()
            .filter(|r| {
                // Used by an earlier call of the same step: one approval covers the step's changes.
                self.s.approvals.get(*r).is_some_and(|a| a.stage == ApprovalStage::Granted)
            })
            .cloned()
            .collect();
        let mut locks: BTreeSet<String> = state.locks.iter().cloned().collect();
        if !change.target.is_empty() {
            locks.insert(change.target.clone());
        }
        let first_of_run = !self.s.intents.values().any(|i| i.undoes.is_none() && i.seq > 0);
        let fingerprint = state.fingerprint.clone();
        let request = AdmitRequest {
            intent: id,
            node,
            fingerprint,
            change: Box::new(change.clone()),
            undoes: None,
            locks: locks.into_iter().collect(),
            approvals: approvals.clone(),
            rate: self.plan.limits.rate,
            breaker: remediate.breaker,
            max_hold_ms: needed,
            class: change.class,
            written_guards: self.plan.limits.written_guards || remediate.breaker.written,
            first_of_run,
            send_window_ms: SEND_WINDOW_MS,
        };
        let key = intent_key(self.s.run_id(), Some(node), change.item, id);
        self.s.intents.insert(id, Intent::proposed(node, change, None, key, approvals));
        self.n(node).change.intents.push(id);
        self.n(node).stage = Stage::Admitting(id);
        self.emit(Command::Admit(Box::new(request)));
    }

    pub(crate) fn admitted(&mut self, seq: u64, admitted: &Admitted) {
        let id = admitted.intent;
        if self.s.intents.get(&id).is_none_or(|i| i.stage != IntentStage::Proposed) {
            self.ignored("no such intent was proposed");
            return;
        }
        for request in &admitted.approvals {
            if let Some(approval) = self.s.approvals.get_mut(request) {
                approval.stage = ApprovalStage::Used;
            }
        }
        let now = self.s.now;
        let winding = self.s.wind.is_some();
        let mut node = None;
        if let Some(intent) = self.s.intents.get_mut(&id) {
            intent.fence = admitted.fence;
            intent.seq = seq;
            intent.started = now;
            intent.send_by = now.saturating_add(SEND_WINDOW_MS);
            if intent.undoes.is_some() {
                // What the row holds is what is sent: the captured arguments, with the preconditions of this moment (R3).
                intent.change = (*admitted.change).clone();
            }
            node = Some((intent.node, intent.undoes.is_some()));
        }
        let Some((node, undo)) = node else { return };
        if !undo {
            self.n(node).stage = Stage::Working(id);
            self.n(node).change.work_since.get_or_insert(now);
        }
        let stopped = if undo { self.s.frozen } else { winding || self.s.frozen };
        if stopped {
            // Admitted and unsent: nothing happened (R52).
            self.intent_over(id, IntentStage::NotApplied, None);
        } else {
            self.act(id);
        }
    }

    pub(crate) fn denied(&mut self, denied: &Denied) {
        let id = denied.intent;
        let Some(intent) = self.s.intents.get(&id).filter(|i| i.stage == IntentStage::Proposed).cloned() else {
            self.ignored("no such intent was proposed");
            return;
        };
        self.s.intents.remove(&id);
        self.note(Some(intent.node), "denied", Some(denied.because.clone()), []);
        if let Some(of) = intent.undoes {
            self.undo_not_admitted(intent.node, of, denied.because.clone());
            return;
        }
        let node = intent.node;
        let now = self.s.now;
        let wait = self.plan.limits.lock_wait_ms;
        let change = &mut self.n(node).change;
        change.intents.retain(|i| *i != id);
        let locked = matches!(denied.because.kind, BecauseKind::LockHeld | BecauseKind::LockDirty);
        if locked && wait > 0 {
            let since = *change.lock_since.get_or_insert(now);
            let again = now.saturating_add(denied.retry_after_ms.unwrap_or(1_000).clamp(100, 5_000));
            if again <= since.saturating_add(wait) {
                change.waited = true;
                self.n(node).stage = Stage::LockWait(again);
                return;
            }
        }
        let exit = match denied.because.kind {
            BecauseKind::Policy
            | BecauseKind::ApprovalVoid
            | BecauseKind::ApprovalExpired
            | BecauseKind::ApprovalRefused
            | BecauseKind::ApprovalOutstanding => Exit::Refused,
            _ => Exit::Blocked,
        };
        self.finish_change(node, Some((exit, denied.because.clone())));
    }

    /// A wait is over: what the change rests on is read again, evidence first where it is old.
    pub(crate) fn again(&mut self, node: NodeId) -> bool {
        let refreshing = matches!(self.s.nodes[node.0 as usize].stage, Stage::RefreshWait(_));
        if refreshing || self.out_of_date(node) {
            self.refresh(node);
        } else {
            self.with_step(node, |m, step| m.change_reads(node, step));
        }
        true
    }

    /// An intent of a change step has ended.
    pub(crate) fn after_change(&mut self, id: IntentId) {
        let Some(intent) = self.s.intents.get(&id).cloned() else { return };
        let node = intent.node;
        if self.ended(node) {
            return;
        }
        match intent.stage {
            IntentStage::Applied | IntentStage::Unchanged => {
                self.n(node).change.next += 1;
                let change = &self.s.nodes[node.0 as usize].change;
                let more = (change.next as usize) < change.changes.len();
                // After a crash nothing acts on what was read before it (R9): the rest of the step is left.
                if more && !intent.recovered {
                    self.propose(node);
                } else {
                    self.finish_change(node, None);
                }
            }
            IntentStage::NotApplied if intent.recovered => self.restart(id),
            IntentStage::NotApplied if self.may_resolve_again(&intent) => {
                let change = &mut self.n(node).change;
                change.rounds += 1;
                change.intents.retain(|i| *i != id);
                let first = change.intents.is_empty();
                self.note(Some(node), "resolve_again", intent.because.clone(), []);
                // Somebody moved the target, perhaps because it is healed: look first, then fix new values. Between
                // the calls of one step only the values are read again, the step is half done already.
                if first && self.evidence_at() != u64::MAX {
                    self.refresh(node);
                } else {
                    self.with_step(node, |m, step| m.change_reads(node, step));
                }
            }
            _ => self.finish_change(node, None),
        }
    }

    /// A conflict may be about a field that does not matter; a probed miss may be tried again where the author says
    /// that uncertainty is worth another try. Both look first (R21).
    fn may_resolve_again(&self, intent: &Intent) -> bool {
        let change = &self.s.nodes[intent.node.0 as usize].change;
        let within = self.plan.step_of(intent.node).and_then(super::graph::remediate).is_some_and(|r| {
            let since = change.work_since.unwrap_or(self.s.now);
            let left = since.saturating_add(r.within_ms) >= self.s.now.saturating_add(r.timeout_ms);
            left && (intent.conflict || (intent.probes > 0 && r.retry.on.contains(&ErrorClass::Uncertain)))
        });
        self.s.wind.is_none() && !self.s.frozen && change.rounds < MOST_ROUNDS && within
    }

    /// The step's exit from its intents; `stop` is why the rest did not start.
    pub(crate) fn finish_change(&mut self, node: NodeId, stop: Option<(Exit, Because)>) {
        let change = &self.s.nodes[node.0 as usize].change;
        let intents: Vec<&Intent> = change.intents.iter().filter_map(|i| self.s.intents.get(i)).collect();
        let count = |stage: IntentStage| intents.iter().filter(|i| i.stage == stage).count();
        let applied = count(IntentStage::Applied);
        let stuck = count(IntentStage::Stuck);
        let failed = intents.iter().find(|i| i.stage == IntentStage::NotApplied);
        let last_because = intents.iter().rev().find_map(|i| i.because.clone());
        let left = (change.next as usize) < change.changes.len();
        let stop_because = stop.as_ref().map(|(_, b)| b.clone());
        let (exit, because) = if stuck > 0 {
            (Exit::Unknown, last_because.or(stop_because))
        } else if applied > 0 && (left || failed.is_some()) {
            (Exit::Partial, stop_because.or(last_because))
        } else if applied > 0 {
            (Exit::Changed, None)
        } else if let Some((exit, because)) = stop {
            (exit, Some(because))
        } else if let Some(failed) = failed {
            let because = failed.because.clone().unwrap_or_else(|| Because::new(BecauseKind::Failed, "not applied"));
            if because.kind == BecauseKind::Resolved {
                (Exit::Resolved, Some(because))
            } else if failed.conflict {
                (Exit::Blocked, Some(Because::new(BecauseKind::WorldMoved, because.text)))
            } else {
                (Exit::Failed, Some(because))
            }
        } else {
            (Exit::Unchanged, Some(Because::new(BecauseKind::Skip, "there was nothing to change")))
        };
        self.end_node(node, exit, because);
        if exit == Exit::Unknown && self.s.phase == Phase::Recovering {
            let because = Because::new(BecauseKind::Uncertain, "a change of before the restart stays in doubt");
            self.wind(Exit::Skipped, crate::outcome::Reason::NotHealed, because);
        }
    }
}

impl Intent {
    pub(crate) fn proposed(
        node: NodeId,
        change: ResolvedChange,
        undoes: Option<IntentId>,
        key: String,
        approvals: Vec<String>,
    ) -> Self {
        Self {
            node,
            change,
            undoes,
            key,
            approvals,
            stage: IntentStage::Proposed,
            attempt: 0,
            call: None,
            probes: 0,
            send_by: 0,
            fence: 0,
            seq: 0,
            started: 0,
            ended: None,
            because: None,
            conflict: false,
            recovered: false,
            undo: UndoEnd::NotRun,
            settled: false,
            verdict: None,
        }
    }
}
