//! What all changes to a deployment share: whom not to fight, the write with its preconditions, the probe (R55 to R58).

use super::api::{self, App, get, message, permission};
use super::objects::Deployment;
use crate::action::{ChangeStep, Probed, ResolveStep, ResolvedCall, Surroundings};
use crate::arguments;
use crate::error::{ErrorInfo, Sent as Left};
use crate::request::{Answer, ChangeRequest, KubernetesWrite, ReadRequest};
use crate::status::Asked;
use crate::talk::{Changing, Probing, Resolving, Sent, Turn, ask, changed, fail, found, http, odd};
use crate::value::Value;
use heal_lang::plan::ErrorClass;
use serde_json::{Value as Json, json};

/// The key of the intent that wrote last: the probe (R19).
const INTENT: &str = "healrun.dev/intent";
/// The run that wrote last: its own rollout is not somebody else's.
const RUN: &str = "healrun.dev/run";
/// Somebody wants this left alone.
const HANDS_OFF: &str = "healrun.dev/hands-off";

/// How a rollout that is under way counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Underway {
    /// Somebody else is at work: blocked.
    Blocks,
    /// It is the suspect itself.
    Suspect,
}

/// Looks at the deployment and goes on, unless somebody else is in charge or at work.
pub(super) fn begin(
    app: &App,
    at: &Surroundings,
    underway: Underway,
    then: impl FnOnce(Deployment, i64) -> Resolving + Send + 'static,
) -> Resolving {
    let (shown, run) = (app.shown(), at.run_id.clone());
    ask(get(app.path(), Vec::new()), move |answer, now| {
        if matches!(&answer, Answer::Http(a) if a.status == 404) {
            return refused(format!("unknown target: there is no deployment {shown}"));
        }
        let what = format!("the deployment {shown}");
        let deployment: Deployment = match api::parse(answer, &what, permission("apps", "deployments", "get")) {
            Ok(deployment) => deployment,
            Err(error) => return fail(error),
        };
        if let Some(manager) = manager(&deployment) {
            return refused(format!("{shown} is managed by {manager}: it would take the change back; make it there"));
        }
        if deployment.metadata.deletion_timestamp.is_some() {
            return refused(format!("{shown} is being deleted"));
        }
        if deployment.metadata.annotation(HANDS_OFF).is_some() {
            return blocked(format!("{shown} is marked hands-off"));
        }
        if deployment.spec.paused {
            return blocked(format!("the rollout of {shown} is paused: somebody is at work"));
        }
        let ours = !run.is_empty() && deployment.metadata.annotation(RUN) == Some(&run);
        if underway == Underway::Blocks && deployment.in_progress() && !ours {
            return blocked(format!("a rollout of {shown} is under way"));
        }
        then(deployment, now)
    })
}

pub(super) fn refused(why: String) -> Resolving {
    Turn::End(ResolveStep::Refused(why))
}

pub(super) fn blocked(why: String) -> Resolving {
    Turn::End(ResolveStep::Blocked(why))
}

pub(super) fn resolved(call: ResolvedCall) -> Resolving {
    Turn::End(ResolveStep::Done(Box::new(call)))
}

/// Who would take a change back (R56).
fn manager(deployment: &Deployment) -> Option<String> {
    let meta = &deployment.metadata;
    let marked = |name: &str| meta.labels.contains_key(name) || meta.annotation(name).is_some();
    if marked("argocd.argoproj.io/instance") || marked("argocd.argoproj.io/tracking-id") {
        return Some("Argo CD (revert in Git, or roll the application back there)".to_owned());
    }
    if marked("kustomize.toolkit.fluxcd.io/name") || marked("helm.toolkit.fluxcd.io/name") {
        return Some("Flux (revert in Git, or suspend it there)".to_owned());
    }
    let controllers = ["argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller"];
    if let Some(entry) = meta.managed_fields.iter().find(|m| controllers.contains(&m.manager.as_str())) {
        return Some(format!("{} (revert in Git)", entry.manager));
    }
    let owner = meta.owner_references.iter().find(|o| o.controller)?;
    Some(format!("the {} {}", owner.kind, owner.name))
}

/// The state before, as write and probe need it. `ops`: the JSON Patch, without its preconditions.
pub(super) fn before(deployment: &Deployment, ops: &[Json]) -> Json {
    json!({
        "uid": deployment.metadata.uid,
        "generation": deployment.metadata.generation,
        "annotated": deployment.metadata.annotations.is_some(),
        "ops": ops,
    })
}

/// What identifies the target for an approval: its uid, not its generation, which moves by itself.
pub(super) fn identity(deployment: &Deployment, more: Json) -> Json {
    json!({ "uid": deployment.metadata.uid, "change": more })
}

/// The deployment of a resolved call.
pub(super) fn app(call: &ResolvedCall) -> Result<App, ErrorInfo> {
    App::new(&*arguments::target(&call.args, "app")?)
}

