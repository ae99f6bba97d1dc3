//! `github.failed_jobs`: the jobs of a run's latest attempt that failed.
//!
//! Failures are those of `github.runs`. A run that is not finished yet may still get more.

use super::api::{Job, attempt, conclusion, outside, repository, run_and_jobs, run_id, time};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, reads, result, scope, subject};
use crate::error::ErrorInfo;
use crate::talk::{done, talk};
use crate::value::Value;
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

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let id = run_id(&*arguments::target(args, "run")?)?;
        Ok(talk(run_and_jobs(&repository(at)?, id, |run, jobs, _| {
            let attempt = attempt(&run, &jobs);
            let mut failed: Vec<&Job> =
                jobs.iter().filter(|j| matches!(j.conclusion.as_deref(), Some("failure" | "timed_out"))).collect();
            failed.sort_by(|a, b| a.completed_at.cmp(&b.completed_at).then(a.id.cmp(&b.id)));
            done(Value::list(failed.into_iter().map(|j| value(j, attempt)).collect()))
        })))
    }
}

/// `github.Job`
fn value(job: &Job, attempt: i64) -> Value {
    let failed = job.steps.iter().flatten().find(|s| s.conclusion.as_deref() == Some("failure"));
    let step = failed.and_then(|s| s.name.as_ref());
    Value::record([
        ("id", Value::Int(job.id)),
        ("name", outside(job.name.as_ref())),
        ("conclusion", conclusion(job.conclusion.as_deref())),
        ("failed_step", step.map_or(Value::None, |s| Value::Untrusted(s.as_str().into()))),
        ("attempt", Value::Int(job.run_attempt.unwrap_or(attempt))),
        ("started", time(job.started_at.as_ref())),
        ("ended", time(job.completed_at.as_ref())),
        ("url", outside(job.html_url.as_ref())),
    ])
}
