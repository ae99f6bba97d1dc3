//! `github.comment`: writes a comment on an issue or a pull request.
//!
//! 404 and 410 are `permanent`, 401 and 403 `denied`, rate limits `throttled`; a lost answer is `uncertain`.

use crate::declare::{example, required, scope, subject, tells};
use heal_lang::catalogue::{ActionDecl, Class, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "The comment ends with a hidden mark of its intent, so that a second sending after a crash finds it. \
              Mentions in text from outside are neutralised."
            .to_owned(),
        params: vec![
            subject("issue", Type::Int, "The number of the issue or pull request."),
            required("body", Type::String, "Markdown."),
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
