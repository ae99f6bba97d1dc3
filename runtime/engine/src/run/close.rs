//! The end: what is left of the world, what that means, who is told, and the last word (section E).

use super::machine::{Machine, text};
use super::reads::{next_attempt_at, retried, worst_ms};
use super::state::*;
use crate::command::{CallId, CallKind, ChangeCall, Command, IntentId, Note, TellRef};
use crate::event::{Because, BecauseKind, CallEnded, CallResult, ResolvedChange};
use crate::hash::{Draw, named_key, rand};
use crate::outcome::{ChangeEnd, End, FoldInput, Reason, UndoEnd, VerifyFold, World, after_delivery, fold, world_of};
use heal_lang::plan::{ErrorClass, Exit, HandlerOp, NodeId, Remediate, Retry, StepKind, TellCall};

/// How long the end waits for the guard store to confirm settlements; then they count as open (R41).
pub(crate) const SETTLE_WAIT_MS: u64 = 30_000;

impl Machine {
    // ---- the fold -------------------------------------------------------------------------------------------------

    /// What a change step leaves: its exit and its undo, by the first table.
    pub(crate) fn world_of_node(&self, node: NodeId) -> (World, bool) {
        let Some(state) = self.s.node(node) else { return (World::Untouched, false) };
        let intents: Vec<&Intent> = state
            .change
            .intents
            .iter()
            .filter_map(|i| self.s.intents.get(i))
            .filter(|i| matches!(i.stage, IntentStage::Applied | IntentStage::Stuck))
            .collect();
        if intents.is_empty() {
            // An intent that is still out may have happened.
            let out = state.change.intents.iter().filter_map(|i| self.s.intents.get(i));
            let open =
                out.into_iter().any(|i| !i.stage.is_over() && i.seq > 0 && !matches!(i.stage, IntentStage::Backoff(_)));
            return (if open { World::Dirty } else { World::Untouched }, false);
        }
        let change = if intents.iter().any(|i| i.stage == IntentStage::Stuck) {
            ChangeEnd::Unknown
        } else if state.exit == Some(Exit::Partial) {
            ChangeEnd::Partial
        } else {
            ChangeEnd::Succeeded
        };
        let has = |end: UndoEnd| intents.iter().any(|i| i.undo == end);
        let undo = if has(UndoEnd::Failed) {
            UndoEnd::Failed
        } else if has(UndoEnd::Conflict) {
            UndoEnd::Conflict
        } else if has(UndoEnd::Ok) && has(UndoEnd::NotRun) {
            // Some of its changes are undone and some are kept: every target is known.
            return if change == ChangeEnd::Unknown { (World::Dirty, false) } else { (World::Partial, false) };
        } else if has(UndoEnd::Ok) {
            UndoEnd::Ok
        } else {
            UndoEnd::NotRun
        };
        world_of(change, undo)
    }

    /// The worst of all, and the last verify after the last forward change.
    pub(crate) fn fold_world(&self) -> (World, VerifyFold) {
        let mut world = World::Untouched;
        let mut last: Option<(u64, NodeId, bool)> = None;
        for node in self.ids().filter(|n| self.graph.kind(*n) == StepKind::Remediate) {
            let (of_node, unverified) = self.world_of_node(node);
            world = world.max(of_node);
            let ended = self.s.nodes[node.0 as usize]
                .change
                .intents
                .iter()
                .filter_map(|i| self.s.intents.get(i))
                .filter(|i| matches!(i.stage, IntentStage::Applied | IntentStage::Stuck))
                .filter_map(|i| i.ended)
                .max();
            if let Some(ended) = ended
                && last.is_none_or(|(at, _, _)| ended >= at)
            {
                last = Some((ended, node, unverified));
            }
        }
        let Some((_, node, unverified)) = last else { return (world, VerifyFold::NotRun) };
        let step = self.plan.node(node).map(|n| n.step);
        let verify = step
            .map(|s| self.graph.verifies_of(s))
            .unwrap_or_default()
            .iter()
            .map(|v| match self.s.node(*v).and_then(|n| n.verify.verdict) {
                Some(Exit::Fixed) => VerifyFold::Fixed,
                Some(Exit::NotFixed) => VerifyFold::NotFixed,
                Some(Exit::Worse) => VerifyFold::Worse,
                Some(_) => VerifyFold::CannotTell,
                None => VerifyFold::NotRun,
            })
            // Several verifies cover it: it is as well as the worst of them says.
            .max()
            .unwrap_or(VerifyFold::NotRun);
        // After an undo that met somebody else the verify spoke of another world; a `worse` stays what it is, so that
        // no handler makes an end milder.
        let verify = if unverified { verify.max(VerifyFold::NotRun) } else { verify };
        (world, verify)
    }

