//! Local commands and services.

pub(crate) mod restart;
pub(crate) mod run;
pub(crate) mod status;

use crate::declare::{data, from_outside, record, subject};
use heal_lang::catalogue::{RecordDecl, TargetDecl, TextDecl, Type};

pub(crate) fn targets() -> Vec<TargetDecl> {
    vec![TargetDecl {
        name: "process.service".to_owned(),
        noun: "service".to_owned(),
        // Found by its exact name among the services that are configured (L29).
        params: vec![data(subject("name", Type::Text("process.name".to_owned()), "Its name under `services:`."))],
        section: Some("services".to_owned()),
        doc: "A service of `healrun.yaml`: a pid file, and the commands that stop and start it.".to_owned(),
    }]
}

pub(crate) fn texts() -> Vec<TextDecl> {
    vec![TextDecl {
        name: "process.name".to_owned(),
        pattern: "[A-Za-z0-9_][A-Za-z0-9_.-]*".to_owned(),
        max: 100,
        doc: "The name of a service in `healrun.yaml`, for instance `api`.".to_owned(),
    }]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "process.Run",
                "How a command ended.",
                &[
                    ("ok", Type::Bool, "It ended by itself with code 0."),
                    ("exit_code", Type::Int, "Its exit code; 128 + the signal where one ended it."),
                    ("signal", Type::Int.optional(), "The signal that ended it."),
                    ("output", Type::Logs, "Both streams, line by line: standard output, then standard error."),
                    ("stdout", Type::String, "The end of standard output."),
                    ("stderr", Type::String, "The end of standard error."),
                    ("took", Type::DURATION, "Wall time."),
                ],
            ),
            &["stdout", "stderr"],
        ),
        from_outside(
            record(
                "process.Status",
                "Whether a service lives.",
                &[
                    ("running", Type::Bool, "The process of its pid file lives."),
                    ("pid", Type::Int.optional(), "Its process id."),
                    ("why", Type::String, "Why it is not running; empty where it is."),
                ],
            ),
            &["why"],
        ),
        record("process.Restart", "A service that was started anew.", &[("pid", Type::Int, "The new process.")]),
    ]
}
