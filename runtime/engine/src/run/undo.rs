//! Undo: newest first, each compensation an intent of its own, its probe decides the world (L43, R3, R4).

use super::change::SEND_WINDOW_MS;
use super::machine::{Machine, text};
use super::state::*;
use crate::command::{AdmitRequest, Command, IntentId};
use crate::event::{Because, BecauseKind, ResolvedChange};
use crate::hash::intent_key;
use crate::outcome::UndoEnd;
use heal_lang::catalogue::Effect;
use heal_lang::plan::NodeId;

impl Machine {
    /// What of these intents can be undone, newest first.
    fn undo_queue(&self, intents: &[IntentId]) -> Vec<(IntentId, u32)> {
        intents
            .iter()
            .rev()
            .filter_map(|id| self.s.intents.get(id).map(|i| (id, i)))
            .filter(|(_, i)| matches!(i.stage, IntentStage::Applied | IntentStage::Stuck))
            .filter(|(_, i)| i.undo == UndoEnd::NotRun)
            .flat_map(|(id, i)| (0..i.change.undo.len()).map(|k| (*id, u32::try_from(k).unwrap_or(u32::MAX))))
            .collect()
    }

    /// Starts to reverse what a verify covers.
    pub(crate) fn begin_undo(&mut self, verify: NodeId) {
        let intents = self.s.nodes[verify.0 as usize].verify.intents.clone();
        let queue = self.undo_queue(&intents);
        if queue.is_empty() {
            self.note(Some(verify), "nothing_to_undo", None, []);
        }
        self.n(verify).verify.undo = queue;
    }

    /// The next compensation; `false` where none is left.
    pub(crate) fn next_undo(&mut self, verify: NodeId) -> bool {
        let Some((of, index)) = self.s.nodes[verify.0 as usize].verify.undo.first().copied() else { return false };
        if self.s.frozen {
            let because = Because::new(BecauseKind::Frozen, "changes are frozen, undo too");
            self.undo_denied(verify, of, because);
            return true;
        }
        let Some(forward) = self.s.intents.get(&of).cloned() else { return false };
        let Some(undo) = forward.change.undo.get(index as usize).cloned() else { return false };
        let id = self.new_intent();
        let change = ResolvedChange {
            call: forward.change.call,
            item: forward.change.item,
            action: undo.action,
            effect: Effect::Change,
            class: undo.class,
            target: forward.change.target.clone(),
            noun: forward.change.noun.clone(),
            summary: undo.summary,
            args: undo.args,
            before: serde_json::Value::Null,
            undo: Vec::new(),
            baseline: crate::event::Facts::new(),
            read_lag_ms: forward.change.read_lag_ms,
            max_in_flight_ms: forward.change.max_in_flight_ms,
            tells: false,
        };
        let settings = self.plan.step_of(forward.node).and_then(super::graph::remediate);
        let breaker = settings.map(|r| r.breaker);
        let hold = settings.map_or(0, |r| super::reads::worst_ms(r.timeout_ms, &r.retry));
        let Some(breaker) = breaker else { return false };
        let mut locks = self.s.nodes[forward.node.0 as usize].change.locks.clone();
        if !change.target.is_empty() {
            locks.push(change.target.clone());
        }
        locks.sort();
        locks.dedup();
        let request = AdmitRequest {
            intent: id,
            node: verify,
            fingerprint: String::new(),
            change: Box::new(change.clone()),
            undoes: Some(of),
            locks,
            approvals: Vec::new(),
            rate: None,
            breaker,
            max_hold_ms: hold,
            class: change.class,
            written_guards: false,
            first_of_run: false,
            send_window_ms: SEND_WINDOW_MS,
        };
        let key = intent_key(self.s.run_id(), Some(verify), change.item, id);
        self.s.intents.insert(id, Intent::proposed(verify, change, Some(of), key, Vec::new()));
        self.n(verify).verify.undoing = Some(id);
        self.emit(Command::Admit(Box::new(request)));
        true
    }