    /// Why a run that changed nothing ended so.
    fn reason(&self) -> Reason {
        let wind = self.s.wind.as_ref().map(|w| w.reason);
        if let Some(reason @ (Reason::Cancelled | Reason::Internal)) = wind {
            return reason;
        }
        let exits = || self.ids().filter(|n| self.graph.kind(*n) == StepKind::Remediate).map(|n| self.s.exit(n));
        if !self.s.ever_fired && !self.graph.detects.is_empty() {
            let unseen = self.graph.detects.iter().any(|n| self.s.exit(*n) != Some(Exit::Quiet));
            return match wind {
                Some(Reason::Blocked) => Reason::Blocked,
                // Blind, or the deadline came before its answer.
                _ if unseen => Reason::NoData,
                _ if self.s.resolved_at.is_some() => Reason::SelfResolved,
                _ => Reason::NotFired,
            };
        }
        if let Some(reason) = wind {
            return reason;
        }
        let observes = self.s.setup.as_ref().is_some_and(|s| s.autonomy == crate::event::Autonomy::Observe);
        if exits().any(|e| e == Some(Exit::Resolved)) {
            Reason::SelfResolved
        } else if observes {
            Reason::Observed
        } else if !self.any_fired() && self.any_blind() {
            Reason::NoData
        } else {
            Reason::NotHealed
        }
    }

    /// Everything that led here, most telling first.
    fn all_because(&self, end: End) -> Vec<Because> {
        let mut all: Vec<Because> = Vec::new();
        let mut add = |because: Option<&Because>| {
            if let Some(because) = because
                && !all.contains(because)
            {
                all.push(because.clone());
            }
        };
        add(self.s.wind.as_ref().map(|w| &w.because));
        let quiet = end.outcome == crate::outcome::Outcome::Healed;
        for intent in self.s.intents.values().filter(|i| !quiet || i.stage == IntentStage::Stuck) {
            add(intent.because.as_ref());
        }
        let order = [StepKind::Verify, StepKind::Remediate, StepKind::Diagnose, StepKind::Detect];
        for kind in order {
            for node in self.ids().filter(|n| self.graph.kind(*n) == kind) {
                let Some(state) = self.s.node(node) else { continue };
                let own = state.because.as_ref().filter(|b| match state.exit {
                    Some(Exit::Skipped) => {
                        kind == StepKind::Remediate && b.kind != BecauseKind::Skip || b.kind == BecauseKind::NoData
                    }
                    _ => true,
                });
                if !quiet {
                    add(own);
                }
            }
        }
        // A skip that the author wrote is worth more than none.
        if all.is_empty() && !quiet {
            for node in self.ids() {
                let because = self.s.node(node).and_then(|n| n.because.as_ref());
                if let Some(because) = because {
                    all.push(because.clone());
                }
            }
        }
        let found = self.ids().any(|n| self.s.exit(n) == Some(Exit::Found));
        let ran =
            self.ids().any(|n| self.graph.kind(n) == StepKind::Remediate && self.s.exit(n) != Some(Exit::Skipped));
        if found && !ran && self.s.wind.is_none() {
            all.insert(0, Because::new(BecauseKind::NoRemedy, "a cause was found and no remedy was chosen"));
        }
        if all.is_empty() && !quiet && !ran {
            let fired =
                self.ids().find(|n| self.graph.kind(*n) == StepKind::Detect && self.s.exit(*n) == Some(Exit::Fired));
            if let Some((node, state)) = fired.and_then(|n| Some((self.plan.node(n)?, self.s.node(n)?))) {
                let saw = if state.evidence.is_empty() { String::new() } else { format!(" ({})", state.evidence) };
                let words = format!("{} fired{saw} and no remediation applies", node.name);
                all.push(Because::new(BecauseKind::NoRemedy, words));
            }
        }
        all
    }

