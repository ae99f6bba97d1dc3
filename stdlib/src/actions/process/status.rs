//! `process.status`: whether a service lives.
//!
//! Asks for the process of the pid file. A pid file that is missing or names a dead process is an answer, not a failure.

use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, local, reads, result_record, subject};
use crate::error::ErrorInfo;
use crate::request::{Answer, ProcessRead, ReadRequest};
use crate::talk::{ask, done, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "A process that lives may still be deaf: probe it with `http.probe` where it serves.".to_owned(),
        params: vec![subject("service", Type::target("process.service"), "Which service.")],
        result: result_record("process.Status"),
        permissions: vec![local("read the service's pid file")],
        examples: vec![example("Is it running", "process.status(api).running")],
        ..reads("process.status", "tells whether a service of `healrun.yaml` lives")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let name = arguments::key(&*arguments::target(args, "service")?, "name")?;
        Ok(talk(ask(ReadRequest::Process(ProcessRead::Service { name }), |answer, _| match answer {
            Answer::Service { process, why } => done(Value::record([
                ("running", Value::Bool(process.is_some())),
                ("pid", process.map_or(Value::None, |(pid, _)| Value::Int(pid.into()))),
                ("why", Value::text(&why)),
            ])),
            other => odd(other),
        })))
    }
}
