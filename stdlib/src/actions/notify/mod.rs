//! Ways to reach people.

pub(crate) mod console;
pub(crate) mod pagerduty;
pub(crate) mod webhook;

use crate::declare::{maybe, optional};
use heal_lang::catalogue::{DefaultValue, ParamDecl, Type};

/// What every message has.
fn message() -> Vec<ParamDecl> {
    vec![
        crate::declare::required("summary", Type::String, "What people read first."),
        maybe("link", Type::String, "Where to read on; otherwise the run's page."),
        optional("severity", Type::enumeration("notify.severity"), DefaultValue::Word("error".to_owned()), "How loud."),
    ]
}