    // ---- the end --------------------------------------------------------------------------------------------------

    /// Everything has ended: fold, tell, close.
    pub(crate) fn drive_end(&mut self) -> bool {
        if !matches!(self.s.phase, Phase::Running | Phase::Winding) {
            return false;
        }
        let told = self.drive_tells();
        if told || !self.s.nodes.iter().all(NodeState::is_ended) {
            return told;
        }
        if self.settle_rest() {
            return true;
        }
        if !self.s.unsettled.is_empty() && !self.settle_overdue() {
            return false;
        }
        if self.s.verdict.is_none() {
            self.reach_verdict();
            return true;
        }
        let busy = |t: &TellState| !matches!(t.stage, TellStage::Done | TellStage::Failed);
        if self.s.tells.iter().any(busy) {
            return false;
        }
        self.close();
        true
    }

    /// Changes that no verify judged get their verdict's settlement too: the guard must not hold their lock for ever.
    fn settle_rest(&mut self) -> bool {
        let rest: Vec<(IntentId, bool)> = self
            .s
            .intents
            .iter()
            .filter(|(_, i)| i.undoes.is_none() && i.verdict.is_none())
            .filter(|(_, i)| matches!(i.stage, IntentStage::Applied | IntentStage::Stuck))
            .map(|(id, i)| (*id, i.stage == IntentStage::Stuck))
            .collect();
        for (id, stuck) in &rest {
            self.settle_verdict(*id, stuck.then_some(true), self.plan.limits.cool_down_ms.unwrap_or(0));
        }
        !rest.is_empty()
    }

    fn reach_verdict(&mut self) {
        let (mut world, verify) = self.fold_world();
        let mut open = self.open_intents();
        for (id, _) in &self.s.unsettled {
            if !open.contains(id) {
                open.push(*id);
            }
        }
        if !open.is_empty() && self.s.unsettled.iter().any(|(_, v)| !v) {
            // The guard store never heard how it ended: to everybody else the change is still open.
            world = World::Dirty;
        }
        let end = fold(FoldInput { world, verify, reason: self.reason() });
        let because = self.all_because(end);
        let terms = [
            ("world", serde_json::to_value(world).unwrap_or_default()),
            ("verify", serde_json::to_value(verify).unwrap_or_default()),
            ("outcome", text(end.outcome.word())),
            ("exit_code", end.exit_code.into()),
        ];
        let terms = terms.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        self.emit(Command::Note(Note {
            node: None,
            what: "outcome".to_owned(),
            because: because.first().cloned(),
            terms,
            durable: true,
        }));
        self.s.verdict = Some(Verdicted { world, verify, end, because, open });
        let word = end.outcome.word();
        let handlers = self.plan.handlers.get(word).map_or(0, Vec::len);
        for index in 0..handlers {
            self.queue_tell(TellRef::Handler(word.to_owned(), u32::try_from(index).unwrap_or(u32::MAX)));
        }
        if end.tell {
            for index in 0..self.plan.escalate.len() {
                self.queue_tell(TellRef::Escalate(u32::try_from(index).unwrap_or(u32::MAX)));
            }
        }
    }

    fn close(&mut self) {
        let Some(verdict) = self.s.verdict.clone() else { return };
        let preview = self.s.setup.as_ref().is_some_and(|s| s.preview) || !self.acts;
        // The page of this end, not that of a signal before it.
        let delivered = self.s.tells.iter().any(|t| {
            let escalates = t.tell.as_ref().filter(|tell| matches!(tell, TellRef::Escalate(_)));
            t.stage == TellStage::Done && escalates.is_some_and(|tell| t.key == self.tell_key(tell))
        });
        let told = (verdict.end.tell && !preview).then_some(delivered);
        let exit_code = after_delivery(verdict.end, told);
        let mut verdict = verdict;
        if told == Some(false) {
            verdict.because.push(Because::new(BecauseKind::Undeliverable, "nobody could be told"));
        }
        let closed = Closed { verdict, exit_code, told };
        let report = closed.report();
        self.s.report = Some(closed);
        self.s.phase = Phase::Closed;
        self.emit(Command::Close(Box::new(report)));
    }

