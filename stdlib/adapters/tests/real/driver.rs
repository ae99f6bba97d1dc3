//! Carries an action's machines to their ends, as the live driver does.

use super::LONG;
use crate::carrier::Carrier;
use crate::departure::Departure;
use heal_stdlib::action::{Args, ChangeStep, ProbeStep, Probed, ReadStep, ResolveStep, ResolvedCall, Surroundings};
use heal_stdlib::catalogue::{change_action, read_action};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::value::Value;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Carries machines to their ends.
pub(super) struct Driver {
    pub(super) carrier: Carrier,
    pub(super) at: Surroundings,
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time")
}

impl Driver {
    pub(super) async fn read(&self, action: &str, args: &Args) -> Result<Value, ErrorInfo> {
        let mut machine = read_action(action).expect("it looks").start(args, &self.at)?;
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ReadStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                ReadStep::Done(value) => return Ok(value),
                ReadStep::Fail(error) => return Err(error),
            }
        }
    }

    pub(super) async fn resolve(&self, action: &str, args: &Args) -> ResolveStep {
        let mut machine = change_action(action).expect("it changes").resolve(args, &self.at).expect("arguments");
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ResolveStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                end => return end,
            }
        }
    }

    pub(super) async fn resolved(&self, action: &str, args: &Args) -> ResolvedCall {
        match self.resolve(action, args).await {
            ResolveStep::Done(call) => *call,
            other => panic!("{action}: {other:?}"),
        }
    }

    pub(super) async fn send(&self, action: &str, call: &ResolvedCall, key: &str) -> Result<Value, ErrorInfo> {
        let mut machine = change_action(action).expect("it changes").send(call, key, &self.at)?;
        let departure = Arc::new(Departure::new(Arc::new(|| 0), 0));
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ChangeStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                ChangeStep::Send(request) => last = Some(self.carrier.change(request, LONG, &departure).await),
                ChangeStep::Done { value, .. } => return Ok(value),
                ChangeStep::Fail(error) => return Err(error),
            }
        }
    }

    pub(super) async fn probe(&self, action: &str, call: &ResolvedCall, key: &str) -> Probed {
        let mut machine = change_action(action).expect("it changes").probe(call, key, &self.at).expect("a probe");
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ProbeStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                ProbeStep::Done(probed, _) => return probed,
                ProbeStep::Fail(error) => panic!("{error:?}"),
            }
        }
    }
}

/// A field of a record, of a field of it, and so on.
pub(super) fn field(value: &Value, path: &str) -> Value {
    path.split('.').fold(value.clone(), |value, name| match &value {
        Value::Record(fields) => fields.get(name).cloned().unwrap_or_else(|| panic!("no {name} in {value:?}")),
        other => panic!("{other:?} has no {name}"),
    })
}
