//! Ways to reach people.

pub(crate) mod console;
pub(crate) mod pagerduty;
pub(crate) mod webhook;

use crate::action::{Args, ChangeMachine, ResolveMachine, ResolveStep, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{data, maybe, optional};
use crate::error::ErrorInfo;
use crate::evaluate::{clip, safe};
use crate::request::{ChangeRequest, Endpoint, HeaderText, HttpBody, HttpRequest};
use crate::status::Asked;
use crate::talk::{Sent, Turn, ask, changed, fail, http, talk};
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, ParamDecl, Permission, Type};
use heal_lang::plan::ErrorClass;

/// What every message has.
fn message() -> Vec<ParamDecl> {
    vec![
        data(crate::declare::required("summary", Type::String, "What people read first.")),
        data(maybe("link", Type::String, "Where to read on; otherwise the run's page.")),
        optional("severity", Type::enumeration("notify.severity"), DefaultValue::Word("error".to_owned()), "How loud."),
    ]
}

/// What is said, ready to be sent.
struct Message {
    summary: String,
    link: String,
    severity: String,
}

/// More is not read by anybody.
const LONGEST: usize = 4_000;

impl Message {
    fn new(args: &Args, at: &Surroundings) -> Result<Self, ErrorInfo> {
        let text = |name: &str| -> Result<Option<String>, ErrorInfo> {
            Ok(arguments::maybe_text(args, name)?.map(|t| clip(&safe(&t), LONGEST)).filter(|t| !t.is_empty()))
        };
        Ok(Self {
            summary: text("summary")?.unwrap_or_else(|| "no summary".to_owned()),
            link: text("link")?.unwrap_or_else(|| at.run_url.clone()),
            severity: text("severity")?.unwrap_or_else(|| "error".to_owned()),
        })
    }

    /// Summary and link, the link once.
    fn text(&self) -> String {
        if self.link.is_empty() || self.summary.contains(&self.link) {
            self.summary.clone()
        } else {
            format!("{}\n{}", self.summary, self.link)
        }
    }
}

/// Posts JSON to whoever tells people; `(who, what must be allowed)` are for the words of an error.
fn posted(
    endpoint: Endpoint,
    headers: Vec<(String, HeaderText)>,
    body: Value,
    (who, allowed): (&'static str, &'static str),
) -> Box<dyn ChangeMachine> {
    let request = HttpRequest {
        method: "POST".to_owned(),
        endpoint,
        query: Vec::new(),
        headers,
        body: Some(HttpBody::Json(body)),
        max_bytes: 64 << 10,
        follow: false,
    };
    talk(ask(Sent::Write(ChangeRequest::Http(request)), move |answer, _| match http(answer) {
        Ok(answer) => {
            let permission = Some(Permission::Http { what: allowed.to_owned() });
            match (Asked { what: who, permission }).change(&answer) {
                None => changed(Value::None),
                Some(error) => fail(again(error)),
            }
        }
        Err(error) => fail(again(error)),
    }))
}

/// A message that may have been lost is sent again: twice told is better than not told.
fn again(error: ErrorInfo) -> ErrorInfo {
    match error.class {
        ErrorClass::Uncertain => ErrorInfo { class: ErrorClass::Transient, ..error },
        _ => error,
    }
}

/// A message needs no look at the world before it is sent.
fn resolved(args: &Args, summary: String) -> Box<dyn ResolveMachine> {
    talk(Turn::End(ResolveStep::Done(Box::new(ResolvedCall {
        args: args.clone(),
        summary,
        before: serde_json::Value::Null,
        undo: None,
        identity: serde_json::Value::Null,
        unchanged: false,
    }))))
}
