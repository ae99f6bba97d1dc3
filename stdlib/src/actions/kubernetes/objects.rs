//! What is read of the API's objects: fields of our own, all optional, so that no version of the server breaks them.

use crate::moment;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Where a deployment's revision stands, on it and on its replica sets.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// Revisions that a replica set had before: it was rolled back to.
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The label that tells pod templates apart.
const HASH: &str = "pod-template-hash";

type Texts = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) generation: i64,
    pub(super) labels: Texts,
    pub(super) annotations: Option<Texts>,
    pub(super) creation_timestamp: Option<String>,
    pub(super) deletion_timestamp: Option<String>,
    pub(super) owner_references: Vec<Owner>,
    pub(super) managed_fields: Vec<Managed>,
}

impl Meta {
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name).map(String::as_str)
    }

    pub(super) fn created(&self) -> i64 {
        self.creation_timestamp.as_deref().and_then(moment::parse).unwrap_or(0)
    }

    pub(super) fn hash(&self) -> String {
        self.labels.get(HASH).cloned().unwrap_or_default()
    }

    pub(super) fn revision(&self) -> i64 {
        self.annotation(REVISION).and_then(|r| r.parse().ok()).unwrap_or(0)
    }

    /// It was rolled back to: nobody knows when it ran.
    pub(super) fn was_rolled_back_to(&self) -> bool {
        self.annotation(REVISION_HISTORY).is_some_and(|h| !h.trim().is_empty())
    }

    fn owned_by(&self, uid: &str) -> bool {
        self.owner_references.iter().any(|o| o.uid == uid)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Owner {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) controller: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Managed {
    pub(super) manager: String,
    pub(super) time: Option<String>,
    pub(super) fields_v1: Json,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Deployment {
    pub(super) metadata: Meta,
    pub(super) spec: DeploymentSpec,
    pub(super) status: DeploymentStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeploymentSpec {
    pub(super) replicas: Option<i64>,
    pub(super) paused: bool,
    pub(super) selector: Selector,
    pub(super) template: Json,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Selector {
    match_labels: Texts,
    match_expressions: Vec<Requirement>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Requirement {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl Selector {
    /// As the query parameter `labelSelector`.
    pub(super) fn text(&self) -> String {
        let mut parts: Vec<String> = self.match_labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        for r in &self.match_expressions {
            let values = r.values.join(",");
            parts.push(match r.operator.as_str() {
                "In" => format!("{} in ({values})", r.key),
                "NotIn" => format!("{} notin ({values})", r.key),
                "DoesNotExist" => format!("!{}", r.key),
                _ => r.key.clone(),
            });
        }
        parts.join(",")
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DeploymentStatus {
    observed_generation: i64,
    replicas: i64,
    updated_replicas: i64,
    available_replicas: i64,
    pub(super) ready_replicas: i64,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: String,
}

impl Deployment {
    pub(super) fn replicas(&self) -> i64 {
        self.spec.replicas.unwrap_or(1)
    }

    /// The controller has not seen what is wanted now.
    pub(super) fn unseen(&self) -> bool {
        self.status.observed_generation < self.metadata.generation
    }

    /// It ran into its progress deadline.
    pub(super) fn stalled(&self) -> bool {
        self.status
            .conditions
            .iter()
            .any(|c| c.kind == "Progressing" && c.status == "False" && c.reason == "ProgressDeadlineExceeded")
    }

    /// A rollout is under way.
    pub(super) fn in_progress(&self) -> bool {
        let (s, wanted) = (&self.status, self.replicas());
        let settled = !self.unseen()
            && s.updated_replicas >= wanted
            && s.replicas == s.updated_replicas
            && s.available_replicas >= wanted;
        !settled && !self.stalled()
    }

    /// The containers of its pod template.
    pub(super) fn containers(&self) -> Vec<Container> {
        let list = self.spec.template.pointer("/spec/containers").cloned().unwrap_or_default();
        serde_json::from_value(list).unwrap_or_default()
    }

    /// When somebody wrote the pod template last, as far as the server noted it.
    fn template_written(&self) -> Option<i64> {
        let written = |m: &&Managed| m.fields_v1.pointer("/f:spec/f:template").is_some();
        self.metadata.managed_fields.iter().filter(written).filter_map(|m| moment::parse(m.time.as_deref()?)).max()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) resources: Option<Json>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplicaSet {
    pub(super) metadata: Meta,
    pub(super) spec: ReplicaSetSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplicaSetSpec {
    pub(super) template: Json,
}

impl ReplicaSet {
    pub(super) fn image(&self) -> String {
        self.spec.template.pointer("/spec/containers/0/image").and_then(Json::as_str).unwrap_or_default().to_owned()
    }

    /// Its pod template as a deployment would have it: without the label that the controller adds.
    pub(super) fn template(&self) -> Json {
        let mut template = self.spec.template.clone();
        if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Json::as_object_mut) {
            labels.shift_remove(HASH);
        }
        template
    }
}

/// The replica sets of a deployment by revision, oldest first.
pub(super) fn own_sets(deployment: &Deployment, list: List<ReplicaSet>) -> Vec<ReplicaSet> {
    let mut sets: Vec<ReplicaSet> =
        list.items.into_iter().filter(|s| s.metadata.owned_by(&deployment.metadata.uid)).collect();
    sets.sort_by_key(|s| (s.metadata.revision(), s.metadata.created()));
    sets
}

/// When the latest replica set came to be wanted: its creation, or when it was rolled back to.
pub(super) fn rolled_out(deployment: &Deployment, set: &ReplicaSet) -> i64 {
    let created = set.metadata.created();
    if set.metadata.was_rolled_back_to() {
        deployment.template_written().unwrap_or(created).max(created)
    } else {
        created
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pod {
    pub(super) metadata: Meta,
    pub(super) spec: PodSpec,
    pub(super) status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodSpec {
    pub(super) node_name: Option<String>,
    pub(super) containers: Vec<Container>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodStatus {
    pub(super) phase: String,
    pub(super) reason: Option<String>,
    pub(super) start_time: Option<String>,
    pub(super) container_statuses: Vec<ContainerStatus>,
    pub(super) init_container_statuses: Vec<ContainerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContainerStatus {
    pub(super) ready: bool,
    pub(super) restart_count: i64,
    pub(super) state: ContainerState,
    pub(super) last_state: ContainerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContainerState {
    pub(super) waiting: Option<Waiting>,
    pub(super) terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Waiting {
    pub(super) reason: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Terminated {
    pub(super) reason: String,
    pub(super) exit_code: i64,
    pub(super) finished_at: Option<String>,
}

impl Pod {
    pub(super) fn ready(&self) -> bool {
        let all = &self.status.container_statuses;
        !all.is_empty() && all.iter().all(|c| c.ready)
    }

    pub(super) fn restarts(&self) -> i64 {
        self.status.container_statuses.iter().map(|c| c.restart_count).sum()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) count: Option<i64>,
    pub(super) last_timestamp: Option<String>,
    pub(super) event_time: Option<String>,
    pub(super) metadata: Meta,
    pub(super) involved_object: Involved,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Involved {
    pub(super) kind: String,
    pub(super) name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Autoscaler {
    pub(super) metadata: Meta,
    pub(super) spec: AutoscalerSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AutoscalerSpec {
    pub(super) scale_target_ref: Involved,
}
