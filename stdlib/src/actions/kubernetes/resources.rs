//! `kubernetes.resources`: what a container of a deployment may use.
//!
//! A container that does not exist is `permanent` and names those that do. Other failures are those of
//! `kubernetes.pods`.

use super::api::{App, deployment};
use super::app;
use super::objects::{Container, Deployment};
use super::quantity;
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{data, example, reads, required, result_record, rule};
use crate::error::ErrorInfo;
use crate::talk::{done, fail, talk};
use crate::value::Value;
use heal_lang::catalogue::Dim;
use heal_lang::catalogue::{ActionDecl, Type};
use serde_json::Value as Json;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "From the pod template, not from a running pod.".to_owned(),
        params: vec![app(), data(required("container", Type::String, "Which container."))],
        result: result_record("kubernetes.Resources"),
        permissions: vec![rule("apps", "deployments", &["get"])],
        examples: vec![example("Its memory limit", r#"kubernetes.resources(app, container: "checkout").memory_limit"#)],
        ..reads("kubernetes.resources", "reads a container's limits and requests")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let name = arguments::text(args, "container")?;
        Ok(talk(deployment(&app, move |found, _| match find(&found, &name) {
            Ok((_, container)) => done(value(&found, &container)),
            Err(error) => fail(error),
        })))
    }
}

/// A container of the pod template, and its place.
pub(super) fn find(deployment: &Deployment, name: &str) -> Result<(usize, Container), ErrorInfo> {
    let all = deployment.containers();
    let names: Vec<String> = all.iter().map(|c| c.name.clone()).collect();
    all.into_iter().enumerate().find(|(_, c)| c.name == name).ok_or_else(|| {
        let message = format!("{} has no container `{name}`, only {}", deployment.metadata.name, names.join(", "));
        ErrorInfo::permanent("no_container", message)
    })
}

/// Stands for a container's resources: equal where they are.
pub(super) fn version(resources: Option<&Json>) -> String {
    // Through a sorted map: the order of the server's keys means nothing.
    let sorted = resources.map(sorted).unwrap_or_default();
    blake3::hash(sorted.as_bytes()).to_hex().as_str().get(..16).unwrap_or_default().to_owned()
}

fn sorted(json: &Json) -> String {
    match json {
        Json::Object(fields) => {
            let mut parts: Vec<String> = fields.iter().map(|(k, v)| format!("{k}:{}", sorted(v))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Json::Null => "{}".to_owned(),
        other => other.to_string(),
    }
}

/// `kubernetes.Resources`
fn value(deployment: &Deployment, container: &Container) -> Value {
    let read = |of: &str, what: &str, dim: Dim| {
        let text = container.resources.as_ref().and_then(|r| r.get(of)?.get(what));
        let text = text.map(|t| t.as_str().map_or_else(|| t.to_string(), str::to_owned));
        text.and_then(|t| quantity::parse(&t)).map_or(Value::None, |v| Value::Quantity(dim, v))
    };
    Value::record([
        ("memory_limit", read("limits", "memory", Dim::Bytes)),
        ("memory_request", read("requests", "memory", Dim::Bytes)),
        ("cpu_limit", read("limits", "cpu", Dim::Cpu)),
        ("cpu_request", read("requests", "cpu", Dim::Cpu)),
        ("replicas", Value::Int(deployment.replicas())),
        ("ready", Value::Int(deployment.status.ready_replicas)),
        ("version", Value::text(&version(container.resources.as_ref()))),
    ])
}