    // ---- telling --------------------------------------------------------------------------------------------------

    fn tell_call(&self, tell: &TellRef) -> Option<&TellCall> {
        match tell {
            TellRef::Escalate(i) => self.plan.escalate.get(*i as usize),
            TellRef::Handler(word, i) => self.plan.handlers.get(word)?.get(*i as usize),
            TellRef::Verify(node, exit, i) => {
                let verify = self.plan.step_of(*node).and_then(super::graph::verify)?;
                match verify.handlers.get(exit)?.get(*i as usize)? {
                    HandlerOp::Tell(call) => Some(call),
                    _ => None,
                }
            }
            TellRef::Ask(_) => None,
        }
    }

    fn queue(
        &mut self,
        tell: Option<TellRef>,
        node: Option<NodeId>,
        change: Option<ResolvedChange>,
        name: &str,
    ) -> u32 {
        let intent = self.new_intent();
        let key = named_key(self.s.run_id(), name);
        self.s.tells.push(TellState {
            tell,
            node,
            change,
            intent,
            key,
            attempts: 0,
            stage: TellStage::Waiting,
            since: self.s.now,
        });
        u32::try_from(self.s.tells.len() - 1).unwrap_or(u32::MAX)
    }

    fn tell_name(tell: &TellRef) -> String {
        format!("tell {tell:?}")
    }

    fn tell_key(&self, tell: &TellRef) -> String {
        named_key(self.s.run_id(), &Self::tell_name(tell))
    }

    fn queue_tell(&mut self, tell: TellRef) {
        let name = Self::tell_name(&tell);
        self.queue(Some(tell), None, None, &name);
    }

    pub(crate) fn tell_of_verify(&mut self, node: NodeId, exit: Exit, index: u32) {
        self.queue_tell(TellRef::Verify(node, exit, index));
    }

    pub(crate) fn tell_of_change(&mut self, node: NodeId, change: ResolvedChange, _: &Remediate) {
        let name = format!("tell of step {} call {} item {}", node.0, change.call, change.item);
        let index = self.queue(None, Some(node), Some(change), &name);
        self.n(node).stage = Stage::Telling(index);
    }

    /// One page at most, with a key of its own: the page at the end of the run must still come through.
    pub(crate) fn tell_of_shutdown(&mut self) {
        if self.plan.escalate.is_empty() {
            return;
        }
        let index = self.queue(Some(TellRef::Escalate(0)), None, None, "tell of shutdown");
        self.send_tell(index);
    }

    pub(crate) fn tell_of_late(&mut self, call: CallId) {
        if self.plan.escalate.is_empty() {
            return;
        }
        let index = self.queue(Some(TellRef::Escalate(0)), None, None, &format!("tell of late call {}", call.0));
        self.send_tell(index);
    }

    fn tell_timing(&self, tell: &TellState) -> (u64, Retry, String) {
        let call = tell.tell.as_ref().and_then(|t| self.tell_call(t));
        if let Some(call) = call {
            return (call.timeout_ms, call.retry.clone(), call.action.clone());
        }
        let settings = tell.node.and_then(|n| self.plan.step_of(n)).and_then(super::graph::remediate);
        let action = tell.change.as_ref().map(|c| c.action.clone()).unwrap_or_default();
        settings.map_or_else(
            || {
                let backoff = heal_lang::plan::Backoff::Constant { wait_ms: 0 };
                (10_000, Retry { attempts: 1, backoff, jitter: false, on: Vec::new() }, action.clone())
            },
            |r| (r.timeout_ms, r.retry.clone(), action.clone()),
        )
    }

