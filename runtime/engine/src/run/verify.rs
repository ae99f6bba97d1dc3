//! Verify: samples after settle, until it holds, gets worse, or time is up (L48, R50, R51). Success needs positive
//! evidence; what is unknown is missing, never good and never bad.

use super::graph::verify as verify_of;
use super::machine::{Machine, text};
use super::schedule::changed;
use super::state::*;
use crate::event::{Because, BecauseKind, Judged, Sample, Verdict};
use crate::outcome::Reason;
use heal_lang::plan::{Exit, HandlerOp, NodeId, Step, Verify};

/// `holds` of a verify without `until` (L48).
const DEFAULT_HOLDS_MS: u64 = 30_000;
/// Samples that `holds` needs at least, whatever its length (R51).
const LEAST_SAMPLES: u64 = 5;
/// Guards must fail so often in a row (L48).
const GUARD_STRIKES: u32 = 2;

fn holds_ms(verify: &Verify) -> Option<u64> {
    verify.holds_ms.or_else(|| verify.until.is_none().then_some(DEFAULT_HOLDS_MS))
}

/// 80% of the samples that fit into `holds`, and at least 5.
fn needed(holds: u64, every: u64) -> u64 {
    (holds * 4).div_ceil(every.max(1) * 5).max(LEAST_SAMPLES)
}

impl Machine {
    pub(crate) fn start_verify(&mut self, node: NodeId, step: &Step) -> bool {
        let Some(verify) = verify_of(step) else { return false };
        let covers = self.plan.node(node).map(|n| n.covers.clone()).unwrap_or_default();
        let covered: Vec<NodeId> = covers.iter().filter_map(|s| self.graph.node_of(*s)).collect();
        if !covered.iter().any(|n| self.s.exit(*n).is_some_and(changed)) {
            let because = Because::new(BecauseKind::Needs, "there is no change to verify");
            self.end_node(node, Exit::Skipped, Some(because));
            return true;
        }
        let intents: Vec<_> = covered
            .iter()
            .flat_map(|n| self.s.nodes[n.0 as usize].change.intents.clone())
            .filter(|i| {
                let stage = self.s.intents.get(i).map(|i| i.stage);
                matches!(stage, Some(IntentStage::Applied | IntentStage::Stuck))
            })
            .collect();
        let now = self.s.now;
        let applied_at = intents.iter().filter_map(|i| self.s.intents.get(i)?.ended).max().unwrap_or(now);
        let over = if verify.until.is_some() {
            Vec::new()
        } else {
            let fired = |n: &&NodeId| self.s.exit(**n) == Some(Exit::Fired);
            let fired: Vec<NodeId> = self.graph.detects.iter().filter(fired).copied().collect();
            if fired.is_empty() { self.graph.detects.clone() } else { fired }
        };
        self.begin(node);
        self.n(node).verify = VerifyState { applied_at, since: applied_at, over, intents, ..VerifyState::default() };
        self.n(node).stage = Stage::Polling(now.max(applied_at.saturating_add(verify.settle_ms)));
        self.note(Some(node), "verifying", None, [("applied_at", applied_at.into())]);
        true
    }

    fn end_of(&self, node: NodeId) -> u64 {
        let within = self.plan.step_of(node).and_then(verify_of).map_or(0, |v| v.within_ms);
        self.s.nodes[node.0 as usize].verify.since.saturating_add(within)
    }

    /// When the window of a verify at work closes.
    pub(crate) fn window_end(&self, node: NodeId) -> Option<u64> {
        let state = self.s.node(node)?;
        let verify = self.graph.kind(node) == heal_lang::plan::StepKind::Verify;
        (verify && matches!(state.stage, Stage::Reading | Stage::Polling(_))).then(|| self.end_of(node))
    }

    pub(crate) fn poll(&mut self, node: NodeId) -> bool {
        if self.s.now >= self.end_of(node) {
            self.time_is_up(node);
            return true;
        }
        let now = self.s.now;
        let state = &mut self.n(node).verify;
        state.polls += 1;
        state.polled = now;
        let over = state.over.clone();
        let plan = std::sync::Arc::clone(&self.plan);
        self.n(node).batch.clear();
        self.n(node).read_errors.clear();
        for of in over.into_iter().chain([node]) {
            if let Some(step) = plan.step_of(of) {
                self.add_reads(node, of, &step.reads, None);
            }
        }
        self.n(node).stage = Stage::Reading;
        true
    }

