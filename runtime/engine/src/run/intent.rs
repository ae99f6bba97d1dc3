//! One admitted change: attempts, doubt, quarantine, probe, settlement (section B, R8, R20).
//!
//! The promise rests on two rules here. An attempt that was not answered for certain is never sent again. And nothing
//! is asked of the target before everything that was sent has either landed or can no longer land.

use super::change::SEND_WINDOW_MS;
use super::machine::{Machine, text};
use super::reads::{next_attempt_at, retried, worst_ms};
use super::state::*;
use crate::command::{CallKind, ChangeCall, Command, IntentId, ReadOrder};
use crate::event::{Because, BecauseKind, CallEnded, CallError, CallResult, ProbeAnswer, Sent, SettledAs};
use crate::hash::{Draw, rand};
use heal_lang::catalogue::Class;
use heal_lang::plan::{ErrorClass, Remediate, Retry};

/// Tries at a probe: its waits are 1, 2, 4, 8 seconds.
const PROBE_ATTEMPTS: u32 = 5;
/// The driver answers every call; one that is this late has been lost by a mistake, and counts as unknown.
const GRACE_MS: u64 = 5_000;

/// What an error says of the world.
enum Meaning {
    /// Nothing happened, and another attempt may help.
    Again,
    /// Nothing happened.
    Never,
    /// The precondition failed: nothing happened, the world moved.
    Moved,
    /// Nobody knows.
    Unknown,
}

fn meaning(error: &CallError) -> Meaning {
    let definite = error.sent == Sent::No || error.refused_definitely;
    match error.class {
        ErrorClass::Conflict => Meaning::Moved,
        // These two are answers; where it is not even sure that the bytes left there was none.
        ErrorClass::Permanent | ErrorClass::Denied if definite || error.sent == Sent::Yes => Meaning::Never,
        ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Uncertain if definite => Meaning::Again,
        _ => Meaning::Unknown,
    }
}

impl Machine {
    pub(crate) fn call_ended(&mut self, ended: &CallEnded) {
        if ended.kind == CallKind::Ask {
            if !self.ask_ended(ended.call, matches!(ended.result, CallResult::Ok { .. })) {
                self.ignored("no such request was to be delivered");
            }
            return;
        }
        let fenced = matches!(self.s.phase, Phase::Fenced);
        match self.s.calls.remove(&ended.call) {
            Some(Pending::Act(id)) => self.attempt_ended(id, ended),
            Some(Pending::Probe(id)) if !fenced => self.probe_ended(id, ended),
            Some(Pending::Read(node, of, read)) if !fenced => self.read_ended(node, of, read, ended),
            Some(Pending::Tell(index)) if !fenced => self.tell_ended(index, ended),
            _ => self.late_answer(ended),
        }
    }

    /// The change step whose settings an intent follows: an undo follows its change's (L50).
    fn settings(&self, id: IntentId) -> Option<&Remediate> {
        let intent = self.s.intents.get(&id)?;
        let forward = match intent.undoes {
            Some(of) => self.s.intents.get(&of)?,
            None => intent,
        };
        self.plan.step_of(forward.node).and_then(super::graph::remediate)
    }

    fn timing(&self, id: IntentId) -> (u64, Retry, u64) {
        let Some(settings) = self.settings(id) else {
            let never = heal_lang::plan::Backoff::Constant { wait_ms: 0 };
            return (10_000, Retry { attempts: 1, backoff: never, jitter: false, on: Vec::new() }, 0);
        };
        let (timeout, retry) = (settings.timeout_ms, settings.retry.clone());
        let intent = self.s.intents.get(&id);
        let limit = match intent {
            Some(i) if i.undoes.is_some() => i.started.saturating_add(worst_ms(timeout, &retry)),
            Some(i) => {
                let since = self.s.node(i.node).and_then(|n| n.change.work_since).unwrap_or(i.started);
                since.saturating_add(settings.within_ms)
            }
            None => 0,
        };
        (timeout, retry, limit)
    }

    /// Sends an attempt.
    pub(crate) fn act(&mut self, id: IntentId) {
        let call = self.new_call(Pending::Act(id));
        let (timeout_ms, _, _) = self.timing(id);
        let Some(intent) = self.s.intents.get_mut(&id) else { return };
        intent.attempt += 1;
        intent.call = Some(call);
        intent.stage = IntentStage::InFlight;
        let order = ChangeCall {
            call,
            kind: if intent.undoes.is_some() { CallKind::Undo } else { CallKind::Change },
            node: Some(intent.node),
            intent: id,
            attempt: intent.attempt,
            key: intent.key.clone(),
            action: intent.change.action.clone(),
            change: Some(Box::new(intent.change.clone())),
            tell: None,
            timeout_ms,
            send_by: intent.send_by,
            fence: intent.fence,
        };
        let (node, seq) = (intent.node, intent.seq);
        self.n(node).attempts += 1;
        self.emit_act(order, seq);
    }

