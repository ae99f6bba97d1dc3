//! The actions on a deployment, carried to a real control plane: what they ask is what it answers.

use super::driver::{Driver, field, now};
use super::{LONG, parts};
use crate::carrier::Carrier;
use crate::connections::Connections;
use heal_lang::plan::ErrorClass;
use heal_stdlib::action::{Args, Probed, Surroundings};
use heal_stdlib::value::{Target, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The history, once no rollout is under way.
async fn settled(driver: &Driver, app: &Args) -> Value {
    let wait = async {
        loop {
            match driver.read("kubernetes.rollout_history", app).await {
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

#[tokio::test]
async fn a_deployment_is_rolled_back_grown_and_given_back() {
    let Some(part) = parts::start("kubernetes") else { return };
    let kubectl = |arguments: &[&str]| part.program("kubedev", &[&["kubectl"], arguments].concat());
    let mut connections = Connections::new("/".into(), "/".into());
    connections.kubernetes.kubeconfig = Some(Path::new(part.var("KUBECONFIG")).into());
    let at = Surroundings { stable_after_ms: 1_000, run_id: "run1".to_owned(), ..Surroundings::default() };
    let driver = Driver { carrier: Carrier::new(connections), at };

    kubectl(&["create", "deployment", "checkout", "--image=shop/checkout:1", "--replicas=2"]);
    let first = settled(&driver, &app(&[])).await;
    assert_eq!(field(&first, "last_stable"), Value::None);
    // Creation times have whole seconds; this release is the latest for longer than `stable_after`.
    let Value::Time(began) = field(&first, "latest.at") else { panic!("{first:?}") };
    while now() <= began + 2_000 {
        settled(&driver, &app(&[])).await;
    }
    kubectl(&["set", "image", "deployment/checkout", "*=shop/checkout:2"]);
    let history = loop {
        let history = settled(&driver, &app(&[])).await;
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
        let after = settled(&driver, &app(&[])).await;
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
    settled(&driver, &app(&[])).await;
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
    settled(&driver, &app(&[])).await;
    let Value::List(pods) = driver.read("kubernetes.pods", &app(&[])).await.expect("pods") else { panic!("no list") };
    assert!(pods.len() >= 3, "{pods:?}");
    let hour = ("over", Value::Quantity(heal_lang::catalogue::Dim::Duration, 3_600.0));
    let Value::List(events) = driver.read("kubernetes.events", &app(&[hour])).await.expect("events") else { panic!() };
    assert!(!events.is_empty(), "a rollout leaves events");
}
