//! A real server with GitHub's paths (Gitea and its runner), and GitHub's own description of its API (Prism).

use super::driver::{Driver, field, now};
use super::parts::{self, Part};
use super::{LONG, act, ask, json};
use crate::carrier::Carrier;
use crate::connections::{Connections, Github};
use heal_stdlib::action::{Args, Probed, Surroundings};
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::{ChangeRequest, GithubGet, GithubWrite, HttpAnswer, ReadRequest};
use heal_stdlib::value::{self, Secret, Target};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

const REPOSITORY: &str = "/repos/owner/shop";

fn carrier(url: &str, token: &str) -> Carrier {
    let mut connections = Connections::new("/".into(), "/".into());
    let token = Some(Secret::new("github", token.to_owned()));
    connections.github = Some(Github { url: url.to_owned(), token, repository: None });
    Carrier::new(connections)
}

async fn get(carrier: &Carrier, path: &str, query: &[(&str, &str)]) -> Result<HttpAnswer, ErrorInfo> {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let text = path.ends_with("/logs");
    ask(carrier, ReadRequest::Github(GithubGet { path: path.to_owned(), query, text, max_bytes: 1 << 20 })).await
}

async fn post(carrier: &Carrier, path: &str, body: Option<Value>, late: bool) -> Result<HttpAnswer, ErrorInfo> {
    let write = GithubWrite { method: "POST".to_owned(), path: path.to_owned(), body };
    act(carrier, ChangeRequest::Github(write), late).await
}

/// Pushes a workflow whose job fails until there is a file `flag` in the part's folder.
fn push(part: &Part) {
    let work = tempfile::tempdir().expect("a folder");
    let flag = part.folder().join("flag");
    let workflow = format!(
        "name: ci\non: [push]\njobs:\n  flaky:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          test -e {} || {{ echo 'connect ECONNREFUSED: the flag is missing'; exit 7; }}\n",
        flag.display()
    );
    let folder = work.path().join(".github/workflows");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("ci.yml"), workflow))
        .expect("a workflow");
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=o", "-c", "user.email=o@example.test"])
            .args(["-c", &format!("http.extraHeader=Authorization: token {}", part.var("TOKEN"))])
            .args(arguments)
            .current_dir(work.path())
            .output()
            .expect("git is there");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let root = part.var("BASE_URL").trim_end_matches("/api/v1").to_owned();
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    git(&["push", "-q", &format!("{root}/owner/shop.git"), "main"]);
}

