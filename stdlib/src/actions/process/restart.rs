//! `process.restart`: stops a service and starts it anew.
//!
//! The started process is detached and outlives healrun. Its probe is pid and start time: a service whose process is
//! another one than before was restarted. Fails `permanent` where the start command can't be run, `transient` where the
//! service did not come up, `uncertain` where the answer was lost.

use crate::action::{
    Args, ChangeAction, ChangeMachine, ProbeMachine, Probed, ResolveMachine, ResolveStep, ResolvedCall, Surroundings,
};
use crate::arguments;
use crate::declare::{changes, example, local, no_undo, result_record, subject};
use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest, ProcessChange, ProcessRead, ReadRequest};
use crate::talk::{Sent, Turn, ask, changed, fail, found, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};
use heal_lang::plan::ErrorClass;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "What the pid file names is stopped only if it still is the process that was seen. A service that is not \
              running is only started."
            .to_owned(),
        params: vec![subject("service", Type::target("process.service"), "Which service.")],
        result: result_record("process.Restart"),
        target: Some("service".to_owned()),
        permissions: vec![local("stop and start the service")],
        examples: vec![example("Start a dead service", "process.restart(api)")],
        ..changes(
            "process.restart",
            "restarts a service of `healrun.yaml`",
            Class::Probed,
            Risk::Low,
            no_undo("the process that was stopped is gone; the service runs anew"),
        )
    }
}

/// The action.
pub(crate) struct Action;

/// pid and start time.
type Process = Option<(u32, u64)>;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let target = arguments::target(args, "service")?;
        let name = arguments::key(&target, "name")?;
        // Found by its exact key in what is configured (L29).
        if target.untrusted && !at.services.contains(&name) {
            return Ok(talk(Turn::End(ResolveStep::Refused("unknown target: there is no such service".to_owned()))));
        }
        let args = args.clone();
        Ok(talk(ask(look(&name), move |answer, _| match answer {
            Answer::Service { process, why } => {
                let summary = match process {
                    Some((pid, _)) => format!("restart {name} (process {pid})"),
                    None => format!("start {name}: {why}"),
                };
                Turn::End(ResolveStep::Done(Box::new(ResolvedCall {
                    args,
                    summary,
                    before: serde_json::json!({ "process": process }),
                    undo: None,
                    identity: serde_json::json!({ "service": name }),
                    unchanged: false,
                })))
            }
            other => odd(other),
        })))
    }

    fn send(&self, call: &ResolvedCall, _: &str, _: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let name = name(call)?;
        let write = ChangeRequest::Process(ProcessChange::RestartService { name, expect: before(call) });
        Ok(talk(ask(Sent::Write(write), |answer, _| match answer {
            Answer::Service { process: Some((pid, _)), .. } => changed(value(pid)),
            Answer::Service { process: None, why } => fail(ErrorInfo {
                class: ErrorClass::Uncertain,
                sent: crate::error::Sent::Yes,
                refused_definitely: false,
                ..ErrorInfo::permanent("not_started", format!("the service did not come up: {why}"))
            }),
            other => odd(other),
        })))
    }

    fn probe(&self, call: &ResolvedCall, _: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        let before = before(call);
        let name = name(call).ok()?;
        Some(talk(ask(look(&name), move |answer, _| match answer {
            Answer::Service { process, .. } => match (process, before) {
                (Some(now), Some(then)) if now == then => found(Probed::NotApplied, Value::None),
                (Some((pid, _)), _) => found(Probed::Applied, value(pid)),
                // Stopped at most: what was wanted is a service that runs.
                (None, _) => found(Probed::NotApplied, Value::None),
            },
            other => odd(other),
        })))
    }
}

fn look(name: &str) -> ReadRequest {
    ReadRequest::Process(ProcessRead::Service { name: name.to_owned() })
}

fn name(call: &ResolvedCall) -> Result<String, ErrorInfo> {
    arguments::key(&*arguments::target(&call.args, "service")?, "name")
}

fn before(call: &ResolvedCall) -> Process {
    serde_json::from_value(call.before.get("process").cloned().unwrap_or_default()).unwrap_or_default()
}

fn value(pid: u32) -> Value {
    Value::record([("pid", Value::Int(pid.into()))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ChangeStep, ProbeStep};
    use crate::value::Target;
    use std::sync::Arc;

    fn args(untrusted: bool) -> Args {
        let target = Target {
            kind: "process.service".to_owned(),
            noun: "service".to_owned(),
            key: [("name".to_owned(), "api".to_owned())].into(),
            untrusted,
        };
        Args::from([("service".to_owned(), Value::Target(Arc::new(target)))])
    }

    fn service(process: Process) -> Answer {
        Answer::Service { process, why: "no such process".to_owned() }
    }

    fn resolved(process: Process) -> ResolvedCall {
        let mut machine = Action.resolve(&args(false), &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 0), ResolveStep::Ask(_)));
        match machine.next(Some(service(process)), 0) {
            ResolveStep::Done(call) => *call,
            other => panic!("{other:?}"),
        }
    }

    fn probed(before: Process, now: Process) -> Probed {
        let mut machine = Action.probe(&resolved(before), "key", &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 0), ProbeStep::Ask(_)));
        match machine.next(Some(service(now)), 0) {
            ProbeStep::Done(probed, _) => probed,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_process_that_was_seen_travels_in_the_write() {
        let call = resolved(Some((7, 70)));
        let mut machine = Action.send(&call, "key", &Surroundings::default()).unwrap();
        let ChangeStep::Send(ChangeRequest::Process(ProcessChange::RestartService { expect, .. })) =
            machine.next(None, 0)
        else {
            panic!()
        };
        assert_eq!(expect, Some((7, 70)));
    }

    #[test]
    fn the_probe_tells_processes_apart_by_pid_and_start() {
        assert_eq!(probed(Some((7, 70)), Some((7, 70))), Probed::NotApplied);
        assert_eq!(probed(Some((7, 70)), Some((7, 71))), Probed::Applied);
        assert_eq!(probed(None, Some((8, 80))), Probed::Applied);
        assert_eq!(probed(Some((7, 70)), None), Probed::NotApplied);
    }

    #[test]
    fn a_service_named_from_outside_must_be_known() {
        let mut machine = Action.resolve(&args(true), &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 0), ResolveStep::Refused(_)));
    }
}
