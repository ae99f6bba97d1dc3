//! Runs the actions' sans-IO machines against the real world: what is asked is read, what is sent is sent with an order.

use super::gate::Passage;
use super::registry;
use heal_engine::event::{CallError, ProbeAnswer};
use heal_lang::plan::ErrorClass;
use heal_stdlib::action::{Args, ChangeStep, ProbeStep, Probed, ReadStep, ResolveStep, ResolvedCall, Surroundings};
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::{Answer, ChangeRequest};
use heal_stdlib::value::Value;
use std::future::Future;
use std::time::{Duration, Instant};

/// The engine's form of an error: the same fields (stdlib does not know the engine).
pub(super) fn call_error(error: ErrorInfo) -> CallError {
    CallError {
        class: error.class,
        code: error.code,
        message: error.message,
        sent: match error.sent {
            Sent::No => heal_engine::event::Sent::No,
            Sent::Yes => heal_engine::event::Sent::Yes,
            Sent::Maybe => heal_engine::event::Sent::Maybe,
        },
        refused_definitely: error.refused_definitely,
        retry_after_ms: error.retry_after_ms,
        permission: error.permission,
    }
}

fn unknown_action(name: &str) -> ErrorInfo {
    ErrorInfo::permanent("unknown_action", format!("this healrun has no action `{name}`"))
}

/// An answer that did not come in time.
fn timeout(what: &str, ms: u64) -> ErrorInfo {
    ErrorInfo {
        class: ErrorClass::Transient,
        code: "timeout".to_owned(),
        message: format!("{what}: no answer within {}", crate::config::show_duration(ms)),
        sent: Sent::Maybe,
        refused_definitely: false,
        retry_after_ms: None,
        permission: None,
    }
}

/// What is left of a call's time.
struct Budget {
    until: Instant,
}

impl Budget {
    fn new(ms: u64) -> Budget {
        Budget { until: Instant::now() + Duration::from_millis(ms) }
    }

