//! `github.rerun_failed_jobs`: runs the failed jobs of a finished run again.
//!
//! The attempt number is the probe (R60): it is read before and after. 400, 403 with that reason and 422 for a run that
//! is not finished or has nothing failed are definite refusals; a lost answer and 5xx are `uncertain`.

use super::api::{attempt, message, permission, repository, run_and_jobs, run_id};
use crate::action::{
    Args, ChangeAction, ChangeMachine, ProbeMachine, Probed, ResolveMachine, ResolveStep, ResolvedCall, Surroundings,
};
use crate::arguments;
use crate::declare::{changes, example, maybe, no_undo, result_record, scope, subject};
use crate::error::ErrorInfo;
use crate::request::{ChangeRequest, GithubWrite};
use crate::status::Asked;
use crate::talk::{Sent, Turn, ask, changed, fail, found, http, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};
use heal_lang::plan::ErrorClass;
use serde_json::json;

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

/// The action.
pub(crate) struct Action;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let repository = repository(at)?;
        let id = run_id(&*arguments::target(args, "run")?)?;
        let expect = arguments::maybe_int(args, "expect")?;
        let args = args.clone();
        Ok(talk(run_and_jobs(&repository.clone(), id, move |run, jobs, _| {
            let attempt = attempt(&run, &jobs);
            let blocked = |why: String| Turn::End(ResolveStep::Blocked(why));
            if !run.completed() {
                return blocked(format!("run {id} is not finished"));
            }
            if let Some(expect) = expect.filter(|e| *e != attempt) {
                return blocked(format!("the world moved: run {id} is at attempt {attempt}, not {expect}"));
            }
            let failed =
                jobs.iter().filter(|j| matches!(j.conclusion.as_deref(), Some("failure" | "timed_out" | "cancelled")));
            let failed = failed.count();
            Turn::End(ResolveStep::Done(Box::new(ResolvedCall {
                args,
                summary: format!("run the {failed} failed jobs of run {id} again (attempt {})", attempt + 1),
                before: json!({ "attempt": attempt }),
                undo: None,
                identity: json!({ "repository": repository, "run": id, "attempt": attempt }),
                unchanged: failed == 0,
            })))
        })))
    }

    fn send(&self, call: &ResolvedCall, _: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let id = run_id(&*arguments::target(&call.args, "run")?)?;
        let path = format!("{}/actions/runs/{id}/rerun-failed-jobs", repository(at)?);
        let before = before(call);
        let write = GithubWrite { method: "POST".to_owned(), path, body: None };
        Ok(talk(ask(Sent::Write(ChangeRequest::Github(write)), move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            let what = format!("the rerun of run {id}");
            // The status counts: what the body says does not change that it has happened.
            let Some(mut error) = (Asked { what: &what, permission: permission("actions", "write") }).change(&answer)
            else {
                return changed(value(before));
            };
            let said = message(&answer.body).unwrap_or_default();
            if !said.is_empty() {
                error.message = format!("{what} was answered {}: {said}", answer.status);
            }
            // GitHub says 403 also where the run may not be run again: no scope would help.
            let lower = said.to_lowercase();
            if answer.status == 403
                && ["rerun", "re-run", "retried", "already running"].iter().any(|w| lower.contains(w))
            {
                error.class = ErrorClass::Permanent;
                error.permission = None;
            }
            fail(error)
        })))
    }

    fn probe(&self, call: &ResolvedCall, _: &str, at: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        let before = before(call);
        let id = run_id(&*arguments::target(&call.args, "run").ok()?).ok()?;
        Some(talk(run_and_jobs(&repository(at).ok()?, id, move |run, jobs, _| {
            // It was finished before: a run that goes on was started again, even where its attempt does not show yet.
            if attempt(&run, &jobs) > before || !run.completed() {
                found(Probed::Applied, value(before))
            } else {
                found(Probed::NotApplied, Value::None)
            }
        })))
    }
}

fn before(call: &ResolvedCall) -> i64 {
    call.before.get("attempt").and_then(serde_json::Value::as_i64).unwrap_or(1)
}

/// `github.Rerun`
fn value(before: i64) -> Value {
    Value::record([("attempt", Value::Int(before))])
}
