//! `kubernetes.resources`: what a container of a deployment may use.
//!
//! A container that does not exist is `permanent` and names those that do. Other failures are those of
//! `kubernetes.pods`.

use super::app;
use crate::declare::{example, reads, required, result_record, rule};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "From the pod template, not from a running pod.".to_owned(),
        params: vec![app(), required("container", Type::String, "Which container.")],
        result: result_record("kubernetes.Resources"),
        permissions: vec![rule("apps", "deployments", &["get"])],
        examples: vec![example("Its memory limit", r#"kubernetes.resources(app, container: "checkout").memory_limit"#)],
        ..reads("kubernetes.resources", "reads a container's limits and requests")
    }
}
