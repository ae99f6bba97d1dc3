//! An undo on a stub of the Kubernetes API that keeps a deployment, and refuses a patch whose tests do not hold: what was
//! captured with the change is set back with the preconditions of now, and nobody is overwritten (R1, R3).
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/checkout";
const SETS: &str = "/apis/apps/v1/namespaces/shop/replicasets";

/// Two releases, `h1` and `h2`; the second is rolled out on two replicas.
struct Cluster {
    deployment: Value,
    /// Revision of each release.
    revisions: Vec<(&'static str, i64)>,
    /// What was written, in order: replicas and image.
    writes: Vec<(i64, String)>,
    /// Somebody who acts right after the first write.
    meddler: Option<fn(&mut Value)>,
}

fn template(hash: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": "checkout" } },
        "spec": { "containers": [{ "name": "checkout", "image": format!("shop:{hash}") }] }
    })
}

impl Cluster {
    fn new(meddler: Option<fn(&mut Value)>) -> Cluster {
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 7, "annotations": {} },
            "spec": { "replicas": 2, "selector": { "matchLabels": { "app": "checkout" } }, "template": template("h2") }
        });
        Cluster { deployment, revisions: vec![("h1", 1), ("h2", 2)], writes: Vec::new(), meddler }
    }

    fn image(&self) -> String {
        let image = self.deployment.pointer("/spec/template/spec/containers/0/image");
        image.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// As the controller keeps them: whatever is rolled out now has the highest revision.
    fn sets(&mut self) -> Value {
        let image = self.image();
        let highest = self.revisions.iter().map(|r| r.1).max().unwrap_or(0);
        for (hash, revision) in &mut self.revisions {
            if image == format!("shop:{hash}") && *revision < highest {
                *revision = highest + 1;
            }
        }
        let sets = self.revisions.iter().map(|(hash, revision)| set(hash, *revision));
        json!({ "apiVersion": "apps/v1", "kind": "ReplicaSetList", "metadata": {}, "items": sets.collect::<Vec<_>>() })
    }

    fn observed(&self) -> Value {
        let mut now = self.deployment.clone();
        let replicas = now["spec"]["replicas"].clone();
        now["status"] = json!({
            "observedGeneration": now["metadata"]["generation"], "replicas": replicas, "updatedReplicas": replicas,
            "availableReplicas": replicas, "readyReplicas": replicas
        });
        now
    }

    /// A JSON Patch: all of it or nothing.
    fn patch(&mut self, ops: &Value) -> (u16, Value) {
        let mut next = self.deployment.clone();
        for op in ops.as_array().into_iter().flatten() {
            let path = op["path"].as_str().unwrap_or_default();
            if op["op"] == "test" {
                if next.pointer(path) != Some(&op["value"]) {
                    return (422, json!({ "kind": "Status", "message": format!("the test of {path} failed") }));
                }
                continue;
            }
            let (parent, name) = path.rsplit_once('/').expect("a pointer");
            let parent = next.pointer_mut(parent).expect("its parent is there");
            parent[name.replace("~1", "/")] = op["value"].clone();
        }
        if next["spec"] != self.deployment["spec"] {
            next["metadata"]["generation"] = json!(next["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
        }
        self.deployment = next;
        self.writes.push((self.deployment["spec"]["replicas"].as_i64().unwrap_or(0), self.image()));
        let answer = self.observed();
        if let (Some(meddle), 1) = (self.meddler, self.writes.len()) {
            meddle(&mut self.deployment);
            self.deployment["metadata"]["generation"] =
                json!(self.deployment["metadata"]["generation"].as_i64().unwrap_or(0) + 1);
        }
        (200, answer)
    }

    fn answer(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
        match (method, path) {
            ("PATCH", DEPLOYMENT) => self.patch(&serde_json::from_str(body).expect("a patch")),
            ("GET", DEPLOYMENT) => (200, self.observed()),
            ("GET", SETS) => (200, self.sets()),
            ("GET", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers") => (200, json!({ "items": [] })),
            ("GET", path) => match path.strip_prefix(SETS).and_then(|rest| rest.strip_prefix("/checkout-")) {
                Some(hash) => (200, set(hash, 1)),
                // The service itself: nothing helps it.
                None => (500, json!({})),
            },
            _ => (404, json!({})),
        }
    }
}

fn set(hash: &str, revision: i64) -> Value {
    let mut template = template(hash);
    template["metadata"]["labels"]["pod-template-hash"] = json!(hash);
    json!({
        "metadata": {
            "name": format!("checkout-{hash}"), "labels": { "app": "checkout", "pod-template-hash": hash },
            "annotations": { "deployment.kubernetes.io/revision": revision.to_string() },
            "creationTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [{ "uid": "u1", "controller": true }]
        },
        "spec": { "template": template }
    })
}

fn serve(cluster: Arc<Mutex<Cluster>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let cluster = Arc::clone(&cluster);
            std::thread::spawn(move || one(&stream, &cluster));
        }
    });
    port
}

