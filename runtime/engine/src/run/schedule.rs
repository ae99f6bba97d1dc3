//! What may start, and where an end leads: the default gates of L18 and the routes of L40 and L41.

use super::graph::{node_id, remediate};
use super::machine::Machine;
use super::state::*;
use crate::command::{Command, Purpose};
use crate::event::{Because, BecauseKind};
use crate::outcome::{Reason, reason_of};
use heal_lang::plan::{Exit, NodeId, Step, StepBody, StepId, StepKind};
use heal_lang::syntax::tree::AfterMode;

/// The step left values that others may read (L16).
fn has_values(exit: Exit) -> bool {
    !matches!(
        exit,
        Exit::Blind
            | Exit::Skipped
            | Exit::Failed
            | Exit::Unknown
            | Exit::Refused
            | Exit::Blocked
            | Exit::Deadline
            | Exit::Cancelled
            | Exit::Resolved
    )
}

/// The step did something: what `after` asks for (L17).
fn ran(exit: Exit) -> bool {
    !matches!(exit, Exit::Skipped | Exit::Deadline | Exit::Cancelled | Exit::Resolved)
}

/// The change must be verified.
pub(crate) fn changed(exit: Exit) -> bool {
    matches!(exit, Exit::Changed | Exit::Partial | Exit::Unknown)
}

impl Machine {
    pub(crate) fn schedule(&mut self) -> bool {
        // What was open is found out before anything starts.
        if self.s.phase == Phase::Recovering {
            return false;
        }
        let mut moved = false;
        for node in self.ids() {
            if self.s.nodes[node.0 as usize].stage == Stage::Idle {
                moved |= self.try_start(node);
            }
        }
        moved
    }

    fn try_start(&mut self, node: NodeId) -> bool {
        let kind = self.graph.kind(node);
        if kind != StepKind::Verify
            && let Some(wind) = self.s.wind.clone()
        {
            let because = Because::new(BecauseKind::Skip, format!("not started: {}", wind.because.text));
            self.end_node(node, wind.exit, Some(because));
            return true;
        }
        let graph = std::sync::Arc::clone(&self.graph);
        if !graph.deps[node.0 as usize].iter().all(|d| self.ended(*d)) {
            return false;
        }
        self.with_step(node, |m, step| match kind {
            StepKind::Verify => m.start_verify(node, step),
            StepKind::Remediate => m.start_remediate(node, step),
            StepKind::Detect | StepKind::Diagnose => m.start_evidence(node, step),
        })
        .unwrap_or(false)
    }

    fn start_evidence(&mut self, node: NodeId, step: &Step) -> bool {
        if let Some(because) = self.unmet(step) {
            self.end_node(node, Exit::Skipped, Some(because));
            return true;
        }
        if let StepBody::Diagnose(d) = &step.body {
            let asked: Vec<NodeId> = if d.detects.is_empty() {
                self.graph.detects.clone()
            } else {
                d.detects.iter().filter_map(|s| self.graph.node_of(*s)).collect()
            };
            // Without a detect the trigger counts as fired (L18).
            if !asked.is_empty() && !asked.iter().any(|n| self.s.exit(*n) == Some(Exit::Fired)) {
                let because = self.not_fired(&asked);
                self.end_node(node, Exit::Skipped, Some(because));
                return true;
            }
        }
        self.begin(node);
        self.add_reads(node, node, &step.reads, None);
        self.n(node).stage = Stage::Reading;
        true
    }

    /// First work of a round.
    pub(crate) fn begin(&mut self, node: NodeId) {
        let now = self.s.now;
        let state = self.n(node);
        state.round += 1;
        state.started = Some(now);
        state.batch.clear();
        state.read_errors.clear();
    }

    pub(crate) fn any_fired(&self) -> bool {
        self.graph.detects.is_empty() || self.graph.detects.iter().any(|n| self.s.exit(*n) == Some(Exit::Fired))
    }

    pub(crate) fn any_blind(&self) -> bool {
        self.graph.detects.iter().any(|n| self.s.exit(*n) == Some(Exit::Blind))
    }

    fn not_fired(&self, detects: &[NodeId]) -> Because {
        if detects.iter().any(|n| self.s.exit(*n) == Some(Exit::Blind)) {
            Because::new(BecauseKind::NoData, "a detect it depends on had no data")
        } else {
            Because::new(BecauseKind::NotFired, "no detect it depends on fired")
        }
    }

