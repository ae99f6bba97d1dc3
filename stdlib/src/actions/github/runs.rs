//! `github.runs`: the latest runs of a repository.
//!
//! 401, 403 and a 404 for what should be there are `denied` and name the scope; rate limits are `throttled`; 5xx and no
//! answer `transient`.

use super::api::{Run, Runs, conclusion, get, outside, parse, permission, repository, status, time};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{data, example, int, maybe, reads, result, scope};
use crate::error::ErrorInfo;
use crate::evaluate::plain;
use crate::talk::{ask, done, fail, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Newest first.".to_owned(),
        params: vec![
            data(maybe("workflow", Type::String, "Of which workflow: its file's name or its own.")),
            data(maybe("branch", Type::String, "Of which branch.")),
            maybe("conclusion", Type::enumeration("github.conclusion"), "Only those that ended like this."),
            int("at_most", 20, "How many, 100 at most."),
        ],
        result: result(Type::record("github.Run").list()),
        permissions: vec![scope("actions", "read")],
        examples: vec![example(
            "How many of the last twenty failed",
            r#"github.runs(workflow: "ci.yml").count(r => r.conclusion is failure)"#,
        )],
        ..reads("github.runs", "lists workflow runs")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let path = format!("{}/actions/runs", repository(at)?);
        let workflow = arguments::maybe_text(args, "workflow")?;
        let branch = arguments::maybe_text(args, "branch")?;
        let wanted = arguments::maybe_text(args, "conclusion")?;
        let most = arguments::count(args, "at_most", 20, 100)?;
        let hundred = || "100".to_owned();
        let mut query = vec![("per_page", hundred()), ("limit", hundred())];
        query.extend(branch.clone().map(|b| ("branch", b)));
        Ok(talk(ask(get(path, &query), move |answer, _| {
            let list: Runs = match parse(answer, "the runs", permission("actions", "read")) {
                Ok(list) => list,
                Err(error) => return fail(error),
            };
            // Not every server filters: here once more.
            let fits = |run: &&Run| {
                workflow.as_ref().is_none_or(|w| of_workflow(run, w))
                    && branch.as_ref().is_none_or(|b| run.head_branch.as_ref() == Some(b))
                    && wanted.as_ref().is_none_or(|w| plain(&conclusion(run.conclusion.as_deref())).as_ref() == Some(w))
            };
            done(Value::list(list.workflow_runs.iter().filter(fits).take(most).map(value).collect()))
        })))
    }
}

/// By the workflow's own name, or its file's.
fn of_workflow(run: &Run, workflow: &str) -> bool {
    let path = run.path.as_deref().unwrap_or_default();
    // `ci.yml@refs/heads/main` on Gitea, `.github/workflows/ci.yml` on GitHub.
    let file = path.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    run.name.as_deref() == Some(workflow) || (!file.is_empty() && file == workflow)
}

/// `github.Run`
fn value(run: &Run) -> Value {
    Value::record([
        ("id", Value::Int(run.id)),
        ("workflow", outside(run.name.as_ref().or(run.display_title.as_ref()))),
        ("status", status(run.status.as_deref())),
        ("conclusion", conclusion(run.conclusion.as_deref())),
        ("attempt", Value::Int(run.run_attempt.unwrap_or(1))),
        ("branch", outside(run.head_branch.as_ref())),
        ("commit", outside(run.head_sha.as_ref())),
        ("event", outside(run.event.as_ref())),
        ("at", time(run.created_at.as_ref().or(run.started_at.as_ref()))),
        ("url", outside(run.html_url.as_ref())),
    ])
}
