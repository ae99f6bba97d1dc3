//! The family against scripted answers: what a server says at each path, in turn.

use super::*;
use crate::action::{
    Args, ChangeAction, ChangeStep, ProbeStep, Probed, ReadAction, ReadStep, ResolveStep, ResolvedCall, Surroundings,
};
use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest, KubernetesGet, KubernetesWrite, ReadRequest};
use crate::status::tests::answer;
use crate::value::{Target, Value};
use heal_lang::catalogue::Dim;
use heal_lang::plan::ErrorClass;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the server says at each path, and what the state store noted.
struct Server {
    says: BTreeMap<String, (u16, Json)>,
    noted: Vec<(String, i64)>,
}

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/checkout";
const SETS: &str = "/apis/apps/v1/namespaces/shop/replicasets";
const PODS: &str = "/api/v1/namespaces/shop/pods";
const SCALERS: &str = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers";
const HOUR: i64 = 3_600_000;

fn time(hours: i64) -> String {
    crate::moment::format(hours * HOUR)
}

fn deployment() -> Json {
    json!({
        "metadata": { "name": "checkout", "uid": "u1", "generation": 7, "annotations": { "deployment.kubernetes.io/revision": "3" } },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "checkout" } },
            "template": { "metadata": { "labels": { "app": "checkout" } }, "spec": { "containers": [
                { "name": "checkout", "image": "shop:3", "resources": { "limits": { "memory": "512Mi" }, "requests": { "memory": "256Mi" } } }
            ] } }
        },
        "status": { "observedGeneration": 7, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2 }
    })
}

fn set(revision: i64, hours: i64, history: Option<&str>) -> Json {
    let mut annotations = json!({ "deployment.kubernetes.io/revision": revision.to_string() });
    if let Some(history) = history {
        annotations["deployment.kubernetes.io/revision-history"] = json!(history);
    }
    json!({
        "metadata": {
            "name": format!("checkout-h{revision}"), "labels": { "pod-template-hash": format!("h{revision}"), "app": "checkout" },
            "annotations": annotations, "creationTimestamp": time(hours), "ownerReferences": [{ "uid": "u1", "controller": true }]
        },
        "spec": { "template": {
            "metadata": { "labels": { "app": "checkout", "pod-template-hash": format!("h{revision}") } },
            "spec": { "containers": [{ "name": "checkout", "image": format!("shop:{revision}") }] }
        } }
    })
}

impl Server {
    fn new() -> Server {
        let sets = [set(1, 0, None), set(2, 10, None), set(3, 20, None)];
        let mut says = BTreeMap::new();
        says.insert(DEPLOYMENT.to_owned(), (200, deployment()));
        says.insert(SETS.to_owned(), (200, json!({ "items": sets })));
        says.insert(format!("{SETS}/checkout-h2"), (200, set(2, 10, None)));
        says.insert(SCALERS.to_owned(), (200, json!({ "items": [] })));
        Server { says, noted: Vec::new() }
    }

    fn say(mut self, path: &str, status: u16, body: Json) -> Server {
        self.says.insert(path.to_owned(), (status, body));
        self
    }

    /// With a change to the deployment.
    fn with(mut self, change: impl FnOnce(&mut Json)) -> Server {
        if let Some((_, deployment)) = self.says.get_mut(DEPLOYMENT) {
            change(deployment);
        }
        self
    }