    /// A hard need or an `after` that does not hold (L16, L17).
    fn unmet(&self, step: &Step) -> Option<Because> {
        let missing = |s: &StepId| !self.exits(*s).any(has_values);
        if let Some(need) = step.needs.iter().find(|s| missing(s)) {
            let name = self.plan.step(*need).map_or("", |s| s.name.as_str());
            return Some(Because::new(BecauseKind::Needs, format!("needs {name}, which has no values")));
        }
        let after = step.after.as_ref().filter(|_| step.kind != StepKind::Verify)?;
        let has_run = |s: &StepId| self.exits(*s).any(ran);
        let holds = match after.mode {
            AfterMode::And => after.steps.iter().all(has_run),
            AfterMode::Or => after.steps.iter().any(has_run),
        };
        (!holds).then(|| Because::new(BecauseKind::Needs, "what it comes after did not run"))
    }

    fn exits(&self, step: StepId) -> impl Iterator<Item = Exit> {
        self.plan
            .nodes
            .iter()
            .enumerate()
            .filter(move |(_, n)| n.step == step)
            .filter_map(|(i, _)| self.s.exit(node_id(i)))
    }

    fn start_remediate(&mut self, node: NodeId, step: &Step) -> bool {
        if self.s.active.is_some_and(|a| a != node) || self.unverified_elsewhere(node, step.id) {
            return false;
        }
        if self.first_unsettled() {
            let overdue = self.settle_overdue();
            if overdue {
                let because = Because::new(BecauseKind::GuardStore, "the guard store does not answer");
                self.wind(Exit::Skipped, Reason::Blocked, because);
            }
            return overdue;
        }
        let low = self.graph.rung_before[node.0 as usize];
        if let Some(low) = low
            && !self.s.nodes[low.0 as usize].change.climbs
        {
            let because = Because::new(BecauseKind::Skip, "the rung before it ended in a way that does not climb");
            self.end_node(node, Exit::Skipped, Some(because));
            return true;
        }
        if !self.any_fired() {
            let because = self.not_fired(&self.graph.detects.clone());
            self.end_node(node, Exit::Skipped, Some(because));
            return true;
        }
        if let Some(because) = self.unmet(step) {
            self.end_node(node, Exit::Skipped, Some(because));
            return true;
        }
        self.s.active = Some(node);
        // Evidence from before another step's change describes a world that is gone. Between rungs the verify that said
        // not fixed is the fresh look.
        if low.is_none()
            && let Some(at) = self.last_change_at()
            && self.evidence_at() < at
        {
            self.refresh(node);
            return true;
        }
        self.gate(node, step);
        true
    }

    /// Another step's change waits for its verify. One verify for several changes waits for all of them first.
    fn unverified_elsewhere(&self, node: NodeId, step: StepId) -> bool {
        self.ids().any(|other| {
            other != node
                && self.graph.kind(other) == StepKind::Remediate
                && self.s.exit(other).is_some_and(changed)
                && self.plan.node(other).is_some_and(|n| {
                    self.graph
                        .verifies_of(n.step)
                        .iter()
                        .any(|v| !self.ended(*v) && !self.plan.node(*v).is_some_and(|vn| vn.covers.contains(&step)))
                })
        })
    }

    fn last_change_at(&self) -> Option<u64> {
        self.s
            .intents
            .values()
            .filter(|i| i.undoes.is_none() && matches!(i.stage, IntentStage::Applied | IntentStage::Stuck))
            .filter_map(|i| i.ended)
            .max()
    }

    /// A first settlement is not durable yet: nothing is asked, no next rung starts (R42).
    pub(crate) fn first_unsettled(&self) -> bool {
        self.s.unsettled.iter().any(|(_, verdict)| !verdict)
    }

    /// The guard store does not answer any more.
    pub(crate) fn settle_overdue(&self) -> bool {
        let waited = self.s.now.saturating_sub(self.s.settle_since);
        !self.s.unsettled.is_empty() && waited >= super::close::SETTLE_WAIT_MS
    }