    fn attempt_ended(&mut self, id: IntentId, ended: &CallEnded) {
        let Some(intent) = self.s.intents.get_mut(&id) else { return };
        if intent.stage != IntentStage::InFlight {
            self.late_answer(ended);
            return;
        }
        intent.call = None;
        let (undo, blind) = (intent.undoes.is_some(), intent.change.class == Class::Blind);
        let lag = intent.change.read_lag_ms;
        match &ended.result {
            // The probe of an undo decides the world, not its answer: it may have been a no-op on a moved target.
            CallResult::Ok { .. } if undo && !blind => {
                let until = self.s.now.saturating_add(lag);
                self.set_intent(id, IntentStage::Quarantine(until), None);
            }
            CallResult::Ok { unchanged, .. } => {
                let stage = if *unchanged && !undo { IntentStage::Unchanged } else { IntentStage::Applied };
                self.intent_over(id, stage, None);
            }
            CallResult::Err(error) => self.attempt_failed(id, error),
        }
    }

    fn attempt_failed(&mut self, id: IntentId, error: &CallError) {
        let kind = match error.class {
            ErrorClass::Denied => BecauseKind::Denied,
            ErrorClass::Conflict => BecauseKind::WorldMoved,
            ErrorClass::Uncertain => BecauseKind::Uncertain,
            _ => BecauseKind::Failed,
        };
        let because = Some(Because::new(kind, error.message.clone()));
        match meaning(error) {
            Meaning::Again => match self.next_attempt(id, error) {
                Some(at) => {
                    self.set_intent(id, IntentStage::Backoff(at), because);
                    // Renewed in the row of this result (R22).
                    if let Some(intent) = self.s.intents.get_mut(&id) {
                        intent.send_by = at.saturating_add(SEND_WINDOW_MS);
                        let node = intent.node;
                        self.note(Some(node), "retry", None, [("at", at.into()), ("code", text(&error.code))]);
                    }
                }
                None => self.intent_over(id, IntentStage::NotApplied, because),
            },
            Meaning::Never => self.intent_over(id, IntentStage::NotApplied, because),
            Meaning::Moved => {
                if let Some(intent) = self.s.intents.get_mut(&id) {
                    intent.conflict = true;
                }
                let undo = self.s.intents.get(&id).is_some_and(|i| i.undoes.is_some());
                let stage = if undo { IntentStage::Conflict } else { IntentStage::NotApplied };
                self.intent_over(id, stage, because);
            }
            Meaning::Unknown => {
                // The attempt is over for us: no more bytes of it leave.
                if let Some(intent) = self.s.intents.get_mut(&id) {
                    intent.send_by = intent.send_by.min(self.s.now);
                }
                let because = Because::new(BecauseKind::Uncertain, error.message.clone());
                self.quarantine(id, Some(because));
            }
        }
    }

    fn next_attempt(&self, id: IntentId, error: &CallError) -> Option<u64> {
        let intent = self.s.intents.get(&id)?;
        if self.s.frozen || (self.s.wind.is_some() && intent.undoes.is_none()) {
            return None;
        }
        let (timeout, retry, limit) = self.timing(id);
        let class = if error.class == ErrorClass::Uncertain { ErrorClass::Transient } else { error.class };
        let name =
            [u64::from(intent.node.0), u64::from(intent.change.item), u64::from(id.0), u64::from(intent.attempt)];
        let random = rand(self.s.seed(), Draw::Change, name);
        retried(&retry, class)
            .then(|| {
                let next = intent.attempt + 1;
                next_attempt_at(self.s.now, limit, timeout, &retry, next, error.retry_after_ms, random)
            })
            .flatten()
    }

    fn set_intent(&mut self, id: IntentId, stage: IntentStage, because: Option<Because>) {
        if let Some(intent) = self.s.intents.get_mut(&id) {
            intent.stage = stage;
            if because.is_some() {
                intent.because = because;
            }
        }
    }

    /// Unknown: wait until nothing that was sent can still land, and until the system shows what landed (R20, R54).
    pub(crate) fn quarantine(&mut self, id: IntentId, because: Option<Because>) {
        let (timeout, _, _) = self.timing(id);
        let Some(intent) = self.s.intents.get(&id) else { return };
        let until = intent
            .send_by
            .saturating_add(timeout)
            .saturating_add(intent.change.max_in_flight_ms)
            .saturating_add(intent.change.read_lag_ms);
        let node = intent.node;
        self.set_intent(id, IntentStage::Quarantine(until), because.clone());
        self.note(Some(node), "unknown", because, [("intent", id.0.into()), ("probe_at", until.into())]);
    }

