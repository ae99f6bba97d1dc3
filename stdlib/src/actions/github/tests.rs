//! The family against scripted answers of GitHub and of Gitea, which says less.

use super::*;
use crate::action::{
    Args, ChangeAction, ChangeStep, ProbeStep, Probed, ReadAction, ReadStep, ResolveStep, ResolvedCall, Surroundings,
};
use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest, GithubGet, GithubWrite, ReadRequest};
use crate::status::tests::answer;
use crate::value::{Target, Value};
use heal_lang::plan::ErrorClass;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

type Server = BTreeMap<&'static str, (u16, Json)>;

const RUN: &str = "/repos/o/r/actions/runs/7";
const JOBS: &str = "/repos/o/r/actions/runs/7/jobs";

fn at() -> Surroundings {
    Surroundings { github_repository: Some("o/r".to_owned()), now_ms: 100_000, ..Surroundings::default() }
}

fn reply(server: &Server, request: &ReadRequest) -> Answer {
    let ReadRequest::Github(GithubGet { path, .. }) = request else { panic!("{request:?}") };
    match server.get(path.as_str()) {
        Some((status, Json::String(text))) => Answer::Http(answer(*status, text)),
        Some((status, body)) => Answer::Http(answer(*status, &body.to_string())),
        None => Answer::Http(answer(404, r#"{"message":"Not Found"}"#)),
    }
}

fn read(server: &Server, action: &dyn ReadAction, args: &Args) -> Result<Value, ErrorInfo> {
    let mut machine = action.start(args, &at())?;
    let mut last = None;
    loop {
        match machine.next(last.take(), 0) {
            ReadStep::Ask(request) => last = Some(reply(server, &request)),
            ReadStep::Done(value) => return Ok(value),
            ReadStep::Fail(error) => return Err(error),
        }
    }
}

fn resolve(server: &Server, action: &dyn ChangeAction, args: &Args) -> ResolveStep {
    let mut machine = action.resolve(args, &at()).unwrap();
    let mut last = None;
    loop {
        match machine.next(last.take(), 0) {
            ResolveStep::Ask(request) => last = Some(reply(server, &request)),
            end => return end,
        }
    }
}

fn send(action: &dyn ChangeAction, call: &ResolvedCall, status: u16, body: &str) -> (GithubWrite, ChangeStep) {
    let mut machine = action.send(call, "KEY", &at()).unwrap();
    let ChangeStep::Send(ChangeRequest::Github(write)) = machine.next(None, 0) else { panic!() };
    (write, machine.next(Some(Answer::Http(answer(status, body))), 0))
}

fn probe(server: &Server, action: &dyn ChangeAction, call: &ResolvedCall) -> Probed {
    let mut machine = action.probe(call, "KEY", &at()).unwrap();
    let mut last = None;
    loop {
        match machine.next(last.take(), 0) {
            ProbeStep::Ask(request) => last = Some(reply(server, &request)),
            ProbeStep::Done(probed, _) => return probed,
            ProbeStep::Fail(error) => panic!("{error:?}"),
        }
    }
}

fn ci() -> Args {
    let target = Target {
        kind: "github.run".to_owned(),
        noun: "run".to_owned(),
        key: [("id".to_owned(), "7".to_owned())].into(),
        untrusted: false,
    };
    Args::from([("run".to_owned(), Value::Target(Arc::new(target)))])
}

/// A run as Gitea tells it: no attempt of its own.
fn gitea(status: &str, attempt: i64) -> Server {
    let job = |id: i64, conclusion: &str| {
        json!({ "id": id, "name": "test", "conclusion": conclusion, "run_attempt": attempt,
                "completed_at": format!("2026-01-02T12:00:0{id}Z"), "started_at": "1970-01-01T00:00:00Z",
                "steps": [{ "name": "make test", "conclusion": conclusion }] })
    };
    let jobs = json!({ "total_count": 3, "jobs": [job(3, "failure"), job(1, "success"), job(2, "timed_out")] });
    [(RUN, (200, json!({ "id": 7, "status": status, "conclusion": "failure" }))), (JOBS, (200, jobs))].into()
}

#[test]
fn failed_jobs_come_in_the_order_of_their_ends() {
    let Value::List(jobs) = read(&gitea("completed", 2), &failed_jobs::Action, &ci()).unwrap() else { panic!() };
    let Value::Record(first) = &jobs[0] else { panic!() };
    assert_eq!((jobs.len(), &first["id"], &first["attempt"]), (2, &Value::Int(2), &Value::Int(2)));
    assert_eq!(first["started"], Value::None, "1970 is not yet");
    let denied = read(&Server::new(), &failed_jobs::Action, &ci()).unwrap_err();
    assert!(denied.class == ErrorClass::Denied && denied.permission.is_some());
}

#[test]
fn a_rerun_is_found_by_the_attempt() {
    let done = gitea("completed", 1);
    let ResolveStep::Done(call) = resolve(&done, &rerun_failed_jobs::Action, &ci()) else { panic!() };
    assert_eq!(call.summary, "run the 2 failed jobs of run 7 again (attempt 2)");
    assert_eq!(probe(&done, &rerun_failed_jobs::Action, &call), Probed::NotApplied);
    assert_eq!(probe(&gitea("completed", 2), &rerun_failed_jobs::Action, &call), Probed::Applied);
    assert_eq!(probe(&gitea("waiting", 1), &rerun_failed_jobs::Action, &call), Probed::Applied);
    let (write, end) = send(&rerun_failed_jobs::Action, &call, 201, "not even json");
    assert_eq!(write.path, "/repos/o/r/actions/runs/7/rerun-failed-jobs");
    assert!(matches!(end, ChangeStep::Done { .. }), "an answer that does not parse has still happened");
}

#[test]
fn a_run_that_goes_on_or_moved_on_blocks_the_rerun() {
    assert!(matches!(resolve(&gitea("in_progress", 1), &rerun_failed_jobs::Action, &ci()), ResolveStep::Blocked(_)));
    let mut expecting = ci();
    expecting.insert("expect".to_owned(), Value::Int(1));
    assert!(matches!(resolve(&gitea("completed", 2), &rerun_failed_jobs::Action, &expecting), ResolveStep::Blocked(_)));
}

#[test]
fn refusals_are_definite_and_lost_answers_are_not() {
    let ResolveStep::Done(call) = resolve(&gitea("completed", 1), &rerun_failed_jobs::Action, &ci()) else { panic!() };
    let class = |status, body: &str| match send(&rerun_failed_jobs::Action, &call, status, body).1 {
        ChangeStep::Fail(error) => error.class,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(403, r#"{"message":"Resource not accessible by integration"}"#), ErrorClass::Denied);
    assert_eq!(class(403, r#"{"message":"This workflow run cannot be retried"}"#), ErrorClass::Permanent);
    assert_eq!(class(400, ""), ErrorClass::Permanent);
    assert_eq!(class(502, ""), ErrorClass::Uncertain);
}

#[test]
fn runs_are_found_by_name_or_file() {
    let list = json!({ "workflow_runs": [
        { "id": 1, "name": "ci", "path": ".github/workflows/ci.yml", "conclusion": "failure", "head_branch": "main", "status": "completed" },
        { "id": 2, "name": "docs", "path": "docs.yml@refs/heads/main", "conclusion": null, "status": "in_progress" },
    ]});
    let server: Server = [("/repos/o/r/actions/runs", (200, list))].into();
    let ids = |more: &[(&str, Value)]| {
        let args: Args = more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let Value::List(runs) = read(&server, &runs::Action, &args).unwrap() else { panic!() };
        let id = |run: &Value| match run {
            Value::Record(fields) => fields["id"].clone(),
            other => panic!("{other:?}"),
        };
        runs.iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), [Value::Int(1), Value::Int(2)]);
    assert_eq!(ids(&[("workflow", Value::text("docs.yml"))]), [Value::Int(2)]);
    assert_eq!(ids(&[("workflow", Value::text("ci"))]), [Value::Int(1)]);
    assert_eq!(ids(&[("conclusion", Value::Word("pending".into()))]), [Value::Int(2)]);
}

#[test]
fn no_job_has_no_lines_and_an_expired_log_no_data() {
    let none = Args::from([("job".to_owned(), Value::None)]);
    let Value::Logs(logs) = read(&Server::new(), &job_log::Action, &none).unwrap() else { panic!() };
    assert!(logs.lines.is_empty());
    let job = Args::from([("job".to_owned(), Value::record([("id", Value::Int(3))]))]);
    assert!(matches!(read(&Server::new(), &job_log::Action, &job).unwrap(), Value::NoData(_)));
}

#[test]
fn a_comment_is_marked_and_pings_nobody() {
    let args = Args::from([
        ("issue".to_owned(), Value::Int(12)),
        ("body".to_owned(), Value::Untrusted("@everyone ![x](http://evil) <!-- hi -->".into())),
    ]);
    let ResolveStep::Done(call) = resolve(&Server::new(), &comment::Action, &args) else { panic!() };
    let (write, end) = send(&comment::Action, &call, 201, "{}");
    assert!(matches!(end, ChangeStep::Done { .. }));
    let body = write.body.unwrap()["body"].as_str().unwrap().to_owned();
    assert!(!body.contains('@') && !body.contains("![") && body.ends_with("<!-- healrun KEY -->"), "{body}");
    let comments =
        |body: &str| -> Server { [("/repos/o/r/issues/12/comments", (200, json!([{ "body": body }])))].into() };
    assert_eq!(probe(&comments(&body), &comment::Action, &call), Probed::Applied);
    assert_eq!(probe(&comments("else"), &comment::Action, &call), Probed::NotApplied);
}

#[test]
fn without_a_repository_it_says_where_to_name_it() {
    let error = runs::Action.start(&Args::new(), &Surroundings::default()).err().unwrap();
    assert!(error.message.contains("healrun.yaml"), "{}", error.message);
}