/// Waits until the only run has ended, with a job's attempt of that number, and gives back the run and that job. (A run of
/// Gitea says no attempt of its own.)
async fn ended(carrier: &Carrier, attempt: i64) -> (Value, Value) {
    let wait = async {
        loop {
            let runs = get(carrier, &format!("{REPOSITORY}/actions/runs"), &[("per_page", "1")]).await;
            let run = json(&runs.expect("the runs"))["workflow_runs"][0].clone();
            if run["status"] == "completed" {
                let jobs = format!("{REPOSITORY}/actions/runs/{}/jobs", run["id"]);
                let job = json(&get(carrier, &jobs, &[]).await.expect("the jobs"))["jobs"][0].clone();
                if job["run_attempt"] == attempt {
                    return (run, job);
                }
            }
            // Until the server says so: there is nothing else to wait for.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("the run ends")
}

#[tokio::test]
async fn a_failed_job_is_read_and_run_again() {
    let Some(part) = parts::start("gitea") else { return };
    let owner = carrier(part.var("BASE_URL"), part.var("TOKEN"));
    let made = post(&owner, "/user/repos", Some(json!({"name": "shop", "private": true})), false).await;
    assert_eq!(made.expect("an answer").status, 201);
    push(&part);
    let (run, job) = ended(&owner, 1).await;
    assert_eq!((&run["conclusion"], &job["conclusion"]), (&json!("failure"), &json!("failure")));
    let (run, job) = (&run["id"], &job["id"]);
    let log = get(&owner, &format!("{REPOSITORY}/actions/jobs/{job}/logs"), &[]).await.expect("the log");
    assert_eq!(log.status, 200);
    assert!(log.body.contains("connect ECONNREFUSED: the flag is missing"), "{}", log.body);

    let again = format!("{REPOSITORY}/actions/runs/{run}/rerun-failed-jobs");
    let late = post(&owner, &again, None, true).await.expect_err("too late");
    assert_eq!((late.code.as_str(), late.sent), ("send_by", Sent::No));
    std::fs::write(part.folder().join("flag"), "").expect("the flag");
    assert_eq!(post(&owner, &again, None, false).await.expect("an answer").status, 201);
    assert_eq!(ended(&owner, 2).await.0["conclusion"], "success");

    every_no_is_told(&part, &owner, &again).await;
    the_actions_do_it_all(&part, owner, run.as_i64().expect("an id")).await;
}

/// The same once more, by the actions that playbooks call.
async fn the_actions_do_it_all(part: &Part, owner: Carrier, first: i64) {
    use value::Value;
    std::fs::remove_file(part.folder().join("flag")).expect("no flag");
    let issue = post(&owner, &format!("{REPOSITORY}/issues"), Some(json!({"title": "ci is red"})), false).await;
    let issue = json(&issue.expect("an issue"))["number"].as_i64().expect("its number");
    // Without the flag a rerun of what passed fails.
    let rerun = format!("{REPOSITORY}/actions/runs/{first}/rerun");
    assert_eq!(post(&owner, &rerun, None, false).await.expect("an answer").status, 201);
    ended(&owner, 3).await;

    let at = Surroundings {
        github_repository: Some("owner/shop".to_owned()),
        now_ms: now(),
        run_id: "run1".to_owned(),
        ..Surroundings::default()
    };
    let driver = Driver { carrier: owner, at };
    let arg = |name: &str, value: Value| (name.to_owned(), value);
    let list = |value: Value| match value {
        Value::List(items) => items,
        other => panic!("{other:?} is no list"),
    };

    let failed = Args::from([arg("conclusion", Value::text("failure")), arg("workflow", Value::text("ci.yml"))]);
    let runs = list(driver.read("github.runs", &failed).await.expect("the runs"));
    assert_eq!(runs.iter().map(|run| field(run, "id")).collect::<Vec<_>>(), [Value::Int(first)]);
    let key = [("id".to_owned(), first.to_string())].into();
    let target = Target { kind: "github.run".to_owned(), noun: "run".to_owned(), key, untrusted: false };
    let run = Args::from([arg("run", Value::Target(Arc::new(target)))]);
    let jobs = list(driver.read("github.failed_jobs", &run).await.expect("the jobs"));
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    let log = driver.read("github.job_log", &Args::from([arg("job", jobs[0].clone())])).await.expect("the log");
    assert!(format!("{log:?}").contains("ECONNREFUSED: the flag is missing"), "{log:?}");

    std::fs::write(part.folder().join("flag"), "").expect("the flag");
    let again = "github.rerun_failed_jobs";
    let call = driver.resolved(again, &run).await;
    assert_eq!(driver.probe(again, &call, "KEY1").await, Probed::NotApplied);
    driver.send(again, &call, "KEY1").await.expect("run again");
    assert_eq!(driver.probe(again, &call, "KEY1").await, Probed::Applied);

    let say = "github.comment";
    let told = Args::from([arg("issue", Value::Int(issue)), arg("body", Value::text("ran it again"))]);
    let call = driver.resolved(say, &told).await;
    assert_eq!(driver.probe(say, &call, "KEY2").await, Probed::NotApplied);
    driver.send(say, &call, "KEY2").await.expect("told");
    assert_eq!(driver.probe(say, &call, "KEY2").await, Probed::Applied);
}

async fn every_no_is_told(part: &Part, owner: &Carrier, again: &str) {
    let unknown = format!("{REPOSITORY}/actions/runs/999999/rerun-failed-jobs");
    assert_eq!(post(owner, &unknown, None, false).await.expect("an answer").status, 404);
    let no_log = get(owner, &format!("{REPOSITORY}/actions/jobs/999999/logs"), &[]).await.expect("an answer");
    assert_eq!(no_log.status, 404, "a log that is not there is no log");
    let stranger = carrier(part.var("BASE_URL"), "0123456789012345678901234567890123456789");
    assert_eq!(get(&stranger, REPOSITORY, &[]).await.expect("an answer").status, 401);
    assert_eq!(post(&stranger, again, None, false).await.expect("an answer").status, 401);
    let page = get(owner, &format!("{REPOSITORY}/actions/runs"), &[("per_page", "0")]).await.expect("an answer");
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn every_request_is_one_that_github_describes() {
    let Some(part) = parts::start("prism") else { return };
    let github = carrier(part.var("BASE_URL"), "ghp_0123456789");
    let runs = "/repos/o/r/actions/runs";
    for (path, query) in [
        (runs.to_owned(), &[("per_page", "30"), ("status", "failure"), ("branch", "main")][..]),
        (format!("{runs}/7"), &[]),
        (format!("{runs}/7/jobs"), &[("filter", "latest"), ("per_page", "100")]),
        (format!("{runs}/7/attempts/2/jobs"), &[]),
        ("/repos/o/r/issues/3/comments".to_owned(), &[("per_page", "100")]),
    ] {
        let answer = get(&github, &path, query).await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        json(&answer);
    }
    for (path, body, status) in [
        (format!("{runs}/7/rerun-failed-jobs"), None, 201),
        ("/repos/o/r/issues/3/comments".to_owned(), Some(json!({"body": "healed"})), 201),
        ("/repos/o/r/issues/3/comments".to_owned(), Some(json!({"text": "no body"})), 422),
        ("/repos/o/r/no/such/path".to_owned(), None, 404),
    ] {
        let answer = post(&github, &path, body, false).await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}
