//! A real server with GitHub's paths (Gitea and its runner), and GitHub's own description of its API (Prism).

use super::parts::{self, Part};
use super::{LONG, act, ask, json};
use crate::carrier::Carrier;
use crate::connections::{Connections, Github};
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::{ChangeRequest, GithubGet, GithubWrite, HttpAnswer, ReadRequest};
use heal_stdlib::value::Secret;
use serde_json::{Value, json};
use std::process::Command;

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
