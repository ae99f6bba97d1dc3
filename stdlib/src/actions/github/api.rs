//! Questions to the API, and what is read of its answers: fields of our own, all optional, so that GitHub and Gitea fit.

use crate::action::Surroundings;
use crate::arguments;
use crate::error::ErrorInfo;
use crate::moment;
use crate::request::{Answer, GithubGet, ReadRequest};
use crate::status::Asked;
use crate::talk::{End, Turn, ask, fail, http};
use crate::value::{Target, Value};
use heal_lang::catalogue::Permission;
use heal_lang::plan::ErrorClass;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Of an answer.
const MOST_BYTES: u64 = 16 << 20;

/// `/repos/owner/name` of the connection.
pub(super) fn repository(at: &Surroundings) -> Result<String, ErrorInfo> {
    let missing = || {
        let message = "no repository is known; set `connections: github: repository` in healrun.yaml (in CI the job's own is taken)";
        ErrorInfo::permanent("no_repository", message)
    };
    let name = at.github_repository.as_deref().ok_or_else(missing)?;
    let part = |p: &str| {
        !p.is_empty() && p != "." && p != ".." && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match name.split_once('/') {
        Some((owner, repo)) if part(owner) && part(repo) => Ok(format!("/repos/{name}")),
        _ => Err(missing()),
    }
}

/// The id of a run.
pub(super) fn run_id(target: &Target) -> Result<i64, ErrorInfo> {
    let text = arguments::key(target, "id")?;
    match text.parse::<i64>() {
        Ok(id) if id > 0 => Ok(id),
        _ => Err(ErrorInfo::permanent("argument", format!("`{text}` is no id of a run"))),
    }
}

pub(super) fn get(path: String, query: &[(&str, String)]) -> ReadRequest {
    let query = query.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    ReadRequest::Github(GithubGet { path, query, text: false, max_bytes: MOST_BYTES })
}

/// The scope that is missing where the server says 401, 403 or hides behind a 404.
pub(super) fn permission(scope: &str, level: &str) -> Option<Permission> {
    Some(Permission::Github { scope: scope.to_owned(), level: level.to_owned() })
}

/// The `message` of an answer.
pub(super) fn message(body: &str) -> Option<String> {
    let said: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(crate::evaluate::clip(&crate::evaluate::safe(said.get("message")?.as_str()?), 300))
}

/// The object of an answer.
pub(super) fn parse<T: DeserializeOwned>(
    answer: Answer,
    what: &str,
    scope: Option<Permission>,
) -> Result<T, ErrorInfo> {
    let answer = http(answer)?;
    if let Some(mut error) = (Asked { what, permission: scope.clone() }).read(&answer) {
        if let Some(said) = message(&answer.body) {
            error.message = format!("{what} was answered {}: {said}", answer.status);
        }
        // What a token may not see is answered as if it were not there.
        if answer.status == 404 {
            error.class = ErrorClass::Denied;
            error.permission = scope;
            error.message = format!("{what} is not there, or the token may not see it");
        }
        return Err(error);
    }
    if answer.truncated {
        return Err(ErrorInfo::permanent("too_large", format!("{what}: the answer is too long")));
    }
    serde_json::from_str(&answer.body)
        .map_err(|e| ErrorInfo::permanent("protocol", format!("{what}: the answer is not as expected: {e}")))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Runs {
    pub(super) workflow_runs: Vec<Run>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Run {
    pub(super) id: i64,
    pub(super) name: Option<String>,
    pub(super) display_title: Option<String>,
    pub(super) path: Option<String>,
    pub(super) status: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) run_attempt: Option<i64>,
    pub(super) head_branch: Option<String>,
    pub(super) head_sha: Option<String>,
    pub(super) event: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) started_at: Option<String>,
    pub(super) html_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Jobs {
    pub(super) jobs: Vec<Job>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) name: Option<String>,
    pub(super) conclusion: Option<String>,
    pub(super) run_attempt: Option<i64>,
    pub(super) steps: Option<Vec<Step>>,
    pub(super) started_at: Option<String>,
    pub(super) completed_at: Option<String>,
    pub(super) html_url: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) name: Option<String>,
    pub(super) conclusion: Option<String>,
}

impl Run {
    pub(super) fn completed(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }
}

/// The attempt of a run: its own word, else (Gitea) that of its latest jobs.
pub(super) fn attempt(run: &Run, jobs: &[Job]) -> i64 {
    // Gitea says 0 of every run.
    run.run_attempt.filter(|n| *n > 0).or_else(|| jobs.iter().filter_map(|j| j.run_attempt).max()).unwrap_or(1).max(1)
}

/// A run and the jobs of its latest attempt, then on.
pub(super) fn run_and_jobs<E: End + 'static>(
    repository: &str,
    id: i64,
    then: impl FnOnce(Run, Vec<Job>, i64) -> Turn<ReadRequest, E> + Send + 'static,
) -> Turn<ReadRequest, E> {
    let path = format!("{repository}/actions/runs/{id}");
    let jobs = format!("{path}/jobs");
    ask(get(path, &[]), move |answer, _| {
        let run: Run = match parse(answer, &format!("the run {id}"), permission("actions", "read")) {
            Ok(run) => run,
            Err(error) => return fail(error),
        };
        // Page size has one name on GitHub and another on Gitea.
        let hundred = || "100".to_owned();
        let query = [("filter", "latest".to_owned()), ("per_page", hundred()), ("limit", hundred())];
        ask(get(jobs, &query), move |answer, now| {
            match parse::<Jobs>(answer, &format!("the jobs of run {id}"), permission("actions", "read")) {
                Ok(jobs) => then(run, jobs.jobs, now),
                Err(error) => fail(error),
            }
        })
    })
}

/// A word of `github.conclusion`.
pub(super) fn conclusion(text: Option<&str>) -> Value {
    let word = match text {
        None | Some("") => "pending",
        Some(
            known @ ("success" | "failure" | "cancelled" | "skipped" | "timed_out" | "action_required" | "neutral"
            | "stale"),
        ) => known,
        Some(_) => "other",
    };
    Value::Word(word.into())
}

/// A word of `github.status`.
pub(super) fn status(text: Option<&str>) -> Value {
    let known = |word: &&str| ["queued", "in_progress", "waiting", "completed"].contains(word);
    Value::Word(text.filter(known).unwrap_or("other").into())
}

/// A time; what has not happened is 1970 on Gitea.
pub(super) fn time(text: Option<&String>) -> Value {
    text.and_then(|t| moment::parse(t)).filter(|at| *at > 0).map_or(Value::None, Value::Time)
}

/// Text that came from outside.
pub(super) fn outside(text: Option<&String>) -> Value {
    Value::Untrusted(text.map_or("", String::as_str).into())
}
