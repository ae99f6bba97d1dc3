//! Deployments and their pods, over the Kubernetes API.

mod api;
mod change;
pub(crate) mod events;
pub(crate) mod logs;
mod objects;
pub(crate) mod pods;
mod quantity;
pub(crate) mod resources;
pub(crate) mod rollout_history;
pub(crate) mod rollout_restart;
pub(crate) mod rollout_undo;
pub(crate) mod scale;
pub(crate) mod set_resources;
#[cfg(test)]
mod tests;
mod vocabulary;

pub(crate) use vocabulary::{enums, records, targets, texts};

use crate::declare::{rule, subject};
use heal_lang::catalogue::{ParamDecl, Permission, Type};

/// The subject of every action of this family.
fn app() -> ParamDecl {
    subject("app", Type::target("kubernetes.deployment"), "Which deployment.")
}

/// What a change to a deployment needs: to find it, to see who manages it, to write it.
fn writes() -> Vec<Permission> {
    vec![
        rule("apps", "deployments", &["get", "patch"]),
        rule("apps", "replicasets", &["get", "list"]),
        rule("autoscaling", "horizontalpodautoscalers", &["list"]),
    ]
}
