//! `github.comment`: writes a comment on an issue or a pull request.
//!
//! 404 and 410 are `permanent`, 401 and 403 `denied`, rate limits `throttled`; a lost answer is `uncertain`.

use super::api::{get, message, parse, permission, repository};
use crate::action::{
    Args, ChangeAction, ChangeMachine, ProbeMachine, Probed, ResolveMachine, ResolveStep, ResolvedCall, Surroundings,
};
use crate::arguments;
use crate::declare::{data, example, required, scope, subject, tells};
use crate::error::ErrorInfo;
use crate::evaluate::{clip, safe};
use crate::moment;
use crate::request::{ChangeRequest, GithubWrite};
use crate::status::Asked;
use crate::talk::{Sent, Turn, ask, changed, fail, found, http, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, ResultDecl, Type};
use serde_json::json;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "The comment ends with a hidden mark of its intent, so that a second sending after a crash finds it. \
              Mentions in text from outside are neutralised."
            .to_owned(),
        params: vec![
            subject("issue", Type::Int, "The number of the issue or pull request."),
            data(required("body", Type::String, "Markdown.")),
        ],
        result: ResultDecl::Nothing,
        permissions: vec![scope("issues", "write")],
        read_lag_ms: 5_000,
        examples: vec![example(
            "Say what was done",
            r#"github.comment(12, body: "ran the failed jobs again: ${run.outcome}")"#,
        )],
        ..tells("github.comment", "comments on an issue or pull request", Class::Probed)
    }
}

/// The action.
pub(crate) struct Action;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let issue = issue(args)?;
        body(args)?;
        // A minute back: our clock may be ahead of the server's.
        let since = at.now_ms.saturating_sub(60_000).max(0);
        Ok(talk(Turn::End(ResolveStep::Done(Box::new(ResolvedCall {
            args: args.clone(),
            summary: format!("comment on #{issue}"),
            before: json!({ "since": since }),
            undo: None,
            identity: json!({ "repository": repository(at)?, "issue": issue }),
            unchanged: false,
        })))))
    }

    fn send(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let issue = issue(&call.args)?;
        let write = GithubWrite {
            method: "POST".to_owned(),
            path: format!("{}/issues/{issue}/comments", repository(at)?),
            body: Some(json!({ "body": format!("{}\n\n{}", body(&call.args)?, mark(key)) })),
        };
        Ok(talk(ask(Sent::Write(ChangeRequest::Github(write)), move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            let what = format!("the comment on #{issue}");
            match (Asked { what: &what, permission: permission("issues", "write") }).change(&answer) {
                None => changed(Value::None),
                Some(mut error) => {
                    if let Some(said) = message(&answer.body) {
                        error.message = format!("{what} was answered {}: {said}", answer.status);
                    }
                    fail(error)
                }
            }
        })))
    }

    fn probe(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        let issue = issue(&call.args).ok()?;
        let since = call.before.get("since").and_then(serde_json::Value::as_i64).unwrap_or(0);
        let path = format!("{}/issues/{issue}/comments", repository(at).ok()?);
        let hundred = || "100".to_owned();
        let query = [("since", moment::format(since)), ("per_page", hundred()), ("limit", hundred())];
        let mark = mark(key);
        Some(talk(ask(get(path, &query), move |answer, _| {
            let what = format!("the comments on #{issue}");
            let comments: Vec<serde_json::Value> = match parse(answer, &what, permission("issues", "read")) {
                Ok(comments) => comments,
                Err(error) => return fail(error),
            };
            let ours =
                comments.iter().any(|c| c.get("body").and_then(|b| b.as_str()).is_some_and(|b| b.contains(&mark)));
            found(if ours { Probed::Applied } else { Probed::NotApplied }, Value::None)
        })))
    }
}

/// Hidden in the comment: by this the probe finds it.
fn mark(key: &str) -> String {
    format!("<!-- healrun {key} -->")
}

fn issue(args: &Args) -> Result<i64, ErrorInfo> {
    match arguments::int(args, "issue")? {
        n if n > 0 => Ok(n),
        n => Err(ErrorInfo::permanent("argument", format!("{n} is no number of an issue"))),
    }
}

/// Longer ones are refused by the server.
const LONGEST: usize = 60_000;

/// The text. What came from outside pings nobody and shows nothing of its own (R69).
fn body(args: &Args) -> Result<String, ErrorInfo> {
    let text = arguments::text(args, "body")?;
    Ok(match args.get("body") {
        Some(Value::Untrusted(_)) => clip(&neutral(&safe(&text)), LONGEST),
        _ => clip(&text, LONGEST),
    })
}

fn neutral(text: &str) -> String {
    text.replace('<', "&lt;").replace('@', "&#64;").replace("![", "!&#91;").replace("](", "]&#40;")
}
