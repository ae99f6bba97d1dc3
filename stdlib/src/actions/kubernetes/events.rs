//! `kubernetes.events`: what the cluster noted about a deployment, its replica sets and its pods.
//!
//! Events live for an hour; none is an answer. Failures are those of `kubernetes.pods`.

use super::app;
use crate::declare::{duration, example, reads, result, rule};
use heal_lang::catalogue::{ActionDecl, Evidence, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Newest first. Messages hold text of anybody who can name an object.".to_owned(),
        params: vec![app(), duration("over", 3600.0, "How far back.")],
        result: result(Type::record("kubernetes.Event").list()),
        permissions: vec![rule("", "events", &["list"])],
        evidence: Evidence::Text,
        examples: vec![example(
            "An image that can't be pulled",
            r#"kubernetes.events(app).any(e => e.reason == "Failed")"#,
        )],
        ..reads("kubernetes.events", "lists the events of a deployment")
    }
}
