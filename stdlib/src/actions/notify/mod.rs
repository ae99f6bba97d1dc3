//! Ways to reach people.

pub(crate) mod console;
pub(crate) mod pagerduty;
pub(crate) mod webhook;

use crate::action::{Args, ResolveMachine, ResolveStep, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{data, maybe, optional};
use crate::error::ErrorInfo;
use crate::evaluate::{clip, safe};
use crate::talk::{Turn, talk};
use heal_lang::catalogue::{DefaultValue, ParamDecl, Type};

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
