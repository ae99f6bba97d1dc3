//! What calls report, as events.

use super::machines::{Attempted, call_error};
use super::values::{Values, lets_of};
use super::{Driver, Givens, Hands, Message, evidence, machines};
use crate::driver::clock;
use crate::failure::Failure;
use heal_engine::command::{CallId, CallKind, ChangeCall, ReadOrder};
use heal_engine::event::{CallEnded, CallResult, EventKind, Facts, ProbeAnswer};
use heal_engine::mode::Mode;
use heal_engine::run::State;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::evaluate::Known;
use heal_stdlib::value::Value;

/// Most facts of an answer (section B).
const MOST_FACTS: usize = 32;

pub(super) fn ok(facts: Facts, digest: String, unchanged: bool) -> CallResult {
    CallResult::Ok { facts, digest, newest_sample_age_ms: None, unchanged, probe: None }
}

/// What the arguments of a read see: for a read repeated for another step, that step's scope with the repeated reads.
pub(super) fn known_for_read(values: &Values, givens: &Givens, state: &State, order: &ReadOrder) -> Known {
    let of = order.of.unwrap_or(order.node);
    let mut known = values.known(givens, state, of);
    known.now_ms = clock::wall();
    if of != order.node
        && let Some(own) = values.node(order.node)
    {
        let borrowed = own.borrowed.iter().filter(|((node, _), _)| *node == of);
        known.reads.extend(borrowed.map(|((_, read), value)| (*read, value.clone())));
    }
    // An argument may rest on a let of its own step, which rests on an earlier read.
    if let Some(step) = givens.plan.step_of(of) {
        lets_of(step, &mut known);
    }
    known
}

/// The age of the newest sample, where there are samples: the source's lag (R50).
fn sample_age(value: &Value) -> Option<u64> {
    match value {
        Value::Series(series) => {
            let newest = series.at.iter().zip(&series.value).rev().find(|(_, v)| !v.is_nan()).map(|(at, _)| *at)?;
            u64::try_from(clock::wall() - newest).ok()
        }
        _ => None,
    }
}

impl<M: Mode, H: Hands<M>> Driver<'_, M, H> {
    /// What a task reported.
    pub(super) fn take(&mut self, message: Message) -> Result<(), Failure> {
        match message {
            Message::Read { order, result, queued_ms } => self.read_ended(&order, result, queued_ms),
            Message::Probe { order, result, queued_ms } => self.probe_ended(&order, result, queued_ms),
            Message::Attempted { call, attempted } => self.attempt_ended(&call, attempted),
            Message::Resolved(resolved) => self.feed(EventKind::Resolved(resolved)),
            Message::Undo { request, found } => self.undo_resolved(*request, found),
            Message::Typed(typed) => self.typed(typed),
            Message::Signal(name) => self.signal(name),
        }
    }

    fn late(&self, call: CallId) -> bool {
        self.abandoned.contains(&call)
    }

    pub(super) fn read_ended(
        &mut self,
        order: &ReadOrder,
        result: Result<Value, ErrorInfo>,
        queued_ms: u64,
    ) -> Result<(), Failure> {
        let late = self.late(order.call);
        let result = match result {
            Ok(value) => {
                let name = format!("read{}", order.read.map_or(0, |r| r.0));
                let facts = super::codec::facts(&name, &value, MOST_FACTS);
                let age = sample_age(&value);
                if let (Some(read), false) = (order.read, late) {
                    self.values.keep_read(order.node, order.of, read, value);
                }
                CallResult::Ok {
                    facts,
                    digest: String::new(),
                    newest_sample_age_ms: age,
                    unchanged: false,
                    probe: None,
                }
            }
            Err(error) => {
                if let (Some(read), false) = (order.read, late) {
                    let reason = Value::no_data(error.message.clone());
                    self.values.keep_read(order.node, order.of, read, reason);
                }
                CallResult::Err(call_error(error))
            }
        };
        self.feed(EventKind::CallEnded(Box::new(CallEnded {
            call: order.call,
            kind: order.kind,
            node: Some(order.node),
            intent: order.intent,
            attempt: order.attempt,
            result,
            sent_at: None,
            queued_ms,
            late,
        })))
    }

    pub(super) fn probe_ended(
        &mut self,
        order: &ReadOrder,
        result: Result<(ProbeAnswer, Value), ErrorInfo>,
        queued_ms: u64,
    ) -> Result<(), Failure> {
        let result = match result {
            Ok((answer, value)) => {
                let digest = self.keep_change(order, &value, answer);
                let facts = super::codec::facts("found", &value, MOST_FACTS);
                CallResult::Ok { facts, digest, newest_sample_age_ms: None, unchanged: false, probe: Some(answer) }
            }
            Err(error) => CallResult::Err(call_error(error)),
        };
        self.feed(EventKind::CallEnded(Box::new(CallEnded {
            call: order.call,
            kind: CallKind::Probe,
            node: Some(order.node),
            intent: order.intent,
            attempt: order.attempt,
            result,
            sent_at: None,
            queued_ms,
            late: self.late(order.call),
        })))
    }

    /// What a probe found is the change's result where it happened.
    fn keep_change(&mut self, order: &ReadOrder, value: &Value, answer: ProbeAnswer) -> String {
        let call =
            order.intent.and_then(|id| self.run.intent(id)).filter(|i| i.undoes.is_none()).map(|i| i.change.call);
        match (call, answer) {
            (Some(call), ProbeAnswer::Applied) => self.keep_result(order.node, call, value),
            _ => String::new(),
        }
    }

    fn keep_result(&mut self, node: heal_lang::plan::NodeId, call: u32, value: &Value) -> String {
        let body = evidence::result(value, &self.givens);
        let digest = evidence::digest(&body);
        self.bodies.insert(digest.clone(), body);
        self.values.at(node, |v| {
            v.changes.insert(call, value.clone());
        });
        digest
    }

    pub(super) fn attempt_ended(&mut self, call: &ChangeCall, attempted: Attempted) -> Result<(), Failure> {
        let machines::Attempted { result, sent_at, queued_ms } = attempted;
        let result = match result {
            Ok((value, unchanged)) => {
                let digest = match (&call.change, call.node, call.kind) {
                    (Some(change), Some(node), CallKind::Change) => self.keep_result(node, change.call, &value),
                    _ => String::new(),
                };
                ok(super::codec::facts("result", &value, MOST_FACTS), digest, unchanged)
            }
            Err(error) => CallResult::Err(call_error(error)),
        };
        self.feed(EventKind::CallEnded(Box::new(CallEnded {
            call: call.call,
            kind: call.kind,
            node: call.node,
            intent: Some(call.intent),
            attempt: call.attempt,
            result,
            sent_at,
            queued_ms,
            late: self.late(call.call),
        })))
    }
}