    pub(crate) fn drive_intents(&mut self) -> bool {
        let now = self.s.now;
        let due: Vec<(IntentId, IntentStage)> = self
            .s
            .intents
            .iter()
            .filter(|(_, i)| match i.stage {
                IntentStage::Backoff(at) | IntentStage::Quarantine(at) | IntentStage::ProbeBackoff(at) => at <= now,
                IntentStage::InFlight => i.call.is_some() && self.lost_at(i) <= now,
                _ => false,
            })
            .map(|(id, i)| (*id, i.stage))
            .collect();
        for (id, stage) in &due {
            match stage {
                IntentStage::Backoff(_) => self.act(*id),
                IntentStage::InFlight => self.lost(*id),
                _ => self.probe(*id),
            }
        }
        !due.is_empty()
    }

    /// When an attempt that nobody answered counts as unknown.
    pub(crate) fn lost_at(&self, intent: &Intent) -> u64 {
        let timeout = self
            .plan
            .step_of(intent.undoes.and_then(|of| self.s.intents.get(&of)).map_or(intent.node, |f| f.node))
            .and_then(super::graph::remediate)
            .map_or(10_000, |r| r.timeout_ms);
        intent.send_by.saturating_add(timeout).saturating_add(GRACE_MS)
    }

    fn lost(&mut self, id: IntentId) {
        let call = self.s.intents.get_mut(&id).and_then(|i| i.call.take());
        if let Some(call) = call {
            self.s.calls.remove(&call);
            self.emit(Command::Abandon { call });
        }
        self.quarantine(id, Some(Because::new(BecauseKind::Uncertain, "the call was never answered")));
    }

    fn probe(&mut self, id: IntentId) {
        let Some(intent) = self.s.intents.get(&id) else { return };
        if intent.change.class == Class::Blind {
            let because = intent.because.clone();
            let because = because.unwrap_or_else(|| Because::new(BecauseKind::Uncertain, "nobody can find out"));
            self.intent_over(id, IntentStage::Stuck, Some(because));
            return;
        }
        let call = self.new_call(Pending::Probe(id));
        let (timeout_ms, _, _) = self.timing(id);
        let Some(intent) = self.s.intents.get_mut(&id) else { return };
        intent.probes += 1;
        intent.call = Some(call);
        intent.stage = IntentStage::Probing;
        let order = ReadOrder {
            call,
            kind: CallKind::Probe,
            node: intent.node,
            of: None,
            read: None,
            intent: Some(id),
            attempt: intent.probes,
            timeout_ms,
        };
        self.emit(Command::Read(order));
    }

    fn probe_ended(&mut self, id: IntentId, ended: &CallEnded) {
        let Some(intent) = self.s.intents.get_mut(&id) else { return };
        if intent.stage != IntentStage::Probing {
            self.ignored("the intent was not being probed");
            return;
        }
        intent.call = None;
        let (undo, probes) = (intent.undoes.is_some(), intent.probes);
        let (answer, why) = match &ended.result {
            CallResult::Ok { probe, .. } => (probe.unwrap_or(ProbeAnswer::Unknown), "the probe can't tell".to_owned()),
            CallResult::Err(error) => (ProbeAnswer::Unknown, error.message.clone()),
        };
        match answer {
            ProbeAnswer::Applied => self.intent_over(id, IntentStage::Applied, None),
            ProbeAnswer::NotApplied => {
                let because = Because::new(BecauseKind::Failed, "its probe found that it did not happen");
                self.intent_over(id, IntentStage::NotApplied, Some(because));
            }
            ProbeAnswer::Conflict if undo => {
                let because = Because::new(BecauseKind::UndoConflict, "the target is no longer what we had set");
                self.intent_over(id, IntentStage::Conflict, Some(because));
            }
            // Of a change that was in doubt this says only that somebody else was there: ours may have been first.
            ProbeAnswer::Conflict => {
                let because = Because::new(BecauseKind::Uncertain, "the target is neither as before nor as wanted");
                self.intent_over(id, IntentStage::Stuck, Some(because));
            }
            ProbeAnswer::Unknown if probes < PROBE_ATTEMPTS => {
                let wait = 1_000_u64 << probes.saturating_sub(1).min(8);
                self.set_intent(id, IntentStage::ProbeBackoff(self.s.now.saturating_add(wait)), None);
                self.note(None, "probe_again", None, [("intent", id.0.into()), ("why", text(why))]);
            }
            ProbeAnswer::Unknown => {
                self.intent_over(id, IntentStage::Stuck, Some(Because::new(BecauseKind::Uncertain, why)));
            }
        }
    }