    pub(crate) fn sampled(&mut self, node: NodeId, judged: &Judged) {
        let plan = std::sync::Arc::clone(&self.plan);
        let Some(verify) = plan.step_of(node).and_then(verify_of) else { return };
        let polled = self.s.nodes[node.0 as usize].verify.polled;
        let assumed = Sample { at: polled, guards: Verdict::Yes, guards_because: String::new() };
        let sample = judged.sample.as_ref().unwrap_or(&assumed);
        let state = &mut self.n(node).verify;
        state.last.clone_from(&judged.because);
        let fresh = sample.at >= state.applied_at.saturating_add(verify.settle_ms);
        let seen = state.samples.iter().rev().find(|s| s.good.is_some()).map(|s| s.at);
        let newer = seen.is_none_or(|at| sample.at > at);
        let good = match (judged.verdict, sample.guards) {
            _ if !fresh => None,
            (Verdict::No, _) | (_, Verdict::No) => Some(false),
            (Verdict::Yes, Verdict::Yes) if newer => Some(true),
            _ => None,
        };
        match sample.guards {
            Verdict::No if fresh => state.bad_guards += 1,
            Verdict::Yes => state.bad_guards = 0,
            _ => {}
        }
        let changed = state.samples.last().is_none_or(|s| s.good != good);
        state.samples.push(SampleState { at: sample.at, polled, good });
        match good {
            Some(false) => state.good_since = None,
            Some(true) => {
                state.good_since.get_or_insert(sample.at);
            }
            None => {}
        }
        let worse = state.bad_guards >= GUARD_STRIKES;
        if changed {
            let word = match good {
                Some(true) => "good",
                Some(false) => "bad",
                None => "unknown",
            };
            self.note(Some(node), "sample", None, [("is", text(word)), ("why", text(&judged.because))]);
        }
        // A condition that reads nothing says the same again and again: once is enough (L48).
        let once = plan.step_of(node).is_some_and(|s| s.reads.is_empty())
            && self.s.nodes[node.0 as usize].verify.over.is_empty();
        if worse {
            let because = Because::new(BecauseKind::Worse, sample.guards_because.clone());
            self.verdict(node, verify, Exit::Worse, Some(because));
        } else if self.holds(node, verify) || (once && good == Some(true)) {
            self.verdict(node, verify, Exit::Fixed, None);
        } else if once && verify.guards.is_empty() {
            let (exit, kind) = match good {
                Some(_) => (Exit::NotFixed, BecauseKind::NotFixed),
                None => (Exit::CannotTell, BecauseKind::CannotTell),
            };
            self.verdict(node, verify, exit, Some(Because::new(kind, judged.because.clone())));
        } else {
            self.next_poll(node, verify);
        }
    }

    fn next_poll(&mut self, node: NodeId, verify: &Verify) {
        let now = self.s.now;
        let end = self.end_of(node);
        let every = verify.every_ms.max(1);
        let state = &mut self.n(node).verify;
        // Old samples decide nothing: only the last `holds` counts, or the last two.
        let keep = holds_ms(verify).unwrap_or(0).max(2 * every).saturating_add(every);
        state.samples.retain(|s| s.polled.saturating_add(keep) >= now);
        // On the grid of the first poll, so that slow reads do not stretch the interval.
        let missed = now.saturating_sub(state.polled) / every + 1;
        let next = state.polled.saturating_add(missed * every).min(end);
        self.n(node).batch.clear();
        self.n(node).stage = Stage::Polling(next);
    }

    fn holds(&self, node: NodeId, verify: &Verify) -> bool {
        let state = &self.s.nodes[node.0 as usize].verify;
        let Some(last) = state.samples.last().filter(|s| s.good == Some(true)) else { return false };
        match holds_ms(verify) {
            Some(holds) => {
                let Some(since) = state.good_since else { return false };
                let from = since.max(last.at.saturating_sub(holds));
                let good = state.samples.iter().filter(|s| s.good == Some(true) && s.at >= from).count() as u64;
                last.at.saturating_sub(since) >= holds && good >= needed(holds, verify.every_ms)
            }
            None => {
                let mut last_two = state.samples.iter().rev().take(2);
                state.samples.len() >= 2 && last_two.all(|s| s.good == Some(true))
            }
        }
    }

    /// `within` is over: not fixed, or nobody can tell because the last stretch lacks its samples (R51).
    pub(crate) fn time_is_up(&mut self, node: NodeId) {
        let plan = std::sync::Arc::clone(&self.plan);
        let Some(verify) = plan.step_of(node).and_then(verify_of) else { return };
        self.abandon_reads(node);
        let end = self.end_of(node);
        let state = &self.s.nodes[node.0 as usize].verify;
        let enough = match holds_ms(verify) {
            Some(holds) => {
                let from = end.saturating_sub(holds);
                let known = state.samples.iter().filter(|s| s.polled >= from && s.good.is_some()).count() as u64;
                known >= needed(holds, verify.every_ms)
            }
            None => state.samples.iter().rev().take(2).any(|s| s.good.is_some()),
        };
        let mut why = state.last.clone();
        if why.is_empty() {
            why = "no sample was taken".to_owned();
        }
        if !enough {
            why = super::evidence::with_errors(&why, &self.s.nodes[node.0 as usize].read_errors);
        }
        let (exit, kind) =
            if enough { (Exit::NotFixed, BecauseKind::NotFixed) } else { (Exit::CannotTell, BecauseKind::CannotTell) };
        self.verdict(node, verify, exit, Some(Because::new(kind, why)));
    }

