//! Questions to the API, and what its statuses mean here.

use super::objects::{Deployment, List, ReplicaSet, own_sets};
use crate::arguments;
use crate::error::ErrorInfo;
use crate::request::{Answer, KubernetesGet, ReadRequest};
use crate::status::Asked;
use crate::talk::{End, Turn, ask, fail, http};
use crate::value::Target;
use heal_lang::catalogue::Permission;
use serde::de::DeserializeOwned;

/// Of a list.
const MOST_BYTES: u64 = 16 << 20;

/// A deployment by its exact key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct App {
    pub(super) name: String,
    pub(super) namespace: String,
    /// As the state store knows it.
    pub(super) id: String,
}

impl App {
    pub(super) fn new(target: &Target) -> Result<App, ErrorInfo> {
        let part = |name: &str| {
            let text = arguments::key(target, name)?;
            // It goes into a path.
            let plain = text.len() <= 253
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
                && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.ends_with(|c: char| c.is_ascii_alphanumeric());
            if plain { Ok(text) } else { Err(ErrorInfo::permanent("argument", format!("`{text}` is no {name}"))) }
        };
        Ok(App { name: part("name")?, namespace: part("namespace")?, id: target.id() })
    }

    /// `shop/checkout`
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    pub(super) fn path(&self) -> String {
        format!("/apis/apps/v1/namespaces/{}/deployments/{}", self.namespace, self.name)
    }
}

pub(super) fn get(path: String, query: Vec<(String, String)>) -> ReadRequest {
    ReadRequest::Kubernetes(KubernetesGet { path, query, text: false, max_bytes: MOST_BYTES })
}

/// What is missing where the server says 403.
pub(super) fn permission(group: &str, resource: &str, verb: &str) -> Option<Permission> {
    Some(Permission::Kubernetes {
        group: group.to_owned(),
        resource: resource.to_owned(),
        verbs: vec![verb.to_owned()],
    })
}

/// The object of an answer.
pub(super) fn parse<T: DeserializeOwned>(
    answer: Answer,
    what: &str,
    missing: Option<Permission>,
) -> Result<T, ErrorInfo> {
    let answer = http(answer)?;
    if let Some(mut error) = (Asked { what, permission: missing }).read(&answer) {
        // The server's own sentence, not the whole object that wraps it.
        if let Some(said) = message(&answer.body) {
            error.message = format!("{what} was answered {}: {said}", answer.status);
        }
        return Err(error);
    }
    if answer.truncated {
        return Err(ErrorInfo::permanent("too_large", format!("{what}: the answer is too long")));
    }
    serde_json::from_str(&answer.body)
        .map_err(|e| ErrorInfo::permanent("protocol", format!("{what}: the answer is not as expected: {e}")))
}

/// The `message` of a `Status`.
pub(super) fn message(body: &str) -> Option<String> {
    let status: serde_json::Value = serde_json::from_str(body).ok()?;
    let text = status.get("message")?.as_str()?;
    Some(crate::evaluate::clip(&crate::evaluate::safe(text), 300))
}

/// The deployment, then on.
pub(super) fn deployment<E: End + 'static>(
    app: &App,
    then: impl FnOnce(Deployment, i64) -> Turn<ReadRequest, E> + Send + 'static,
) -> Turn<ReadRequest, E> {
    let shown = app.shown();
    ask(get(app.path(), Vec::new()), move |answer, now| {
        match parse(answer, &format!("the deployment {shown}"), permission("apps", "deployments", "get")) {
            Ok(deployment) => then(deployment, now),
            Err(error) => fail(error),
        }
    })
}

/// The deployment's replica sets by revision, then on.
pub(super) fn replica_sets<E: End + 'static>(
    app: &App,
    deployment: Deployment,
    then: impl FnOnce(Deployment, Vec<ReplicaSet>, i64) -> Turn<ReadRequest, E> + Send + 'static,
) -> Turn<ReadRequest, E> {
    let path = format!("/apis/apps/v1/namespaces/{}/replicasets", app.namespace);
    let query = vec![("labelSelector".to_owned(), deployment.spec.selector.text())];
    let shown = app.shown();
    ask(get(path, query), move |answer, now| {
        let list: Result<List<ReplicaSet>, _> =
            parse(answer, &format!("the replica sets of {shown}"), permission("apps", "replicasets", "list"));
        match list {
            Ok(list) => {
                let sets = own_sets(&deployment, list);
                then(deployment, sets, now)
            }
            Err(error) => fail(error),
        }
    })
}
