//! Another process takes the run: reads are not durable, changes are (R9). What was sent and not answered is unknown,
//! waits out its quarantine and is probed (R20).

use super::graph::verify as verify_of;
use super::machine::{Machine, text};
use super::state::*;
use crate::command::{Command, IntentId};
use crate::event::{Because, BecauseKind, ClaimReason, Claimed, SettledAs};
use crate::outcome::Reason;
use heal_lang::plan::{NodeId, StepKind};

/// Restarts at detect after an intent that did not happen (section B).
const MOST_RESTARTS: u32 = 3;

impl Machine {
    pub(crate) fn claimed(&mut self, epoch: u64, claimed: &Claimed) {
        if claimed.why == ClaimReason::Fresh {
            self.s.epoch = self.s.epoch.max(epoch);
            return;
        }
        if epoch <= self.s.epoch {
            self.ignored("a claim with an old fence");
            return;
        }
        self.s.epoch = epoch;
        self.s.stopping = None;
        self.s.parked = false;
        self.s.calls.clear();
        self.s.phase = Phase::Recovering;
        self.note(None, "claimed", None, [("why", text(format!("{:?}", claimed.why).to_lowercase()))]);
        self.recover_tells();
        self.recover_intents(claimed.owner_dead);
        self.recover_settlements();
        self.recover_nodes();
    }

    fn recover_tells(&mut self) {
        for tell in &mut self.s.tells {
            if matches!(tell.stage, TellStage::InFlight(_)) {
                // Again, with the same key: people see one page.
                tell.stage = TellStage::Waiting;
            }
        }
    }

    pub(crate) fn recover_intents(&mut self, owner_dead: bool) {
        let now = self.s.now;
        let open: Vec<(IntentId, IntentStage)> =
            self.s.intents.iter().filter(|(_, i)| !i.stage.is_over()).map(|(id, i)| (*id, i.stage)).collect();
        for (id, stage) in open {
            if let Some(intent) = self.s.intents.get_mut(&id) {
                intent.recovered = true;
                intent.call = None;
                if owner_dead {
                    intent.send_by = intent.send_by.min(now);
                }
            }
            match stage {
                // Not durable: nothing was sent. A guard that has it anyway settles it when this row is missing (R25).
                IntentStage::Proposed => self.forget(id),
                // The last result is known and no attempt is out.
                IntentStage::Backoff(_) => {
                    let because = Because::new(BecauseKind::Failed, "the process ended between two attempts");
                    self.intent_over(id, IntentStage::NotApplied, Some(because));
                }
                IntentStage::InFlight => {
                    let because = Because::new(BecauseKind::Uncertain, "the process ended while an attempt was out");
                    self.quarantine(id, Some(because));
                }
                IntentStage::Probing | IntentStage::ProbeBackoff(_) => {
                    if let Some(intent) = self.s.intents.get_mut(&id) {
                        intent.stage = IntentStage::ProbeBackoff(now);
                    }
                }
                _ => {}
            }
        }
    }

    fn forget(&mut self, id: IntentId) {
        let Some(intent) = self.s.intents.remove(&id) else { return };
        let node = intent.node;
        self.n(node).change.intents.retain(|i| *i != id);
        if self.s.nodes[node.0 as usize].verify.undoing == Some(id) {
            self.n(node).verify.undoing = None;
        }
    }

    /// Settle again: the guard is idempotent by intent (R36).
    fn recover_settlements(&mut self) {
        let pending: Vec<(IntentId, bool)> = self.s.unsettled.iter().copied().collect();
        for (id, verdict) in pending {
            if !verdict {
                self.settle_first(id);
            } else if let Some((vote, cool_down_ms)) = self.s.intents.get(&id).and_then(|i| i.verdict) {
                self.s.settle_since = self.s.now;
                self.s.settle_noted = false;
                self.emit(Command::Settle { intent: id, result: SettledAs::Verdict, vote, cool_down_ms });
            }
        }
    }

    fn recover_nodes(&mut self) {
        let mut change_ahead = false;
        for node in self.ids() {
            if self.ended(node) {
                continue;
            }
            match self.graph.kind(node) {
                StepKind::Detect | StepKind::Diagnose => self.idle(node),
                StepKind::Verify => self.restart_window(node),
                StepKind::Remediate => change_ahead |= self.recover_change(node),
            }
        }
        // Nothing acts on readings from before the crash; where no change is ahead they are history.
        if change_ahead && self.s.wind.is_none() {
            self.reset_evidence();
        }
    }