    /// Sends what is to be said and due.
    fn drive_tells(&mut self) -> bool {
        let now = self.s.now;
        let due: Vec<u32> = self
            .s
            .tells
            .iter()
            .enumerate()
            .filter(|(_, t)| match t.stage {
                TellStage::Waiting => true,
                TellStage::Backoff(at) => at <= now,
                _ => false,
            })
            .map(|(i, _)| u32::try_from(i).unwrap_or(u32::MAX))
            .collect();
        for index in &due {
            self.send_tell(*index);
        }
        !due.is_empty()
    }

    fn send_tell(&mut self, index: u32) {
        let Some(tell) = self.s.tells.get(index as usize).cloned() else { return };
        let (timeout_ms, _, action) = self.tell_timing(&tell);
        if !self.acts || self.s.setup.as_ref().is_some_and(|s| s.preview) {
            if let Some(tell) = self.s.tells.get_mut(index as usize) {
                tell.stage = TellStage::Done;
            }
            self.note(tell.node, "would_tell", None, [("action", text(action))]);
            self.after_tell(index, true);
            return;
        }
        let call = self.new_call(Pending::Tell(index));
        let now = self.s.now;
        if let Some(tell) = self.s.tells.get_mut(index as usize) {
            tell.attempts += 1;
            tell.stage = TellStage::InFlight(call);
        }
        let seq = self.s.seq;
        self.emit_tell(
            ChangeCall {
                call,
                kind: CallKind::Tell,
                node: match &tell.tell {
                    Some(TellRef::Verify(node, _, _)) => Some(*node),
                    _ => tell.node,
                },
                intent: tell.intent,
                attempt: tell.attempts + 1,
                key: tell.key,
                action,
                change: tell.change.map(Box::new),
                tell: tell.tell,
                timeout_ms,
                send_by: now.saturating_add(timeout_ms),
                fence: 0,
            },
            seq,
        );
    }

    pub(crate) fn tell_ended(&mut self, index: u32, ended: &CallEnded) {
        let Some(tell) = self.s.tells.get(index as usize).cloned() else { return };
        let (timeout, retry, _) = self.tell_timing(&tell);
        let error = match &ended.result {
            CallResult::Ok { .. } => {
                if let Some(tell) = self.s.tells.get_mut(index as usize) {
                    tell.stage = TellStage::Done;
                }
                self.after_tell(index, true);
                return;
            }
            CallResult::Err(error) => error,
        };
        // Twice said is better than not said: the receiver folds by key.
        let class = if error.class == ErrorClass::Uncertain { ErrorClass::Transient } else { error.class };
        let random =
            rand(self.s.seed(), Draw::Tell, [u64::from(index), u64::from(tell.intent.0), u64::from(tell.attempts), 0]);
        let limit = tell.since.saturating_add(worst_ms(timeout, &retry));
        let next = retried(&retry, class)
            .then(|| {
                let hint = error.retry_after_ms;
                next_attempt_at(self.s.now, limit, timeout, &retry, tell.attempts + 1, hint, random)
            })
            .flatten()
            .filter(|_| self.s.phase != Phase::Stopped);
        let stage = next.map_or(TellStage::Failed, TellStage::Backoff);
        if let Some(tell) = self.s.tells.get_mut(index as usize) {
            tell.stage = stage;
        }
        let because = Because::new(BecauseKind::Undeliverable, error.message.clone());
        self.note(tell.node, "tell_failed", Some(because), [("again_at", next.into())]);
        if stage == TellStage::Failed {
            self.after_tell(index, false);
        }
    }

    /// A remediate that speaks goes on with its next call.
    fn after_tell(&mut self, index: u32, delivered: bool) {
        let Some(node) = self.s.tells.get(index as usize).and_then(|t| t.node) else { return };
        if self.s.nodes[node.0 as usize].stage != Stage::Telling(index) {
            return;
        }
        self.n(node).change.next += 1;
        if !delivered {
            let because = Because::new(BecauseKind::Undeliverable, "a message could not be delivered");
            self.finish_change(node, Some((Exit::Failed, because)));
            return;
        }
        let change = &self.s.nodes[node.0 as usize].change;
        if (change.next as usize) < change.changes.len() {
            self.propose(node);
        } else {
            self.finish_change(node, None);
        }
    }
}