    /// A compensation was not admitted. Where the target no longer is what we set, it overwrites nobody (R3).
    pub(crate) fn undo_not_admitted(&mut self, verify: NodeId, of: IntentId, because: Because) {
        if because.kind != BecauseKind::WorldMoved {
            self.undo_denied(verify, of, because);
            return;
        }
        self.set_undo(of, UndoEnd::Conflict);
        self.undo_denied(verify, of, Because::new(BecauseKind::UndoConflict, because.text));
    }

    /// A compensation was not let through: it did not run, and neither do the rest.
    pub(crate) fn undo_denied(&mut self, verify: NodeId, of: IntentId, because: Because) {
        self.note(Some(verify), "undo_denied", Some(because.clone()), [("intent", of.0.into())]);
        if let Some(intent) = self.s.intents.get_mut(&of) {
            intent.because = Some(because);
        }
        self.n(verify).verify.undoing = None;
        self.stop_undo(verify);
    }

    /// No further compensation, no further rung: a person goes on from here.
    pub(crate) fn stop_undo(&mut self, verify: NodeId) {
        let ended = self.s.wind.is_some();
        let state = &mut self.n(verify).verify;
        state.undo.clear();
        state.ops.retain(|op| !matches!(op, Follow::Undo | Follow::Climb | Follow::Escalate));
        if !ended {
            state.ops.push(Follow::Escalate);
        }
    }

    /// A compensation has ended.
    pub(crate) fn after_undo(&mut self, id: IntentId) {
        let Some(intent) = self.s.intents.get(&id).cloned() else { return };
        let (Some(of), verify) = (intent.undoes, intent.node) else { return };
        let node = &mut self.n(verify).verify;
        node.undoing = None;
        // Of a change with several compensations all must have happened.
        let more = node.undo.iter().filter(|(f, _)| *f == of).count() > 1;
        if intent.stage == IntentStage::Applied {
            if !node.undo.is_empty() {
                node.undo.remove(0);
            }
            if !more {
                self.set_undo(of, UndoEnd::Ok);
            }
            return;
        }
        if intent.stage == IntentStage::NotApplied && intent.attempt == 0 {
            // Let through and not sent, because a freeze came between.
            let because = Because::new(BecauseKind::Frozen, "changes are frozen, undo too");
            self.undo_denied(verify, of, because);
            return;
        }
        // After a crash it is known not to have happened: once more, from where it was (at most as often as restarts).
        if intent.recovered && intent.stage == IntentStage::NotApplied && !self.s.frozen && self.s.restarts < 3 {
            self.s.restarts += 1;
            return;
        }
        let end = if intent.stage == IntentStage::Conflict { UndoEnd::Conflict } else { UndoEnd::Failed };
        self.set_undo(of, end);
        let kind = if end == UndoEnd::Conflict { BecauseKind::UndoConflict } else { BecauseKind::UndoFailed };
        let why = intent.because.map_or_else(|| "the undo failed".to_owned(), |b| b.text);
        self.note(Some(verify), "undo_ended", Some(Because::new(kind, why.clone())), [("intent", of.0.into())]);
        // The page says so, and nothing more is changed.
        if let Some(forward) = self.s.intents.get_mut(&of) {
            forward.because = Some(Because::new(kind, why));
        }
        self.stop_undo(verify);
    }

    fn set_undo(&mut self, of: IntentId, end: UndoEnd) {
        if let Some(forward) = self.s.intents.get_mut(&of) {
            forward.undo = end;
        }
        let word = match end {
            UndoEnd::Ok => "undone",
            UndoEnd::Conflict => "conflict",
            UndoEnd::Failed => "failed",
            UndoEnd::NotRun => "not_run",
        };
        self.note(None, "undo", None, [("intent", of.0.into()), ("end", text(word))]);
    }
}
