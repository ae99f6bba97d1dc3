//! `process.status`: whether a service lives.
//!
//! Asks for the process of the pid file. A pid file that is missing or names a dead process is an answer, not a failure.

use crate::declare::{example, local, reads, result_record, subject};
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
