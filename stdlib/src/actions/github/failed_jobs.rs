//! `github.failed_jobs`: the jobs of a run's latest attempt that failed.
//!
//! Failures are those of `github.runs`. A run that is not finished yet may still get more.

use crate::declare::{example, reads, result, scope, subject};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Failed means failure or timed out. In the order in which they ended.".to_owned(),
        params: vec![subject("run", Type::target("github.run"), "Which run.")],
        result: result(Type::record("github.Job").list()),
        permissions: vec![scope("actions", "read")],
        examples: vec![example("Whether only one failed", "github.failed_jobs(ci).count() == 1")],
        ..reads("github.failed_jobs", "lists the failed jobs of a run")
    }
}