fn one(mut stream: &TcpStream, cluster: &Mutex<Cluster>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_ok_and(|n| n <= 2) || line.is_empty() {
            break;
        }
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let mut words = head.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let path = target.split('?').next().unwrap_or(target);
    let (status, json) =
        cluster.lock().expect("no panic while held").answer(method, path, &String::from_utf8_lossy(&body));
    let text = json.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} It\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
}

/// A run of a playbook whose change helps nothing; gives back its report and the cluster.
fn run(change: &str, meddler: Option<fn(&mut Value)>) -> (Value, Cluster) {
    let cluster = Arc::new(Mutex::new(Cluster::new(meddler)));
    let port = serve(Arc::clone(&cluster));
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), port, change);
    let output = support::healrun(folder.path())
        .args(["run", "p.heal", "--env", "local", "--format", "json", "--state", "state.db"])
        .output()
        .expect("healrun runs");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let cluster = Arc::clone(&cluster);
    let mut held = cluster.lock().expect("no panic while held");
    (report, std::mem::replace(&mut held, Cluster::new(None)))
}

fn write(folder: &Path, port: u16, change: &str) {
    let playbook = format!(
        r#"heal 1
playbook p {{
  target app = kubernetes.deployment("checkout", namespace: "shop")

  detect down {{
    let health = http.probe("http://127.0.0.1:{port}/health")
    fire when not health.ok
  }}
  remediate act when down.fired {{
    let size = kubernetes.resources(app, container: "checkout")
    let history = kubernetes.rollout_history(app)
    let first = history.earlier.first() else skip "there is no earlier release"
    timeout = 5s
    {change}
  }}
  verify up after act {{
    let health = http.probe("http://127.0.0.1:{port}/health")
    every = 1s
    until health.ok within 5s
    on not_fixed {{ undo; escalate }}
  }}
  escalate {{ notify.console(summary: "still down: ${{run.outcome}}") }}
}}
"#
    );
    std::fs::write(folder.join("p.heal"), playbook).expect("written");
    std::fs::write(
        folder.join("kubeconfig"),
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: \"http://127.0.0.1:{port}\"}}}}]\n\
             users: [{{name: u, user: {{token: t0ken-of-the-test}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
        ),
    )
    .expect("written");
    std::fs::write(
        folder.join("healrun.yaml"),
        format!(
            "environments:\n  local: {{ autonomy: act }}\nconnections:\n  kubernetes: {{ kubeconfig: kubeconfig }}\nhttp: {{ allow: [\"127.0.0.1:{port}\"] }}\n"
        ),
    )
    .expect("written");
}

const SCALE: &str = "kubernetes.scale(app, replicas: size.replicas + 2, expect: size.replicas)";

fn ended(report: &Value) -> (Option<&str>, Option<&str>, Option<i64>) {
    (report["outcome"].as_str(), report["world"].as_str(), report["exit_code"].as_i64())
}

#[test]
fn an_undo_that_is_written_sets_back_what_was_captured_with_the_change() {
    let undo = "undo { kubernetes.scale(app, replicas: size.replicas, expect: size.replicas + 2) }";
    for change in [format!("{SCALE}\n      {undo}"), SCALE.to_owned()] {
        let (report, cluster) = run(&change, None);
        assert_eq!(ended(&report), (Some("not_healed"), Some("undone"), Some(20)), "{change}: {report:#}");
        let replicas: Vec<i64> = cluster.writes.iter().map(|w| w.0).collect();
        assert_eq!(replicas, [4, 2], "{change}");
    }
}

#[test]
fn a_rollback_is_taken_back_to_the_release_it_came_from() {
    let change = "kubernetes.rollout_undo(app, to: first, expect: history.latest)\n      \
                  undo { kubernetes.rollout_undo(app, to: history.latest, expect: first) }";
    let (report, cluster) = run(change, None);
    assert_eq!(ended(&report), (Some("not_healed"), Some("undone"), Some(20)), "{report:#}");
    let images: Vec<&str> = cluster.writes.iter().map(|w| w.1.as_str()).collect();
    assert_eq!(images, ["shop:h1", "shop:h2"]);
}

#[test]
fn an_undo_overwrites_nobody() {
    let (report, cluster) = run(SCALE, Some(|deployment| deployment["spec"]["replicas"] = json!(7)));
    assert_eq!(cluster.writes.len(), 1, "{report:#}");
    assert_eq!(cluster.deployment["spec"]["replicas"], 7, "somebody's seven replicas stay");
    assert_eq!(ended(&report), (Some("inconclusive"), Some("kept"), Some(24)), "{report:#}");
    let because = report["because"].to_string();
    assert!(because.contains("wants 7 replicas, not 4"), "{because}");
}
