//! Carrying out commands.

use super::hands::Attempt;
use super::record::{self, Answered};
use super::{Driver, Ended, Hands, Message, Typed, calls, clock, judge, machines, registry, resolve, values};
use crate::approval::{self, Answer};
use crate::failure::{Failure, exit};
use crate::store::{Standing, Tx};
use heal_engine::command::{
    AdmitRequest, AskRequest, CallKind, ChangeCall, Command, IntentId, Note, ReadOrder, TellRef,
};
use heal_engine::event::{
    Because, BecauseKind, CallEnded, CallError, CallResult, Denied, EventKind, Facts, Sent, SettledAs,
};
use heal_engine::guard::GuardVerdict;
use heal_engine::mode::Mode;
use heal_engine::node::Want;
use heal_engine::run::{Phase, Stage};
use heal_lang::plan::{ErrorClass, HandlerOp, NamedArg, StepBody};
use heal_stdlib::action::ResolvedCall;
use heal_stdlib::error::ErrorInfo;
use serde_json::{Value as Json, json};

/// An asserted read that `plan` does not execute.
const ASSERTED: &str = "its author asserts that it only reads; `--allow-asserted` executes it";

/// One attempt at a probe.
const PROBE_TIMEOUT_MS: u64 = 10_000;

impl<M: Mode, H: Hands<M>> Driver<'_, M, H> {
    pub(super) fn carry_out(&mut self, command: Command<M>) -> Result<(), Failure> {
        let runs_ahead = match &command {
            Command::Read(_) | Command::Judge { .. } | Command::Resolve { .. } | Command::Abandon { .. } => true,
            Command::Note(note) => !note.durable,
            _ => false,
        };
        if !runs_ahead {
            self.flush()?;
            if self.run.phase() == Phase::Fenced {
                return Ok(());
            }
        }
        match command {
            Command::Read(order) => self.read(order),
            Command::Judge { node, purpose, over } => {
                let state = self.run.state();
                let (judged, body) =
                    judge::judge(&mut self.values, &self.givens, state, &self.clock, (node, purpose, &over));
                if !judged.digest.is_empty() {
                    self.bodies.insert(judged.digest.clone(), body);
                }
                self.feed(EventKind::Judged(Box::new(judged)))
            }
            Command::Resolve { node } => {
                match resolve::prepare(&mut self.values, &self.givens, self.run.state(), node) {
                    Err(stopped) => self.feed(EventKind::Resolved(stopped)),
                    Ok(work) => {
                        let (to, gate) = (self.to.clone(), self.gate.clone());
                        tokio::spawn(async move {
                            let _ = to.send(Message::Resolved(Box::new(work.finish(gate).await)));
                        });
                        Ok(())
                    }
                }
            }
            Command::Admit(request) if request.undoes.is_some() => self.resolve_undo(request),
            Command::Admit(request) => self.admit(*request),
            Command::Act(order) | Command::Tell(order) => self.act(order),
            Command::Ask(ask) => self.ask(&ask),
            Command::Settle { intent, result, vote, cool_down_ms } => self.settle(intent, result, vote, cool_down_ms),
            Command::Withdraw { request, because } => self.withdraw(&request, &because),
            Command::Abandon { call } => {
                self.abandoned.insert(call);
                Ok(())
            }
            Command::Note(note) => {
                self.note(note);
                Ok(())
            }
            Command::Park { on, exit_code, .. } => {
                self.ended = Some(Ended::Parked { on, exit_code });
                Ok(())
            }
            Command::Close(report) => {
                self.ended = Some(Ended::Closed(report));
                Ok(())
            }
        }
    }

    fn note(&mut self, note: Note) {
        tracing::debug!(what = note.what, because = ?note.because, terms = ?note.terms, "note");
        self.observer.note(&note);
        self.notes.push(note);
    }

    fn read(&mut self, order: ReadOrder) -> Result<(), Failure> {
        if order.kind == CallKind::Probe {
            return self.probe(order);
        }
        let of = order.of.unwrap_or(order.node);
        let call = self.givens.plan.step_of(of).and_then(|step| {
            let id = order.read?;
            step.reads.iter().find(|r| r.id == id).cloned()
        });
        let Some(call) = call else {
            return self.read_ended(&order, Err(ErrorInfo::permanent("internal", "the plan has no such read")), 0);
        };
        if call.asserted && !self.allow_asserted {
            return self.read_ended(&order, Err(ErrorInfo::permanent("asserted", ASSERTED)), 0);
        }
        let known = calls::known_for_read(&self.values, &self.givens, self.run.state(), &order);
        let args = match resolve::read_args(&call.action, &call.args, &known) {
            Ok(args) => args,
            Err(error) => return self.read_ended(&order, Err(error), 0),
        };
        let (to, gate) = (self.to.clone(), self.gate.clone());
        let at = self.givens.surroundings(order.timeout_ms);
        tokio::spawn(async move {
            let presence = registry::read(&call.action).is_some_and(|action| action.asks_for_presence());
            let through = gate.passage(if presence { Want::Presence } else { Want::Look }, order.attempt);
            let result = machines::read(&through, &call.action, &args, &at, order.timeout_ms).await;
            let _ = to.send(Message::Read { order, result, queued_ms: through.queued_ms() });
        });
        Ok(())
    }

    fn probe(&mut self, order: ReadOrder) -> Result<(), Failure> {
        let intent = order.intent.and_then(|id| self.run.intent(id));
        let Some(intent) = intent else {
            let error = ErrorInfo::permanent("internal", "there is no such intent to probe");
            return self.probe_ended(&order, Err(error), 0);
        };
        let call = resolve::stored_call(&intent.change, &self.givens);
        let (action, key) = (intent.change.action.clone(), intent.key.clone());
        let (to, gate) = (self.to.clone(), self.gate.clone());
        let timeout = if order.timeout_ms > 0 { order.timeout_ms } else { PROBE_TIMEOUT_MS };
        let at = self.givens.surroundings(timeout);
        tokio::spawn(async move {
            let through = gate.passage(Want::Must, order.attempt);
            let result = machines::probe(&through, (&action, &key), &call, &at, timeout).await;
            let _ = to.send(Message::Probe { order, result, queued_ms: through.queued_ms() });
        });
        Ok(())
    }

    fn act(&mut self, order: M::Order) -> Result<(), Failure> {
        let call = self.hands.call(&order).clone();
        let resolved = match &call.change {
            Some(change) => Ok(resolve::stored_call(change, &self.givens)),
            None => self.tell_call(&call),
        };
        let resolved = match resolved {
            Ok(resolved) => resolved,
            Err(error) => {
                let attempted = machines::Attempted { result: Err(error), sent_at: None, queued_ms: 0 };
                return self.attempt_ended(&call, attempted);
            }
        };
        let attempt = Attempt {
            action: self.action_of(&call),
            key: call.key.clone(),
            call: resolved,
            at: self.givens.surroundings(call.timeout_ms),
            timeout_ms: call.timeout_ms,
        };
        let task = self.hands.carry(order, attempt, self.gate.clone());
        let to = self.to.clone();
        tokio::spawn(async move {
            let attempted = task.await;
            let _ = to.send(Message::Attempted { call: Box::new(call), attempted });
        });
        Ok(())
    }

    fn action_of(&self, call: &ChangeCall) -> String {
        self.tell_of(call).map_or_else(|| call.action.clone(), |(action, _)| action)
    }

    /// The telling call of the plan that is meant.
    fn tell_of(&self, call: &ChangeCall) -> Option<(String, Vec<NamedArg>)> {
        let plan = &self.givens.plan;
        let tell = match call.tell.as_ref()? {
            TellRef::Escalate(index) => plan.escalate.get(*index as usize)?,
            TellRef::Handler(word, index) => plan.handlers.get(word)?.get(*index as usize)?,
            TellRef::Verify(node, exit, index) => {
                let StepBody::Verify(verify) = &plan.step_of(*node)?.body else { return None };
                match verify.handlers.get(exit)?.get(*index as usize)? {
                    HandlerOp::Tell(tell) => tell,
                    _ => return None,
                }
            }
            TellRef::Ask(_) => return None,
        };
        Some((tell.action.clone(), tell.args.clone()))
    }

    /// A tell's words now. What is not known is said as `no data` (L28): a page is never skipped.
    fn tell_call(&self, call: &ChangeCall) -> Result<ResolvedCall, ErrorInfo> {
        let missing = || ErrorInfo::permanent("internal", "the plan has no such message");
        let (action, args) = self.tell_of(call).ok_or_else(missing)?;
        let mut known = match &call.tell {
            Some(TellRef::Verify(node, ..)) => self.values.known(&self.givens, self.run.state(), *node),
            _ => self.values.common(&self.givens, self.run.state()),
        };
        if let Some(stop) = self.stop() {
            values::stopped_fields(&mut known, &self.run.view(), &stop);
        }
        for l in &self.givens.plan.escalate_lets {
            let value = heal_stdlib::evaluate::evaluate(&l.value, &known);
            known.locals.insert(l.name.clone(), value);
        }
        let args =
            args.iter().map(|arg| (arg.name.clone(), heal_stdlib::evaluate::evaluate(&arg.value, &known))).collect();
        Ok(ResolvedCall {
            args,
            summary: format!("tell by {action}"),
            before: Json::Null,
            undo: None,
            identity: Json::Null,
            unchanged: false,
        })
    }

    pub(super) fn admit(&mut self, request: AdmitRequest) -> Result<(), Failure> {
        // The answer becomes a row; the row's commands depend on it; all in one transaction (R25).
        let (shell, run, epoch) = (self.event(EventKind::Tick), self.run.clone(), self.epoch);
        let Some(held) = self.record.held() else {
            let because = Because::new(BecauseKind::Suggest, "nothing is changed here");
            return self.feed(EventKind::Denied(Denied { intent: request.intent, because, retry_after_ms: None }));
        };
        let ask = held.ask(request.clone());
        let made = std::cell::RefCell::new(None);
        let answered = held.guarded(&ask, shell.at, &self.stopping, |verdict| {
            let Some(kind) = record::event_of(&request, verdict, shell.at) else {
                return Answered { row: None, ledger: None, fenced: true };
            };
            let mut next = run.clone();
            let event = heal_engine::event::Event { kind, epoch, ..shell.clone() };
            let commands = next.step(&event);
            let hash = heal_engine::commands_hash(&commands);
            let ledger = matches!(verdict, GuardVerdict::Admitted { .. })
                .then(|| ("admitted", json!({ "intent": request.intent.0, "change": request.change.summary })));
            *made.borrow_mut() = Some((next, event.clone(), commands));
            Answered { row: Some((event, hash.as_bytes().to_vec())), ledger, fenced: false }
        });
        match answered {
            Ok(answered) if answered.fenced => {
                self.fence();
                Ok(())
            }
            Ok(_) => {
                if let Some((next, event, commands)) = made.into_inner() {
                    self.accept(next, &event, commands);
                }
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    fn settle(
        &mut self,
        intent: IntentId,
        result: SettledAs,
        vote: Option<bool>,
        cool_down_ms: u64,
    ) -> Result<(), Failure> {
        let kind = EventKind::Settled { intent, result };
        let event = self.event(kind.clone());
        let mut next = self.run.clone();
        let commands = next.step(&event);
        let hash = heal_engine::commands_hash(&commands);
        let Some(held) = self.record.held() else { return self.feed(kind) };
        let request = held.settlement(intent, result, vote, cool_down_ms);
        let said = json!({ "intent": intent.0, "result": result, "failed": vote });
        let answered = held.guarded(&request, event.at, &self.stopping, |verdict| match verdict {
            GuardVerdict::Fenced => Answered { row: None, ledger: None, fenced: true },
            _ => Answered {
                row: Some((event.clone(), hash.as_bytes().to_vec())),
                ledger: Some(("settled", said.clone())),
                fenced: false,
            },
        })?;
        if answered.fenced {
            self.fence();
            return Ok(());
        }
        self.accept(next, &event, commands);
        Ok(())
    }

    fn ask(&mut self, ask: &AskRequest) -> Result<(), Failure> {
        let (now, wall) = (self.clock.now(), clock::wall());
        let until = wall + i64::try_from(ask.until.saturating_sub(now)).unwrap_or(i64::MAX / 4);
        if let Some(held) = self.record.held() {
            let run = held.run.clone();
            let said = json!({ "request": ask.request, "fingerprint": ask.fingerprint });
            let work = |tx: &mut Tx<'_>| {
                tx.ask(&run, ask, wall, until)?;
                tx.enter(wall, "asked", &run, &said)
            };
            held.persist(&self.stopping, work, || said.to_string())?;
        }
        let delivered = self.show(ask);
        let result = if delivered {
            calls::ok(Facts::new(), String::new(), false)
        } else {
            CallResult::Err(CallError {
                class: ErrorClass::Permanent,
                code: "nobody".to_owned(),
                message: "the request could not be shown to anybody".to_owned(),
                sent: Sent::No,
                refused_definitely: true,
                retry_after_ms: None,
                permission: None,
            })
        };
        self.feed(EventKind::CallEnded(Box::new(CallEnded {
            call: ask.call,
            kind: CallKind::Ask,
            node: Some(ask.node),
            intent: None,
            attempt: 1,
            result,
            sent_at: None,
            queued_ms: 0,
            late: false,
        })))
    }

    /// Puts a request before whoever is here.
    fn show(&mut self, ask: &AskRequest) -> bool {
        self.shown.insert(ask.request.clone());
        let evidence: Vec<(String, String)> = self
            .run
            .view()
            .nodes
            .into_iter()
            .filter(|n| n.exit.is_some() && !n.evidence.is_empty())
            .map(|n| (n.name, n.evidence))
            .collect();
        let to = self.to.clone();
        let answers = Box::new(move |typed| {
            let _ = to.send(Message::Typed(typed));
        });
        self.observer.ask(ask, &evidence, answers)
    }

    /// A request that an earlier process asked, and that still stands open: whoever is here now has not seen it.
    pub(super) fn ask_again(&mut self) -> Result<(), Failure> {
        let asking = self.run.view().nodes.into_iter().find_map(|node| match node.stage {
            Stage::Asking(request) if !self.shown.contains(&request) => Some(request),
            _ => None,
        });
        let (Some(request), Some(held)) = (asking, self.record.held()) else { return Ok(()) };
        let store = &held.store;
        let found = store.request(&request).map_err(|e| store.failure(&e))?;
        let Some(found) = found else { return Ok(()) };
        if store.standing(&found, clock::wall()).map_err(|e| store.failure(&e))? == Standing::Open {
            self.show(&found.ask);
        } else {
            self.shown.insert(request);
        }
        Ok(())
    }

    fn withdraw(&mut self, request: &str, because: &Because) -> Result<(), Failure> {
        self.observer.withdrawn(request);
        tracing::info!(request, because = because.text, "approval request withdrawn");
        if let Some(held) = self.record.held() {
            let work = |tx: &mut Tx<'_>| tx.withdraw(request, clock::wall());
            held.persist(&self.stopping, work, || format!("approval request {request} withdrawn"))?;
        }
        Ok(())
    }

    /// A person at this terminal answered: as `healrun approve` takes it, then read back like any answer.
    pub(super) fn typed(&mut self, typed: Typed) -> Result<(), Failure> {
        let Some(approval) = self.run.state().approvals.get(&typed.request) else { return Ok(()) };
        let fingerprint = Some(approval.fingerprint.clone());
        let Some(held) = self.record.held() else { return Ok(()) };
        let by = super::person::name();
        let answer = Answer {
            groups: self.givens.config.groups_of(&by),
            by,
            method: "local".to_owned(),
            approve: typed.approve,
            fingerprint,
            at: clock::wall(),
        };
        let taken = approval::check(&held.store, &typed.request, answer).and_then(|checked| {
            let what = || format!("the answer of {}", checked.decision.by);
            let standing = held.persist(&self.stopping, |tx| checked.record(tx), what)?;
            checked.taken(&standing)
        });
        match taken {
            Ok(()) => self.look(),
            // It does not count, and is said to whoever typed it; the run waits for one that does.
            Err(failure) if failure.exit == exit::INVALID => {
                self.observer.warn(&failure.to_string());
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}
