//! A real control plane: reads, patches with preconditions, logs, and every kind of no.

use super::parts::{self, Part};
use super::{act, ask, json};
use crate::carrier::Carrier;
use crate::connections::{Connections, Redactor};
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::{ChangeRequest, HttpAnswer, KubernetesGet, KubernetesWrite, ReadRequest};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

const CHECKOUT: &str = "/apis/apps/v1/namespaces/default/deployments/checkout";

fn carrier(kubeconfig: &Path) -> Carrier {
    let mut connections = Connections::new("/".into(), "/".into());
    connections.kubernetes.kubeconfig = Some(kubeconfig.into());
    let redact: Redactor = Arc::new(|text| text.replace("tr0ub4dor", "***"));
    connections.redact = redact;
    Carrier::new(connections)
}

async fn get(carrier: &Carrier, path: &str, query: &[(&str, &str)]) -> Result<HttpAnswer, ErrorInfo> {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let text = path.ends_with("/log");
    ask(carrier, ReadRequest::Kubernetes(KubernetesGet { path: path.to_owned(), query, text, max_bytes: 1 << 20 }))
        .await
}

async fn patch(carrier: &Carrier, operations: Value, late: bool) -> Result<HttpAnswer, ErrorInfo> {
    let write = KubernetesWrite {
        method: "PATCH".to_owned(),
        path: CHECKOUT.to_owned(),
        query: vec![],
        content_type: "application/json-patch+json".to_owned(),
        body: operations,
    };
    act(carrier, ChangeRequest::Kubernetes(write), late).await
}

/// The kubeconfig of somebody else: another token, or another port.
fn other(part: &Part, name: &str, change: impl Fn(String) -> String) -> Carrier {
    let path = part.folder().join(name);
    let text = std::fs::read_to_string(part.var("KUBECONFIG")).expect("the kubeconfig");
    std::fs::write(&path, change(text)).expect("another kubeconfig");
    carrier(&path)
}

#[tokio::test]
async fn kubernetes_answers_what_the_actions_ask() {
    let Some(part) = parts::start("kubernetes") else { return };
    let kubectl = |arguments: &[&str]| part.program("kubedev", &[&["kubectl"], arguments].concat());
    kubectl(&["create", "deployment", "checkout", "--image=shop/checkout:1", "--replicas=2"]);
    kubectl(&["rollout", "status", "deployment/checkout", "--timeout=60s"]);
    let admin = carrier(Path::new(part.var("KUBECONFIG")));

    a_patch_goes_through_only_where_its_preconditions_hold(&admin).await;
    lists_and_logs_come_whole_and_scrubbed(&admin, &part).await;
    every_no_is_told(&admin, &part, kubectl(&["create", "token", "default"]).trim()).await;
}

async fn a_patch_goes_through_only_where_its_preconditions_hold(admin: &Carrier) {
    let found = json(&get(admin, CHECKOUT, &[]).await.expect("the deployment"));
    let (uid, generation) = (found["metadata"]["uid"].clone(), found["metadata"]["generation"].clone());
    let scale = |uid: &Value, generation: &Value| {
        json!([
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "test", "path": "/metadata/generation", "value": generation},
            {"op": "replace", "path": "/spec/replicas", "value": 3},
        ])
    };
    let stale = patch(admin, scale(&json!("another"), &generation), false).await.expect("an answer");
    assert_eq!((stale.status, json(&stale)["reason"].as_str()), (422, Some("Invalid")));

    let late = patch(admin, scale(&uid, &generation), true).await.expect_err("too late");
    assert_eq!((late.code.as_str(), late.sent), ("send_by", Sent::No));

    let done = patch(admin, scale(&uid, &generation), false).await.expect("an answer");
    assert_eq!((done.status, json(&done)["spec"]["replicas"].as_i64()), (200, Some(3)));
    let again = patch(admin, scale(&uid, &generation), false).await.expect("an answer");
    assert_eq!(again.status, 422, "the same patch again finds that the world has moved");
}

async fn lists_and_logs_come_whole_and_scrubbed(admin: &Carrier, part: &Part) {
    let line = "2026-01-02T03:04:05.000000000Z stdout F connect to db with tr0ub4dor: refused\n";
    std::fs::write(part.folder().join("pods.log"), line).expect("a log");
    let pods = get(admin, "/api/v1/namespaces/default/pods", &[("labelSelector", "app=checkout")]).await;
    let pods = json(&pods.expect("the pods"));
    let names: Vec<&str> =
        pods["items"].as_array().expect("a list").iter().filter_map(|p| p["metadata"]["name"].as_str()).collect();
    assert!(names.len() >= 2, "{names:?}");
    let none = get(admin, "/api/v1/namespaces/default/pods", &[("labelSelector", "app in (nothing, here)")]).await;
    assert_eq!(json(&none.expect("a list"))["items"].as_array().map(Vec::len), Some(0));

    let path = format!("/api/v1/namespaces/default/pods/{}/log", names[0]);
    let query = [("container", "checkout"), ("timestamps", "true"), ("tailLines", "10")];
    let log = get(admin, &path, &query).await.expect("the log");
    assert_eq!(
        (log.status, log.body.trim_end()),
        (200, "2026-01-02T03:04:05.000000000Z connect to db with ***: refused")
    );
}

async fn every_no_is_told(admin: &Carrier, part: &Part, token: &str) {
    let gone = get(admin, "/apis/apps/v1/namespaces/default/deployments/nobody", &[]).await.expect("an answer");
    assert_eq!((gone.status, json(&gone)["reason"].as_str()), (404, Some("NotFound")));

    let weak = other(part, "weak", |text| text.replace("token: admintoken", &format!("token: {token}")));
    let denied = get(&weak, CHECKOUT, &[]).await.expect("an answer");
    assert_eq!(denied.status, 403);
    assert!(denied.body.contains("cannot get resource"), "{}", denied.body);
    let denied = patch(&weak, json!([]), false).await.expect("an answer");
    assert_eq!(denied.status, 403);

    let stranger = other(part, "stranger", |text| text.replace("admintoken", "no-such-token"));
    assert_eq!(get(&stranger, CHECKOUT, &[]).await.expect("an answer").status, 401);

    let dead =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port that is free now");
    let dead = other(part, "dead", |text| {
        let server = text.split("server: \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a server");
        text.replace(server, &format!("https://{dead}"))
    });
    let error = get(&dead, CHECKOUT, &[]).await.expect_err("nobody there");
    assert_eq!((error.class, error.code.as_str(), error.sent), (ErrorClass::Transient, "refused", Sent::No));
    let error = patch(&dead, json!([]), false).await.expect_err("nobody there");
    assert_eq!((error.class, error.code.as_str(), error.sent), (ErrorClass::Transient, "refused", Sent::No));

    // Its certificate is its own: without the leave to ignore that, nobody vouches for it.
    let careful = other(part, "careful", |text| {
        text.replace("insecure-skip-tls-verify: true", "insecure-skip-tls-verify: false")
    });
    let error = get(&careful, CHECKOUT, &[]).await.expect_err("a bad certificate");
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Permanent, "tls"), "{error:?}");
}
