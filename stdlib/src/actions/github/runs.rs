//! `github.runs`: the latest runs of a repository.
//!
//! 401, 403 and a 404 for what should be there are `denied` and name the scope; rate limits are `throttled`; 5xx and no
//! answer `transient`.

use crate::declare::{example, int, maybe, reads, result, scope};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Newest first.".to_owned(),
        params: vec![
            maybe("workflow", Type::String, "Of which workflow: its file's name or its own."),
            maybe("branch", Type::String, "Of which branch."),
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
