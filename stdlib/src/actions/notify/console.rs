//! `notify.console`: says it on standard error, and in the job summary in CI.
//!
//! Fails only where standard error is closed.

use crate::declare::{example, tells};
use heal_lang::catalogue::{ActionDecl, Class, ResultDecl};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Text from outside is made safe to show first: no workflow commands, no terminal control.".to_owned(),
        params: super::message(),
        result: ResultDecl::Nothing,
        examples: vec![example("Call whoever is looking", r#"notify.console(summary: "orders fail, see ${run.url}")"#)],
        ..tells("notify.console", "says it on the terminal and in the job summary", Class::Blind)
    }
}