    /// What follows a change step's end.
    pub(crate) fn route_change(&mut self, node: NodeId, exit: Exit) {
        let because = self.s.nodes[node.0 as usize].because.clone();
        let because = because.unwrap_or_else(|| Because::new(BecauseKind::Failed, exit.word()));
        let typed = reason_of(because.kind);
        match exit {
            Exit::Skipped | Exit::Unchanged | Exit::Failed => {
                if self.graph.rung_after[node.0 as usize].is_some() && self.s.wind.is_none() {
                    self.n(node).change.climbs = true;
                } else if exit != Exit::Skipped {
                    self.wind(Exit::Skipped, Reason::NotHealed, because);
                }
            }
            Exit::Refused if matches!(typed, Reason::Suggested | Reason::Observed) => {
                self.wind(Exit::Skipped, typed, because);
            }
            Exit::Refused => self.wind(Exit::Skipped, Reason::Refused, because),
            Exit::Blocked if typed == Reason::LockHeld => self.wind(Exit::Skipped, typed, because),
            Exit::Blocked => self.wind(Exit::Skipped, Reason::Blocked, because),
            Exit::Deadline => self.wind(Exit::Skipped, Reason::NotHealed, because),
            _ => {}
        }
    }

    /// What a node that has all it waited for does next.
    pub(crate) fn drive_nodes(&mut self) -> bool {
        let mut moved = false;
        for node in self.ids() {
            let now = self.s.now;
            moved |= match self.s.nodes[node.0 as usize].stage {
                Stage::Reading => self.batch_done(node) && self.reads_done(node),
                Stage::LockWait(until) | Stage::RefreshWait(until) => until <= now && self.again(node),
                Stage::Refreshing => self.drive_refresh(node),
                Stage::SettleWait => (!self.first_unsettled() || self.settle_overdue()) && self.propose(node),
                Stage::Polling(at) => at <= now && self.poll(node),
                Stage::Following => self.follow(node),
                _ => false,
            };
        }
        moved
    }

    fn reads_done(&mut self, node: NodeId) -> bool {
        let purpose = match self.graph.kind(node) {
            StepKind::Detect => Purpose::Detect,
            StepKind::Diagnose => Purpose::Rank,
            StepKind::Verify => Purpose::Sample,
            StepKind::Remediate => {
                self.n(node).stage = Stage::Resolving;
                self.emit(Command::Resolve { node });
                return true;
            }
        };
        let over = self.s.nodes[node.0 as usize].verify.over.clone();
        self.n(node).stage = Stage::Judging(purpose);
        self.emit(Command::Judge { node, purpose, over });
        true
    }

    /// Autonomy, freeze, and the step's `when`.
    pub(crate) fn gate(&mut self, node: NodeId, step: &Step) {
        self.begin(node);
        let autonomy = self.s.setup.as_ref().map(|s| s.autonomy);
        if autonomy == Some(crate::event::Autonomy::Observe) {
            let because = Because::new(BecauseKind::Observe, "this environment only observes");
            self.end_node(node, Exit::Refused, Some(because));
        } else if self.s.frozen {
            let because = Because::new(BecauseKind::Frozen, "changes are frozen");
            self.end_node(node, Exit::Blocked, Some(because));
        } else if step.when.is_some() {
            self.n(node).stage = Stage::Judging(Purpose::When);
            self.emit(Command::Judge { node, purpose: Purpose::When, over: Vec::new() });
        } else {
            self.change_reads(node, step);
        }
    }

    /// The reads of a change step, and those of `before(…)` in the verifies that cover it: read after the last wait.
    pub(crate) fn change_reads(&mut self, node: NodeId, step: &Step) {
        self.n(node).batch.clear();
        self.add_reads(node, node, &step.reads, None);
        let plan = std::sync::Arc::clone(&self.plan);
        for v in self.graph.verifies_of(step.id).to_vec() {
            let Some(vstep) = plan.step_of(v) else { continue };
            let Some(verify) = super::graph::verify(vstep) else { continue };
            let ids = verify.befores.iter().flat_map(|b| b.reads.iter().copied()).collect();
            self.add_reads(node, v, &vstep.reads, Some(&ids));
        }
        self.n(node).stage = Stage::Reading;
    }

    /// The remediate's part of the plan.
    pub(crate) fn with_remediate<R>(
        &mut self,
        node: NodeId,
        f: impl FnOnce(&mut Self, &Step, &heal_lang::plan::Remediate) -> R,
    ) -> Option<R> {
        self.with_step(node, |m, step| remediate(step).map(|r| f(m, step, r))).flatten()
    }
}
