//! `kubernetes.pods`: the pods of a deployment.
//!
//! A deployment that does not exist is `permanent`; 403 is `denied`; 429 and 503 `throttled`; other 5xx `transient`.

use super::api::{App, deployment, parse, permission};
use super::app;
use super::objects::{Deployment, List, Pod, Terminated};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, reads, result, rule};
use crate::error::ErrorInfo;
use crate::moment;
use crate::request::ReadRequest;
use crate::talk::{End, Turn, ask, done, fail, talk};
use crate::value::Value;
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

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let again = app.clone();
        Ok(talk(deployment(&app, move |found, _| {
            pods(&again, &found, |pods, _| done(Value::list(pods.iter().map(value).collect())))
        })))
    }
}

/// The deployment's pods, then on.
pub(super) fn pods<E: End + 'static>(
    app: &App,
    deployment: &Deployment,
    then: impl FnOnce(Vec<Pod>, i64) -> Turn<ReadRequest, E> + Send + 'static,
) -> Turn<ReadRequest, E> {
    let path = format!("/api/v1/namespaces/{}/pods", app.namespace);
    let query = vec![("labelSelector".to_owned(), deployment.spec.selector.text())];
    let shown = app.shown();
    ask(super::api::get(path, query), move |answer, now| {
        match parse::<List<Pod>>(answer, &format!("the pods of {shown}"), permission("", "pods", "list")) {
            Ok(list) => then(list.items, now),
            Err(error) => fail(error),
        }
    })
}

/// `kubernetes.Pod`
fn value(pod: &Pod) -> Value {
    let last = last_exit(pod);
    let time = |text: Option<&String>| text.and_then(|t| moment::parse(t)).map_or(Value::None, Value::Time);
    let text = |text: Option<String>| text.map_or(Value::None, |t| Value::Untrusted(t.into()));
    let waiting = pod.status.container_statuses.iter().find_map(|c| c.state.waiting.as_ref()).map(|w| w.reason.clone());
    let phase = match pod.status.phase.as_str() {
        "Pending" => "pending",
        "Running" => "running",
        "Succeeded" => "succeeded",
        "Failed" => "failed",
        _ => "unknown",
    };
    Value::record([
        ("name", Value::Untrusted(pod.metadata.name.as_str().into())),
        ("phase", Value::Word(phase.into())),
        ("ready", Value::Bool(pod.ready())),
        ("restarts", Value::Int(pod.restarts())),
        ("last_exit", Value::Word(exit_word(pod, last).into())),
        ("exit_code", last.map_or(Value::None, |t| Value::Int(t.exit_code))),
        ("exited", time(last.and_then(|t| t.finished_at.as_ref()))),
        ("waiting", text(waiting)),
        ("node", text(pod.spec.node_name.clone())),
        ("started", time(pod.status.start_time.as_ref())),
        ("hash", Value::text(&pod.metadata.hash())),
    ])
}

/// How a container of it ended last: the newest of all ends; one that failed before one that did not.
fn last_exit(pod: &Pod) -> Option<&Terminated> {
    let all = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let ends = all.flat_map(|c| [c.state.terminated.as_ref(), c.last_state.terminated.as_ref()]).flatten();
    ends.max_by_key(|t| (t.exit_code != 0, t.finished_at.as_deref().and_then(moment::parse).unwrap_or(0)))
}

fn exit_word(pod: &Pod, last: Option<&Terminated>) -> &'static str {
    match (pod.status.reason.as_deref(), last) {
        (Some("Evicted"), _) => "evicted",
        (Some("DeadlineExceeded"), _) => "deadline_exceeded",
        (_, None) => "no_exit",
        (_, Some(t)) => match t.reason.as_str() {
            "OOMKilled" => "oom_killed",
            "Completed" => "completed",
            "Error" => "error",
            "ContainerCannotRun" | "StartError" => "cannot_run",
            "DeadlineExceeded" => "deadline_exceeded",
            "Evicted" => "evicted",
            _ if t.exit_code == 0 => "completed",
            _ => "other",
        },
    }
}
