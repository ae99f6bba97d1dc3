//! `kubernetes.pods`: the pods of a deployment.
//!
//! A deployment that does not exist is `permanent`; 403 is `denied`; 429 and 503 `throttled`; other 5xx `transient`.

use super::app;
use crate::declare::{example, reads, result, rule};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Pods of all its replica sets, by the deployment's selector. How a container ended comes from its status \
              (`lastState.terminated`), not from any text."
            .to_owned(),
        params: vec![app()],
        result: result(Type::record("kubernetes.Pod").list()),
        permissions: vec![rule("apps", "deployments", &["get"]), rule("", "pods", &["list"])],
        examples: vec![example(
            "Was one killed for its memory",
            "kubernetes.pods(app).any(p => p.last_exit is oom_killed)",
        )],
        ..reads("kubernetes.pods", "lists the pods of a deployment")
    }
}