    fn verdict(&mut self, node: NodeId, verify: &Verify, exit: Exit, because: Option<Because>) {
        let ops = self.ops(node, verify, exit);
        let state = self.n(node);
        state.verify.verdict = Some(exit);
        state.verify.ops = ops;
        state.because.clone_from(&because);
        state.stage = Stage::Following;
        self.note(Some(node), "verdict", because, [("exit", text(exit.word()))]);
    }

    /// What a verdict leads to (L40, L41, L47).
    fn ops(&self, node: NodeId, verify: &Verify, exit: Exit) -> Vec<Follow> {
        if exit == Exit::Fixed {
            return Vec::new();
        }
        if exit == Exit::NotFixed && self.may_climb(node) {
            return vec![Follow::Undo, Follow::Climb];
        }
        match verify.handlers.get(&exit) {
            Some(ops) => ops
                .iter()
                .enumerate()
                .map(|(i, op)| match op {
                    HandlerOp::Undo => Follow::Undo,
                    HandlerOp::Escalate => Follow::Escalate,
                    HandlerOp::Tell(_) => Follow::Tell(u32::try_from(i).unwrap_or(u32::MAX)),
                })
                // Blind, an undo would install the fault again (R4).
                .filter(|op| exit != Exit::CannotTell || *op != Follow::Undo)
                .collect(),
            None if exit == Exit::Worse => vec![Follow::Undo, Follow::Escalate],
            None => vec![Follow::Escalate],
        }
    }

    /// Between rungs the climb wins; only a whole change climbs, and not after the incident resolved (R52).
    fn may_climb(&self, node: NodeId) -> bool {
        let Some([covered]) = self.plan.node(node).map(|n| n.covers.as_slice()) else { return false };
        let Some(rung) = self.graph.node_of(*covered) else { return false };
        self.graph.rung_after[rung.0 as usize].is_some()
            && self.s.exit(rung) == Some(Exit::Changed)
            && self.s.wind.is_none()
            && self.s.resolved_at.is_none()
            && !self.s.frozen
    }

    /// Carries out what follows the verdict, one thing after another.
    pub(crate) fn follow(&mut self, node: NodeId) -> bool {
        if self.s.nodes[node.0 as usize].verify.undoing.is_some() {
            return false;
        }
        if self.first_unsettled() {
            if !self.settle_overdue() {
                return false;
            }
            // The guard store is gone: nothing more is changed, a person goes on from here.
            self.stop_undo(node);
        }
        if !self.s.nodes[node.0 as usize].verify.undo.is_empty() {
            if !self.next_undo(node) {
                self.n(node).verify.undo.clear();
            }
            return true;
        }
        let Some(op) = self.s.nodes[node.0 as usize].verify.ops.first().copied() else {
            self.finish_verify(node);
            return true;
        };
        self.n(node).verify.ops.remove(0);
        let exit = self.s.nodes[node.0 as usize].verify.verdict.unwrap_or(Exit::CannotTell);
        match op {
            Follow::Undo => self.begin_undo(node),
            Follow::Tell(index) => self.tell_of_verify(node, exit, index),
            Follow::Climb => {
                let covered = self.plan.node(node).and_then(|n| n.covers.first().copied());
                if let Some(rung) = covered.and_then(|s| self.graph.node_of(s)) {
                    self.n(rung).change.climbs = true;
                }
            }
            Follow::Escalate => {
                let because = self.s.nodes[node.0 as usize].because.clone();
                let because = because.unwrap_or_else(|| Because::new(BecauseKind::NotFixed, exit.word()));
                self.wind(Exit::Skipped, Reason::NotHealed, because);
            }
        }
        true
    }

    /// The verdict's vote and cool-down for every change it covers (R27, R28), then the exit.
    fn finish_verify(&mut self, node: NodeId) {
        let plan = std::sync::Arc::clone(&self.plan);
        let Some(verify) = plan.step_of(node).and_then(verify_of) else { return };
        let state = self.s.nodes[node.0 as usize].verify.clone();
        let exit = state.verdict.unwrap_or(Exit::CannotTell);
        let cool = plan.limits.cool_down_ms.unwrap_or(verify.settle_ms.saturating_add(verify.within_ms));
        for id in state.intents {
            let stuck = self.s.intents.get(&id).is_some_and(|i| i.stage == IntentStage::Stuck);
            let vote = match exit {
                _ if stuck => Some(true),
                Exit::Fixed => Some(false),
                Exit::NotFixed | Exit::Worse => Some(true),
                _ => None,
            };
            self.settle_verdict(id, vote, cool);
        }
        let because = self.s.nodes[node.0 as usize].because.clone();
        self.end_node(node, exit, because);
    }
}