    /// None where nothing is left.
    fn left(&self) -> Option<Duration> {
        self.until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

/// One attempt at a read.
pub(super) async fn read(
    through: &Passage,
    action: &str,
    args: &Args,
    at: &Surroundings,
    timeout_ms: u64,
) -> Result<Value, ErrorInfo> {
    let found = registry::read(action).ok_or_else(|| unknown_action(action))?;
    let mut machine = found.start(args, at)?;
    let budget = Budget::new(timeout_ms);
    let mut last = None;
    loop {
        match machine.next(last.take(), super::clock::wall()) {
            ReadStep::Ask(request) => {
                let left = budget.left().ok_or_else(|| timeout(action, timeout_ms))?;
                last = Some(through.read(request, left).await);
            }
            ReadStep::Done(value) => return Ok(value),
            ReadStep::Fail(error) => {
                through.ended(Some(&error));
                return Err(error);
            }
        }
    }
}

/// How a resolution ended.
pub(super) enum ResolvedAs {
    /// Absolute values.
    Call(Box<ResolvedCall>),
    /// `blocked because …`
    Blocked(String),
    /// `refused because …`
    Refused(String),
}

/// Fixes a change to absolute values, by reads alone.
pub(super) async fn resolve(
    through: &Passage,
    action: &str,
    args: &Args,
    at: &Surroundings,
    timeout_ms: u64,
) -> Result<ResolvedAs, ErrorInfo> {
    let found = registry::change(action).ok_or_else(|| unknown_action(action))?;
    let mut machine = found.resolve(args, at)?;
    let budget = Budget::new(timeout_ms);
    let mut last = None;
    loop {
        match machine.next(last.take(), super::clock::wall()) {
            ResolveStep::Ask(request) => {
                let left = budget.left().ok_or_else(|| timeout(action, timeout_ms))?;
                last = Some(through.read(request, left).await);
            }
            ResolveStep::Done(call) => return Ok(ResolvedAs::Call(call)),
            ResolveStep::Blocked(why) => return Ok(ResolvedAs::Blocked(why)),
            ResolveStep::Refused(why) => return Ok(ResolvedAs::Refused(why)),
            ResolveStep::Fail(error) => {
                through.ended(Some(&error));
                return Err(error);
            }
        }
    }
}

/// What came of one attempt at a change.
pub struct Attempted {
    /// The action's result and whether there was nothing to do, or why it failed.
    pub result: Result<(Value, bool), ErrorInfo>,
    /// Run ms at which the bytes left.
    pub sent_at: Option<u64>,
    /// How long the limits of the process held it back, milliseconds.
    pub queued_ms: u64,
}

/// One attempt at a change. `send` is called at most once.
pub(super) async fn attempt<F, W>(
    through: &Passage,
    (action, key): (&str, &str),
    call: &ResolvedCall,
    at: &Surroundings,
    timeout_ms: u64,
    send: F,
) -> Attempted
where
    F: FnOnce(ChangeRequest, Duration) -> W,
    W: Future<Output = (Answer, Option<u64>)>,
{
    let fail = |error, sent_at| Attempted { result: Err(error), sent_at, queued_ms: through.queued_ms() };
    let Some(found) = registry::change(action) else { return fail(unknown_action(action), None) };
    let mut machine = match found.send(call, key, at) {
        Ok(machine) => machine,
        Err(error) => return fail(error, None),
    };
    let budget = Budget::new(timeout_ms);
    let (mut last, mut send, mut sent_at) = (None, Some(send), None);
    loop {
        match machine.next(last.take(), super::clock::wall()) {
            ChangeStep::Ask(request) => {
                let Some(left) = budget.left() else {
                    let error = timeout(action, timeout_ms);
                    // Before anything was sent a slow read is just that; afterwards nobody knows (R8).
                    let error = match sent_at {
                        None => ErrorInfo { sent: Sent::No, ..error },
                        Some(_) => ErrorInfo { class: ErrorClass::Uncertain, ..error },
                    };
                    return fail(error, sent_at);
                };
                last = Some(through.read(request, left).await);
            }
            ChangeStep::Send(request) => match (send.take(), budget.left()) {
                (Some(send), Some(left)) => {
                    let (answer, at) = send(request, left).await;
                    sent_at = at;
                    last = Some(answer);
                }
                (Some(_), None) => {
                    return fail(ErrorInfo { sent: Sent::No, ..timeout(action, timeout_ms) }, None);
                }
                (None, _) => {
                    let message = format!("`{action}` wants to send twice in one attempt");
                    let error = ErrorInfo::permanent("internal", message);
                    let error = ErrorInfo {
                        class: ErrorClass::Uncertain,
                        sent: Sent::Maybe,
                        refused_definitely: false,
                        ..error
                    };
                    return fail(error, sent_at);
                }
            },
            ChangeStep::Done { value, unchanged } => {
                return Attempted { result: Ok((value, unchanged)), sent_at, queued_ms: through.queued_ms() };
            }
            ChangeStep::Fail(error) => {
                through.ended(Some(&error));
                return fail(error, sent_at);
            }
        }
    }
}

/// Finds out whether a change happened. A blind one can't be found out about.
pub(super) async fn probe(
    through: &Passage,
    (action, key): (&str, &str),
    call: &ResolvedCall,
    at: &Surroundings,
    timeout_ms: u64,
) -> Result<(ProbeAnswer, Value), ErrorInfo> {
    let found = registry::change(action).ok_or_else(|| unknown_action(action))?;
    let Some(mut machine) = found.probe(call, key, at) else { return Ok((ProbeAnswer::Unknown, Value::None)) };
    let budget = Budget::new(timeout_ms);
    let mut last = None;
    loop {
        match machine.next(last.take(), super::clock::wall()) {
            ProbeStep::Ask(request) => {
                let left = budget.left().ok_or_else(|| timeout(action, timeout_ms))?;
                last = Some(through.read(request, left).await);
            }
            ProbeStep::Done(found, value) => {
                let answer = match found {
                    Probed::Applied => ProbeAnswer::Applied,
                    Probed::NotApplied => ProbeAnswer::NotApplied,
                    Probed::Conflict => ProbeAnswer::Conflict,
                    Probed::Unknown => ProbeAnswer::Unknown,
                };
                return Ok((answer, value));
            }
            ProbeStep::Fail(error) => {
                through.ended(Some(&error));
                return Err(error);
            }
        }
    }
}
