//! `github.rerun_failed_jobs`: runs the failed jobs of a finished run again.
//!
//! The attempt number is the probe (R60): it is read before and after. 400, 403 with that reason and 422 for a run that
//! is not finished or has nothing failed are definite refusals; a lost answer and 5xx are `uncertain`.

use crate::declare::{changes, example, maybe, no_undo, result_record, scope, subject};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Blocked where the run is not finished, or its attempt is not `expect`: somebody else ran it again."
            .to_owned(),
        params: vec![
            subject("run", Type::target("github.run"), "Which run."),
            maybe("expect", Type::Int, "The attempt that failed."),
        ],
        result: result_record("github.Rerun"),
        target: Some("run".to_owned()),
        permissions: vec![scope("actions", "write")],
        // A rerun shows in the run's attempt a little after the call was answered.
        read_lag_ms: 5_000,
        examples: vec![example("Try again", "github.rerun_failed_jobs(ci)")],
        ..changes(
            "github.rerun_failed_jobs",
            "runs the failed jobs of a run again",
            Class::Probed,
            Risk::Low,
            no_undo("jobs that ran have run"),
        )
    }
}