/// The operations that were resolved.
pub(super) fn ops(call: &ResolvedCall) -> Vec<Json> {
    call.before.get("ops").and_then(Json::as_array).cloned().unwrap_or_default()
}

/// The write: tests on uid and generation, the key of the intent, the operations; one request, so all of it or nothing.
pub(super) fn write(
    call: &ResolvedCall,
    ops: Vec<Json>,
    key: &str,
    at: &Surroundings,
    hash: String,
) -> Result<Changing, ErrorInfo> {
    let app = app(call)?;
    let mut patch = vec![
        json!({ "op": "test", "path": "/metadata/uid", "value": call.before.get("uid") }),
        json!({ "op": "test", "path": "/metadata/generation", "value": call.before.get("generation") }),
    ];
    patch.extend(ops);
    if call.before.get("annotated") != Some(&Json::Bool(true)) {
        patch.push(json!({ "op": "add", "path": "/metadata/annotations", "value": {} }));
    }
    for (name, value) in [(INTENT, key), (RUN, at.run_id.as_str())] {
        patch.push(json!({ "op": "add", "path": format!("/metadata/annotations/{}", escape(name)), "value": value }));
    }
    let request = KubernetesWrite {
        method: "PATCH".to_owned(),
        path: app.path(),
        query: vec![("fieldManager".to_owned(), "healrun".to_owned())],
        content_type: "application/json-patch+json".to_owned(),
        body: Json::Array(patch),
    };
    let generation = call.before.get("generation").and_then(Json::as_i64).unwrap_or(0);
    let uid = call.before.get("uid").and_then(Json::as_str).unwrap_or_default().to_owned();
    Ok(ask(Sent::Write(ChangeRequest::Kubernetes(request)), move |answer, _| {
        let answer = match http(answer) {
            Ok(answer) => answer,
            Err(error) => return fail(error),
        };
        let what = format!("the change of the deployment {}", app.shown());
        let asked = Asked { what: &what, permission: permission("apps", "deployments", "patch") };
        let Some(mut error) = asked.change(&answer) else {
            // It has happened, whatever the body says.
            let written: Deployment = serde_json::from_str(&answer.body).unwrap_or_default();
            return changed(value(written.metadata.generation.max(generation + 1), &hash));
        };
        if let Some(said) = message(&answer.body) {
            error.message = format!("{what} was answered {}: {said}", answer.status);
        }
        // A test that failed looks like a validation error: only the object tells them apart.
        if answer.status == 422 { moved(&app, uid, generation, error) } else { fail(error) }
    }))
}

/// After a 422: whether the object is another one by now.
fn moved(app: &App, uid: String, generation: i64, error: ErrorInfo) -> Changing {
    let shown = app.shown();
    ask(Sent::Look(get(app.path(), Vec::new())), move |answer, _| {
        let now: Deployment = match api::parse(answer, &shown, permission("apps", "deployments", "get")) {
            Ok(now) => now,
            // It was refused all the same; why is not known.
            Err(_) => return fail(error),
        };
        if now.metadata.uid == uid && now.metadata.generation == generation {
            return fail(error);
        }
        fail(ErrorInfo {
            class: ErrorClass::Conflict,
            code: "conflict".to_owned(),
            message: format!("{shown} was changed by somebody else right before the write"),
            sent: Left::Yes,
            refused_definitely: true,
            ..error
        })
    })
}

/// A name within a JSON pointer.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// `kubernetes.Changed`
pub(super) fn value(generation: i64, hash: &str) -> Value {
    Value::record([("generation", Value::Int(generation)), ("hash", Value::text(hash))])
}

/// Whether the key of this intent stands on the object.
pub(super) fn probe(call: &ResolvedCall, key: &str, hash: String) -> Option<Probing> {
    let app = app(call).ok()?;
    let key = key.to_owned();
    let text = |name: &str| call.before.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let uid = text("uid");
    let generation = call.before.get("generation").and_then(Json::as_i64).unwrap_or(0);
    let request: ReadRequest = get(app.path(), Vec::new());
    Some(ask(request, move |answer, _| {
        if matches!(&answer, Answer::Http(a) if a.status == 404) {
            return found(Probed::Conflict, Value::None);
        }
        let now: Deployment = match answer {
            answer @ Answer::Http(_) => {
                match api::parse(answer, &app.shown(), permission("apps", "deployments", "get")) {
                    Ok(now) => now,
                    Err(error) => return fail(error),
                }
            }
            other => return odd(other),
        };
        let meta = &now.metadata;
        if meta.uid == uid && meta.annotation(INTENT) == Some(&key) {
            return found(Probed::Applied, value(meta.generation, &hash));
        }
        if meta.uid == uid && meta.generation == generation {
            return found(Probed::NotApplied, Value::None);
        }
        found(Probed::Conflict, Value::None)
    }))
}

/// A change that needed no more than its operations.
pub(super) fn send(call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Turn<Sent, ChangeStep>, ErrorInfo> {
    write(call, ops(call), key, at, String::new())
}