    fn answer(&self, request: &ReadRequest) -> Answer {
        match request {
            ReadRequest::Kubernetes(KubernetesGet { path, .. }) => match self.says.get(path) {
                Some((status, Json::String(text))) => Answer::Http(answer(*status, text)),
                Some((status, body)) => Answer::Http(answer(*status, &body.to_string())),
                None => Answer::Http(answer(404, r#"{"message":"not found"}"#)),
            },
            ReadRequest::Noted { target } => {
                assert_eq!(target, "kubernetes.deployment checkout/shop");
                Answer::Noted(self.noted.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    fn read(&self, action: &dyn ReadAction, args: &Args) -> Result<Value, ErrorInfo> {
        let mut machine = action.start(args, &at()).unwrap();
        let mut last = None;
        loop {
            match machine.next(last.take(), 30 * HOUR) {
                ReadStep::Ask(request) => last = Some(self.answer(&request)),
                ReadStep::Done(value) => return Ok(value),
                ReadStep::Fail(error) => return Err(error),
            }
        }
    }

    fn resolve(&self, action: &dyn ChangeAction, args: &Args) -> ResolveStep {
        let mut machine = match action.resolve(args, &at()) {
            Ok(machine) => machine,
            Err(error) => return ResolveStep::Fail(error),
        };
        let mut last = None;
        loop {
            match machine.next(last.take(), 30 * HOUR) {
                ResolveStep::Ask(request) => last = Some(self.answer(&request)),
                end => return end,
            }
        }
    }

    /// Sends, and answers the write with this.
    fn send(
        &self,
        action: &dyn ChangeAction,
        call: &ResolvedCall,
        reply: Answer,
    ) -> (Option<KubernetesWrite>, ChangeStep) {
        let mut machine = action.send(call, "KEY", &at()).unwrap();
        let (mut last, mut written) = (None, None);
        loop {
            match machine.next(last.take(), 30 * HOUR) {
                ChangeStep::Ask(request) => last = Some(self.answer(&request)),
                ChangeStep::Send(ChangeRequest::Kubernetes(write)) => {
                    assert!(written.is_none(), "one write an attempt");
                    written = Some(write);
                    last = Some(reply.clone());
                }
                end => return (written, end),
            }
        }
    }

    fn probe(&self, action: &dyn ChangeAction, call: &ResolvedCall) -> Probed {
        let mut machine = action.probe(call, "KEY", &at()).unwrap();
        let mut last = None;
        loop {
            match machine.next(last.take(), 30 * HOUR) {
                ProbeStep::Ask(request) => last = Some(self.answer(&request)),
                ProbeStep::Done(probed, _) => return probed,
                ProbeStep::Fail(error) => panic!("{error:?}"),
            }
        }
    }
}

fn at() -> Surroundings {
    let stable_after_ms = u64::try_from(HOUR).unwrap();
    Surroundings { stable_after_ms, run_id: "run1".to_owned(), now_ms: 30 * HOUR, ..Surroundings::default() }
}

fn args(more: &[(&str, Value)]) -> Args {
    let target = Target {
        kind: "kubernetes.deployment".to_owned(),
        noun: "deployment".to_owned(),
        key: [("name".to_owned(), "checkout".to_owned()), ("namespace".to_owned(), "shop".to_owned())].into(),
        untrusted: true,
    };
    let mut args = Args::from([("app".to_owned(), Value::Target(Arc::new(target)))]);
    args.extend(more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    args
}

fn release(revision: i64) -> Value {
    Value::record([("hash", Value::text(&format!("h{revision}"))), ("revision", Value::Int(revision))])
}

fn undo_args() -> Args {
    args(&[("to", release(2)), ("expect", release(3))])
}

fn call(step: ResolveStep) -> ResolvedCall {
    match step {
        ResolveStep::Done(call) => *call,
        other => panic!("{other:?}"),
    }
}

fn field(value: &Value, path: &str) -> Value {
    path.split('.').fold(value.clone(), |value, name| match value {
        Value::Record(fields) => fields.get(name).cloned().unwrap_or_else(|| panic!("no {name}")),
        other => panic!("{other:?} has no {name}"),
    })
}

#[test]
fn history_is_ordered_by_revision() {
    let history = Server::new().read(&rollout_history::Action, &args(&[])).unwrap();
    assert_eq!(field(&history, "latest.revision"), Value::Int(3));
    assert_eq!(field(&history, "latest.at"), Value::Time(20 * HOUR));
    assert_eq!(field(&history, "last_stable.hash"), Value::text("h2"));
}

fn stable(sets: Vec<Json>, noted: &[(&str, i64)]) -> Value {
    let mut server = Server::new().say(SETS, 200, json!({ "items": sets }));
    server.noted = noted.iter().map(|(r, hours)| ((*r).to_owned(), hours * HOUR)).collect();
    match field(&server.read(&rollout_history::Action, &args(&[])).unwrap(), "last_stable") {
        Value::None => Value::None,
        stable => field(&stable, "revision"),
    }
}

#[test]
fn a_stable_release_ran_long_enough_or_was_seen_good() {
    assert_eq!(
        stable(vec![set(1, 0, None), set(2, 10, None), set(3, 10, None)], &[]),
        Value::Int(1),
        "2 was replaced at once"
    );
    assert_eq!(stable(vec![set(3, 10, None)], &[]), Value::None);
    // 2 was gone back to: its times are unknown, and those of what came before it.
    let back = vec![set(1, 0, None), set(2, 5, Some("0")), set(3, 20, None)];
    assert_eq!(stable(back.clone(), &[]), Value::None);
    assert_eq!(stable(back.clone(), &[("h2", 9)]), Value::Int(2), "it was seen good");
    assert_eq!(stable(back, &[("h2", 5)]), Value::None, "but too soon after it came");
}

#[test]
fn what_was_taken_back_is_not_stable_whatever_was_seen() {
    // 2 ran first, was replaced by 1's successor, then 2 was gone back to as revision 4: what stood before it was bad.
    let sets = vec![set(3, 10, None), set(4, 0, Some("2")), set(5, 20, None)];
    assert_eq!(stable(sets, &[("h3", 15)]), Value::None);
}

#[test]
fn an_undo_names_its_release_and_carries_its_preconditions() {
    let server = Server::new();
    let call = call(server.resolve(&rollout_undo::Action, &undo_args()));
    let (_, undo) = call.undo.clone().unwrap();
    assert_eq!((&undo["to"], &undo["expect"]), (&release(3), &release(2)));
    assert!(call.before.to_string().len() < 300, "intents stay small");
    let (written, end) =
        server.send(&rollout_undo::Action, &call, Answer::Http(answer(200, r#"{"metadata":{"generation":8}}"#)));
    let ChangeStep::Done { value, unchanged: false } = end else { panic!("{end:?}") };
    assert_eq!((field(&value, "generation"), field(&value, "hash")), (Value::Int(8), Value::text("h2")));
    let written = written.unwrap();
    let ops = written.body.as_array().unwrap();
    assert_eq!(ops[0], json!({ "op": "test", "path": "/metadata/uid", "value": "u1" }));
    assert_eq!(ops[1], json!({ "op": "test", "path": "/metadata/generation", "value": 7 }));
    assert_eq!(ops[2]["path"], "/spec/template");
    assert_eq!(ops[2]["value"]["metadata"]["labels"], json!({ "app": "checkout" }), "without the controller's label");
    assert!(ops.contains(&json!({ "op": "add", "path": "/metadata/annotations/healrun.dev~1intent", "value": "KEY" })));
}

#[test]
fn a_moved_world_blocks_and_an_unknown_target_is_refused() {
    let undo = |server: Server| server.resolve(&rollout_undo::Action, &undo_args());
    let newer = json!({ "items": [set(2, 10, None), set(3, 20, None), set(4, 21, None)] });
    assert!(matches!(undo(Server::new().say(SETS, 200, newer)), ResolveStep::Blocked(_)));
    assert!(matches!(undo(Server::new().say(DEPLOYMENT, 404, json!({}))), ResolveStep::Refused(_)));
    let gone = json!({ "items": [set(1, 0, None), set(3, 20, None)] });
    assert!(matches!(undo(Server::new().say(SETS, 200, gone)), ResolveStep::Refused(_)));
    let argo = |d: &mut Json| d["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = json!("shop");
    let ResolveStep::Refused(why) = undo(Server::new().with(argo)) else { panic!() };
    assert!(why.contains("Argo CD"), "{why}");
    let operator =
        |d: &mut Json| d["metadata"]["ownerReferences"] = json!([{ "kind": "Shop", "name": "s", "controller": true }]);
    assert!(matches!(undo(Server::new().with(operator)), ResolveStep::Refused(_)));
    assert!(matches!(undo(Server::new().with(|d| d["spec"]["paused"] = json!(true))), ResolveStep::Blocked(_)));
    let ResolveStep::Fail(denied) = undo(Server::new().say(SETS, 403, json!({ "message": "no" }))) else { panic!() };
    assert!(denied.class == ErrorClass::Denied && denied.permission.is_some());
}

#[test]
fn a_rollout_under_way_blocks_unless_it_is_the_suspect_or_our_own() {
    let busy = |d: &mut Json| d["status"]["updatedReplicas"] = json!(1);
    let restart = |server: Server| server.resolve(&rollout_restart::Action, &args(&[]));
    assert!(matches!(restart(Server::new().with(busy)), ResolveStep::Blocked(_)));
    assert!(matches!(Server::new().with(busy).resolve(&rollout_undo::Action, &undo_args()), ResolveStep::Done(_)));
    let ours = |d: &mut Json| {
        busy(d);
        d["metadata"]["annotations"]["healrun.dev/run"] = json!("run1");
    };
    assert!(matches!(restart(Server::new().with(ours)), ResolveStep::Done(_)));
}

#[test]
fn a_failed_test_is_a_conflict_and_not_a_validation_error() {
    let server = Server::new();
    let call = call(server.resolve(&rollout_undo::Action, &undo_args()));
    let invalid = Answer::Http(answer(422, r#"{"message":"the server rejected our request"}"#));
    let class = |server: &Server| match server.send(&rollout_undo::Action, &call, invalid.clone()).1 {
        ChangeStep::Fail(error) => error.class,
        other => panic!("{other:?}"),
    };
    assert_eq!(class(&server), ErrorClass::Permanent, "nothing moved: it is what it says");
    assert_eq!(class(&Server::new().with(|d| d["metadata"]["generation"] = json!(8))), ErrorClass::Conflict);
    let lost = server.send(&rollout_undo::Action, &call, Answer::Http(answer(504, ""))).1;
    assert!(matches!(lost, ChangeStep::Fail(ErrorInfo { class: ErrorClass::Uncertain, .. })));
}

#[test]
fn the_key_on_the_object_is_the_probe() {
    let server = Server::new();
    let call = call(server.resolve(&rollout_undo::Action, &undo_args()));
    let probe = |server: Server| server.probe(&rollout_undo::Action, &call);
    assert_eq!(probe(Server::new()), Probed::NotApplied);
    assert_eq!(
        probe(Server::new().with(|d| d["metadata"]["annotations"]["healrun.dev/intent"] = json!("KEY"))),
        Probed::Applied
    );
    assert_eq!(probe(Server::new().with(|d| d["metadata"]["generation"] = json!(9))), Probed::Conflict);
    assert_eq!(probe(Server::new().with(|d| d["metadata"]["uid"] = json!("u2"))), Probed::Conflict);
}

#[test]
fn resources_are_set_whole_and_given_back() {
    let server = Server::new();
    let container = ("container", Value::text("checkout"));
    let size = server.read(&resources::Action, &args(std::slice::from_ref(&container))).unwrap();
    assert_eq!(field(&size, "memory_limit"), Value::Quantity(Dim::Bytes, 536_870_912.0));
    assert_eq!((field(&size, "cpu_limit"), field(&size, "replicas")), (Value::None, Value::Int(2)));
    let wanted = |memory: f64| {
        let bytes = |v: f64| Value::Quantity(Dim::Bytes, v);
        let at_most = bytes(1_073_741_824.0);
        args(&[container.clone(), ("memory", bytes(memory)), ("at_most", at_most), ("expect", field(&size, "version"))])
    };
    let grown = call(server.resolve(&set_resources::Action, &wanted(805_306_368.0)));
    let op = &grown.before["ops"][1];
    assert_eq!(op["value"], json!({ "limits": { "memory": "768Mi" }, "requests": { "memory": "256Mi" } }));
    assert!(
        matches!(server.resolve(&set_resources::Action, &wanted(2e9)), ResolveStep::Refused(_)),
        "more than at_most"
    );
    let smaller = call(server.resolve(&set_resources::Action, &wanted(134_217_728.0)));
    assert_eq!(smaller.before["ops"][1]["value"]["requests"]["memory"], "128Mi", "a request stays within its limit");
    // The undo finds the new resources and gives back the old ones.
    let now = Server::new().with(|d| d["spec"]["template"]["spec"]["containers"][0]["resources"] = op["value"].clone());
    let back = call(now.resolve(&set_resources::Action, &grown.undo.clone().unwrap().1));
    assert_eq!(back.before["ops"][1]["value"]["limits"]["memory"], "512Mi");
    assert!(matches!(now.resolve(&set_resources::Action, &wanted(2e8)), ResolveStep::Blocked(_)), "others by now");
    let error = server.read(&resources::Action, &args(&[("container", Value::text("web"))])).unwrap_err();
    assert!(error.message.contains("only checkout"), "{}", error.message);
}

#[test]
fn an_autoscaler_owns_the_replicas() {
    let wanted = args(&[("replicas", Value::Int(3)), ("expect", Value::Int(2))]);
    let scaled = call(Server::new().resolve(&scale::Action, &wanted));
    assert_eq!(scaled.before["ops"][0]["value"], 3);
    assert_eq!(scaled.undo.unwrap().1["replicas"], Value::Int(2));
    let owner = json!({ "items": [{ "metadata": { "name": "a" }, "spec": { "scaleTargetRef": { "kind": "Deployment", "name": "checkout" } } }] });
    assert!(matches!(Server::new().say(SCALERS, 200, owner).resolve(&scale::Action, &wanted), ResolveStep::Refused(_)));
    let zero = args(&[("replicas", Value::Int(0)), ("expect", Value::Int(2))]);
    assert!(matches!(Server::new().resolve(&scale::Action, &zero), ResolveStep::Fail(_)));
}

fn pod(name: &str, ready: bool, last: &str) -> Json {
    json!({
        "metadata": { "name": name, "labels": { "pod-template-hash": "h3" } },
        "spec": { "containers": [{ "name": "checkout" }], "nodeName": "n1" },
        "status": { "phase": "Running", "startTime": time(21), "containerStatuses": [{
            "ready": ready, "restartCount": i64::from(!ready),
            "state": { "waiting": { "reason": "CrashLoopBackOff" } },
            "lastState": { "terminated": { "reason": last, "exitCode": 137, "finishedAt": time(22) } }
        }] }
    })
}

#[test]
fn how_a_pod_ended_comes_from_its_status() {
    let pods = json!({ "items": [pod("a", false, "OOMKilled")] });
    let Value::List(pods) = Server::new().say(PODS, 200, pods).read(&super::pods::Action, &args(&[])).unwrap() else {
        panic!()
    };
    assert_eq!(field(&pods[0], "last_exit"), Value::Word("oom_killed".into()));
    assert_eq!(field(&pods[0], "exit_code"), Value::Int(137));
    assert_eq!((field(&pods[0], "ready"), field(&pods[0], "restarts")), (Value::Bool(false), Value::Int(1)));
}

#[test]
fn logs_of_pods_in_trouble_come_and_those_that_have_none_are_left_out() {
    let pods = json!({ "items": [pod("a", true, "Completed"), pod("b", false, "Error")] });
    let log = |name: &str| format!("{PODS}/{name}/log");
    let wanted = args(&[("over", Value::Quantity(Dim::Duration, 60.0)), ("pods", Value::Int(2))]);
    let server = Server::new().say(PODS, 200, pods).say(&log("a"), 200, json!("1970-01-02T00:00:01Z one\nno time\n"));
    let Value::Logs(logs) = server.say(&log("b"), 400, json!({})).read(&super::logs::Action, &wanted).unwrap() else {
        panic!()
    };
    let texts: Vec<&str> = logs.lines.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(texts, ["no time", "one"]);
    assert!(logs.lines.iter().all(|l| l.source == "a"));
    let none = json!({ "items": [pod("b", false, "Error")] });
    let none = Server::new().say(PODS, 200, none).say(&log("b"), 403, json!({})).read(&super::logs::Action, &wanted);
    assert_eq!(none.unwrap_err().class, ErrorClass::Denied);
}

#[test]
fn only_events_about_this_deployment_count() {
    let event = |kind: &str, name: &str, hours: i64| {
        json!({ "type": "Warning", "reason": "BackOff", "message": "m", "count": 2, "lastTimestamp": time(hours),
                "involvedObject": { "kind": kind, "name": name } })
    };
    let all = [
        event("Pod", "checkout-h3-x1", 29),
        event("Pod", "checkout-worker-h3-x1", 29),
        event("ReplicaSet", "checkout-h3", 30),
        event("Deployment", "checkout", 1),
    ];
    let server = Server::new().say("/api/v1/namespaces/shop/events", 200, json!({ "items": all }));
    let over = args(&[("over", Value::Quantity(Dim::Duration, 7200.0))]);
    let Value::List(events) = server.read(&super::events::Action, &over).unwrap() else { panic!() };
    let objects: Vec<Value> = events.iter().map(|e| field(e, "object")).collect();
    assert_eq!(
        objects,
        [Value::Untrusted("ReplicaSet/checkout-h3".into()), Value::Untrusted("Pod/checkout-h3-x1".into())]
    );
}
