//! The actions themselves, carried to a real control plane: what they ask is what it answers.

use super::{LONG, parts};
use crate::carrier::Carrier;
use crate::connections::Connections;
use crate::departure::Departure;
use heal_lang::plan::ErrorClass;
use heal_stdlib::action::{Args, ChangeStep, ProbeStep, Probed, ReadStep, ResolveStep, ResolvedCall, Surroundings};
use heal_stdlib::catalogue::{change_action, read_action};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::value::{Target, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Carries machines to their ends.
struct Driver {
    carrier: Carrier,
    at: Surroundings,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time")
}

impl Driver {
    async fn read(&self, action: &str, args: &Args) -> Result<Value, ErrorInfo> {
        let mut machine = read_action(action).expect("it looks").start(args, &self.at)?;
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ReadStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                ReadStep::Done(value) => return Ok(value),
                ReadStep::Fail(error) => return Err(error),
            }
        }
    }

    async fn resolve(&self, action: &str, args: &Args) -> ResolveStep {
        let mut machine = change_action(action).expect("it changes").resolve(args, &self.at).expect("arguments");
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ResolveStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                end => return end,
            }
        }
    }

    async fn resolved(&self, action: &str, args: &Args) -> ResolvedCall {
        match self.resolve(action, args).await {
            ResolveStep::Done(call) => *call,
            other => panic!("{action}: {other:?}"),
        }
    }

    async fn send(&self, action: &str, call: &ResolvedCall, key: &str) -> Result<Value, ErrorInfo> {
        let mut machine = change_action(action).expect("it changes").send(call, key, &self.at)?;
        let departure = Arc::new(Departure::new(Arc::new(|| 0), 0));
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ChangeStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                ChangeStep::Send(request) => last = Some(self.carrier.change(request, LONG, &departure).await),
                ChangeStep::Done { value, .. } => return Ok(value),
                ChangeStep::Fail(error) => return Err(error),
            }
        }
    }

    async fn probe(&self, action: &str, call: &ResolvedCall, key: &str) -> Probed {
        let mut machine = change_action(action).expect("it changes").probe(call, key, &self.at).expect("a probe");
        let mut last = None;
        loop {
            match machine.next(last.take(), now()) {
                ProbeStep::Ask(request) => last = Some(self.carrier.read(request, LONG).await),
                ProbeStep::Done(probed, _) => return probed,
                ProbeStep::Fail(error) => panic!("{error:?}"),
            }
        }
    }

    /// The history, once no rollout is under way.
    async fn settled(&self, app: &Args) -> Value {
        let wait = async {
            loop {
                match self.read("kubernetes.rollout_history", app).await {
                    Ok(history @ Value::Record(_)) if field(&history, "in_progress") == Value::Bool(false) => {
                        return history;
                    }
                    // Until the controller says so: there is nothing else to wait for.
                    _ => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        };
        tokio::time::timeout(LONG, wait).await.expect("the rollout ends")
    }
}

fn app(more: &[(&str, Value)]) -> Args {
    let target = Target {
        kind: "kubernetes.deployment".to_owned(),
        noun: "deployment".to_owned(),
        key: [("name".to_owned(), "checkout".to_owned()), ("namespace".to_owned(), "default".to_owned())].into(),
        untrusted: true,
    };
    let mut args = Args::from([("app".to_owned(), Value::Target(Arc::new(target)))]);
    args.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    args
}

fn field(value: &Value, path: &str) -> Value {
    path.split('.').fold(value.clone(), |value, name| match &value {
        Value::Record(fields) => fields.get(name).cloned().unwrap_or_else(|| panic!("no {name} in {value:?}")),
        other => panic!("{other:?} has no {name}"),
    })
}

#[tokio::test]
async fn a_deployment_is_rolled_back_grown_and_given_back() {
    let Some(part) = parts::start("kubernetes") else { return };
    let kubectl = |arguments: &[&str]| part.program("kubedev", &[&["kubectl"], arguments].concat());
    let mut connections = Connections::new("/".into(), "/".into());
    connections.kubernetes.kubeconfig = Some(Path::new(part.var("KUBECONFIG")).into());
    let at = Surroundings { stable_after_ms: 1_000, run_id: "run1".to_owned(), ..Surroundings::default() };
    let driver = Driver { carrier: Carrier::new(connections), at };

    kubectl(&["create", "deployment", "checkout", "--image=shop/checkout:1", "--replicas=2"]);
    let first = driver.settled(&app(&[])).await;
    assert_eq!(field(&first, "last_stable"), Value::None);
    // Creation times have whole seconds; this release runs for longer than `stable_after`.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    kubectl(&["set", "image", "deployment/checkout", "*=shop/checkout:2"]);
    let history = loop {
        let history = driver.settled(&app(&[])).await;
        if field(&history, "latest.revision") == Value::Int(2) {
            break history;
        }
    };
    let (good, bad) = (field(&history, "last_stable"), field(&history, "latest"));
    assert_eq!(field(&good, "image"), Value::Untrusted("shop/checkout:1".into()));

    // Back, once; the same intent a second time is a conflict, and its probe knows that it happened.
    let undo = "kubernetes.rollout_undo";
    let back = app(&[("to", good.clone()), ("expect", bad.clone())]);
    let call = driver.resolved(undo, &back).await;
    assert_eq!(driver.probe(undo, &call, "KEY1").await, Probed::NotApplied);
    driver.send(undo, &call, "KEY1").await.expect("rolled back");
    assert_eq!(driver.probe(undo, &call, "KEY1").await, Probed::Applied);
    let again = driver.send(undo, &call, "KEY2").await.expect_err("the world has moved");
    assert_eq!((again.class, again.refused_definitely), (ErrorClass::Conflict, true), "{again:?}");
    let after = loop {
        let after = driver.settled(&app(&[])).await;
        if field(&after, "latest.revision") == Value::Int(3) {
            break after;
        }
    };
    assert_eq!(field(&after, "latest.hash"), field(&good, "hash"), "the same template under a new number");
    let Value::Time(came) = field(&after, "latest.at") else { panic!("{after:?}") };
    assert!(now() - came < 60_000, "it came back now, not when it was created");
    assert!(driver.resolved(undo, &back).await.unchanged, "asked again there is nothing to do");

    // Its captured undo finds the bad release again.
    let (action, args) = call.undo.clone().expect("an undo");
    let forward = driver.resolved(&action, &args).await;
    driver.send(&action, &forward, "KEY3").await.expect("undone");

    // Memory: absolute, with what was expected; given back whole.
    driver.settled(&app(&[])).await;
    let container_name =
        kubectl(&["get", "deployment", "checkout", "-o", "jsonpath={.spec.template.spec.containers[0].name}"]);
    let container = ("container", Value::text(container_name.trim()));
    let size = driver.read("kubernetes.resources", &app(std::slice::from_ref(&container))).await.expect("resources");
    assert_eq!(field(&size, "memory_limit"), Value::None);
    let bytes = Value::Quantity(heal_lang::catalogue::Dim::Bytes, 268_435_456.0);
    let wanted = app(&[container.clone(), ("memory", bytes.clone()), ("expect", field(&size, "version"))]);
    let set = "kubernetes.set_resources";
    let call = driver.resolved(set, &wanted).await;
    driver.send(set, &call, "KEY4").await.expect("grown");
    let size = driver.read("kubernetes.resources", &app(std::slice::from_ref(&container))).await.expect("resources");
    assert_eq!(field(&size, "memory_limit"), bytes);
    let (action, args) = call.undo.clone().expect("an undo");
    let call = driver.resolved(&action, &args).await;
    driver.send(&action, &call, "KEY5").await.expect("given back");
    let size = driver.read("kubernetes.resources", &app(&[container])).await.expect("resources");
    assert_eq!(field(&size, "memory_limit"), Value::None);

    // Fresh pods, and one more of them.
    let restart = driver.resolved("kubernetes.rollout_restart", &app(&[])).await;
    driver.send("kubernetes.rollout_restart", &restart, "KEY6").await.expect("restarted");
    let scale = app(&[("replicas", Value::Int(3)), ("expect", Value::Int(2))]);
    let call = driver.resolved("kubernetes.scale", &scale).await;
    driver.send("kubernetes.scale", &call, "KEY7").await.expect("scaled");
    driver.settled(&app(&[])).await;
    let Value::List(pods) = driver.read("kubernetes.pods", &app(&[])).await.expect("pods") else { panic!("no list") };
    assert!(pods.len() >= 3, "{pods:?}");
    let hour = ("over", Value::Quantity(heal_lang::catalogue::Dim::Duration, 3_600.0));
    let Value::List(events) = driver.read("kubernetes.events", &app(&[hour])).await.expect("events") else { panic!() };
    assert!(!events.is_empty(), "a rollout leaves events");
}
