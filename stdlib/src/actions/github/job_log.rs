//! `github.job_log`: what a job said.
//!
//! Failures are those of `github.runs`; a log that has expired (404, 410) is no data.

use crate::declare::{example, flag, int, reads, result, scope, subject};
use heal_lang::catalogue::{ActionDecl, Evidence, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "The stamp that the runner puts before each line becomes its time. With `failing_step` only the lines \
              from the start of the step that reports an error. No job gives no lines."
            .to_owned(),
        params: vec![
            subject("job", Type::record("github.Job").optional(), "Which job; `jobs.first()` fits."),
            flag("failing_step", "Only the lines of the step that failed."),
            int("at_most", 5_000, "Most lines, from the end."),
        ],
        result: result(Type::Logs),
        permissions: vec![scope("actions", "read")],
        evidence: Evidence::Text,
        examples: vec![example(
            "A refused connection",
            r#"github.job_log(github.failed_jobs(ci).first()) matches re"(?i)connection refused""#,
        )],
        ..reads("github.job_log", "reads the log of a job")
    }
}