    fn idle(&mut self, node: NodeId) {
        let state = self.n(node);
        if state.stage != Stage::Idle {
            state.stage = Stage::Idle;
            state.started = None;
            state.batch.clear();
        }
    }

    /// The window starts from zero, the end of the change is kept (R36).
    fn restart_window(&mut self, node: NodeId) {
        let now = self.s.now;
        let settle = self.plan.step_of(node).and_then(verify_of).map_or(0, |v| v.settle_ms);
        let state = self.n(node);
        if !matches!(state.stage, Stage::Polling(_) | Stage::Reading | Stage::Judging(_)) {
            return;
        }
        state.batch.clear();
        state.stage = Stage::Polling(now.max(state.verify.applied_at.saturating_add(settle)));
        state.verify.since = now;
        state.verify.samples.clear();
        state.verify.good_since = None;
        state.verify.bad_guards = 0;
    }

    /// A change step that had not ended; says whether a change may still come.
    fn recover_change(&mut self, node: NodeId) -> bool {
        match self.s.nodes[node.0 as usize].stage.clone() {
            Stage::Idle => true,
            Stage::Telling(_) => false,
            Stage::Working(id) => {
                // Ended while this process was stopping: what follows is caught up with.
                if self.s.intents.get(&id).is_some_and(|i| i.stage.is_over()) {
                    if let Some(intent) = self.s.intents.get_mut(&id) {
                        intent.recovered = true;
                    }
                    self.after_change(id);
                }
                false
            }
            _ if self.s.nodes[node.0 as usize].change.intents.is_empty() => {
                self.back_to_detect(node);
                true
            }
            // Some of its changes were made: the rest rests on old readings and is left.
            _ => {
                self.finish_change(node, None);
                false
            }
        }
    }

    fn back_to_detect(&mut self, node: NodeId) {
        if self.s.active == Some(node) {
            self.s.active = None;
        }
        let state = self.n(node);
        state.stage = Stage::Idle;
        state.batch.clear();
        let old = std::mem::take(&mut state.change);
        state.change = ChangeState { asked: old.asked, voids: old.voids, waited: true, ..ChangeState::default() };
    }

    /// An intent of before the crash did not happen: the run starts again at detect (R9, R21).
    pub(crate) fn restart(&mut self, id: IntentId) {
        let Some(node) = self.s.intents.get(&id).map(|i| i.node) else { return };
        let applied = self.s.nodes[node.0 as usize].change.intents.iter().any(|i| {
            let stage = self.s.intents.get(i).map(|i| i.stage);
            matches!(stage, Some(IntentStage::Applied | IntentStage::Stuck))
        });
        if applied || self.s.wind.is_some() || self.s.restarts >= MOST_RESTARTS {
            self.finish_change(node, None);
            return;
        }
        self.s.restarts += 1;
        self.note(Some(node), "restart", None, [("intent", id.0.into()), ("restarts", self.s.restarts.into())]);
        self.back_to_detect(node);
        self.reset_evidence();
    }

    /// Every open intent has an end: go on.
    pub(crate) fn recovered(&mut self) -> bool {
        if self.s.phase != Phase::Recovering || self.s.intents.values().any(|i| !i.stage.is_over()) {
            return false;
        }
        self.s.phase = if self.s.wind.is_some() { Phase::Winding } else { Phase::Running };
        self.note(None, "recovered", None, []);
        true
    }

    /// No new change; what is open ends; people are told.
    pub(crate) fn wind(&mut self, exit: heal_lang::plan::Exit, reason: Reason, because: Because) {
        if self.s.wind.is_some() {
            return;
        }
        self.s.wind = Some(Wind { exit, reason, because: because.clone() });
        if matches!(self.s.phase, Phase::Running | Phase::Parked) {
            self.s.phase = Phase::Winding;
        }
        self.note(None, "winding", Some(because.clone()), []);
        for node in self.ids() {
            let stage = self.s.nodes[node.0 as usize].stage.clone();
            if matches!(stage, Stage::Idle | Stage::Ended) {
                continue;
            }
            match self.graph.kind(node) {
                StepKind::Verify => {}
                StepKind::Detect | StepKind::Diagnose => self.end_node(node, exit, Some(because.clone())),
                StepKind::Remediate => match stage {
                    Stage::Admitting(_) | Stage::Telling(_) => {}
                    Stage::Working(id) => {
                        let waits = matches!(self.s.intents.get(&id).map(|i| i.stage), Some(IntentStage::Backoff(_)));
                        if waits {
                            self.intent_over(id, IntentStage::NotApplied, Some(because.clone()));
                        }
                    }
                    _ => self.finish_change(node, Some((exit, because.clone()))),
                },
            }
        }
    }
}