    /// An answer after we stopped waiting. It decides while the intent is in doubt; afterwards it is only noted.
    fn late_answer(&mut self, ended: &CallEnded) {
        let terms = [("call", ended.call.0.into())];
        let Some(id) = ended.intent.filter(|_| matches!(ended.kind, CallKind::Change | CallKind::Undo)) else {
            self.note(ended.node, "late", None, terms);
            return;
        };
        let Some(intent) = self.s.intents.get(&id) else {
            self.note(ended.node, "late", None, terms);
            return;
        };
        // An earlier attempt than the last was followed only because it was known not to have happened.
        let current = ended.attempt == intent.attempt;
        let in_doubt = matches!(
            intent.stage,
            IntentStage::InFlight | IntentStage::Quarantine(_) | IntentStage::Probing | IntentStage::ProbeBackoff(_)
        );
        self.note(ended.node, "late", None, terms);
        if !current || !in_doubt || self.s.phase == Phase::Fenced {
            return;
        }
        let undo = self.s.intents.get(&id).is_some_and(|i| i.undoes.is_some());
        let stage = match &ended.result {
            CallResult::Ok { unchanged: false, .. } if !undo => Some(IntentStage::Applied),
            CallResult::Ok { unchanged: true, .. } if !undo => Some(IntentStage::Unchanged),
            CallResult::Err(error) if !matches!(meaning(error), Meaning::Unknown) => Some(IntentStage::NotApplied),
            _ => None,
        };
        if let Some(stage) = stage {
            if let Some(call) = self.s.intents.get_mut(&id).and_then(|i| i.call.take()) {
                self.s.calls.remove(&call);
                self.emit(Command::Abandon { call });
            }
            self.intent_over(id, stage, None);
        }
    }

    /// An intent has ended: tell the guard, then go on with its step.
    pub(crate) fn intent_over(&mut self, id: IntentId, stage: IntentStage, because: Option<Because>) {
        let now = self.s.now;
        let Some(intent) = self.s.intents.get_mut(&id) else { return };
        intent.stage = stage;
        intent.ended = Some(now);
        if because.is_some() {
            intent.because = because;
        }
        let (undo, approvals) = (intent.undoes, intent.approvals.clone());
        self.settle_first(id);
        if undo.is_none() && matches!(stage, IntentStage::NotApplied | IntentStage::Unchanged) {
            self.give_back(&approvals);
        }
        if undo.is_some() {
            self.after_undo(id);
        } else {
            self.after_change(id);
        }
    }

    /// The settlement at the answer: frees the slot (R36). Asked for again after a restart; the guard is idempotent.
    pub(crate) fn settle_first(&mut self, id: IntentId) {
        let Some(intent) = self.s.intents.get(&id) else { return };
        let result = match (intent.stage, intent.undoes.is_some()) {
            (IntentStage::Applied, false) => SettledAs::Applied,
            (IntentStage::Applied, true) => SettledAs::Undone,
            (IntentStage::Stuck, _) => SettledAs::Unknown,
            _ => SettledAs::NotApplied,
        };
        self.s.unsettled.insert((id, false));
        self.s.settle_since = self.s.now;
        self.s.settle_noted = false;
        self.emit(Command::Settle { intent: id, result, vote: None, cool_down_ms: 0 });
    }

    /// The settlement at the verdict: the breaker's vote and the cool-down (R36).
    pub(crate) fn settle_verdict(&mut self, id: IntentId, vote: Option<bool>, cool_down_ms: u64) {
        let Some(intent) = self.s.intents.get_mut(&id) else { return };
        if intent.verdict.is_some() {
            return;
        }
        intent.verdict = Some((vote, cool_down_ms));
        self.s.unsettled.insert((id, true));
        self.s.settle_since = self.s.now;
        self.s.settle_noted = false;
        self.emit(Command::Settle { intent: id, result: SettledAs::Verdict, vote, cool_down_ms });
    }

    pub(crate) fn settled(&mut self, id: IntentId, result: SettledAs) {
        let verdict = result == SettledAs::Verdict;
        if !self.s.unsettled.remove(&(id, verdict)) {
            self.ignored("no such settlement was asked for");
            return;
        }
        if let Some(intent) = self.s.intents.get_mut(&id)
            && !verdict
        {
            intent.settled = true;
        }
    }

    /// Intents whose end nobody knows or that have none yet.
    pub(crate) fn open_intents(&self) -> Vec<IntentId> {
        self.s
            .intents
            .iter()
            .filter(|(_, i)| i.stage == IntentStage::Stuck || (!i.stage.is_over() && i.seq > 0))
            .map(|(id, _)| *id)
            .collect()
    }
}
