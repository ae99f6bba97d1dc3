//! The ready-made playbook `rollback_bad_release`, as written, against a real control plane and a real Prometheus with six
//! hours of past: a bad release is set back, and the service's own metrics prove it.
//!
//! The pods are simulated, so the test plays the service: an exporter whose share of failed requests follows the image that
//! the Deployment names.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

#[path = "support/folder.rs"]
mod folder;
#[path = "../../stdlib/adapters/tests/parts/mod.rs"]
mod parts;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const GOOD: &str = "shop.example/checkout:41";
const BAD: &str = "shop.example/checkout:42";
/// Requests per second.
const LOAD: f64 = 40.0;

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// The service: counters that grow with time, at rates that follow the image.
struct Service {
    image: String,
    at: f64,
    good: f64,
    failed: f64,
}

impl Service {
    fn error_share(&self) -> f64 {
        if self.image == BAD { 0.3 } else { 0.003 }
    }

    fn advance(&mut self, to: f64) {
        let requests = (to - self.at).max(0.0) * LOAD;
        self.failed += requests * self.error_share();
        self.good += requests * (1.0 - self.error_share());
        self.at = to;
    }

    /// All requests are answered in 30 to 100 ms: latency is no part of this story.
    fn metrics(&self, stamp: &str) -> String {
        let total = self.good + self.failed;
        let mut text = String::new();
        let _ = writeln!(text, "http_requests_total{{service=\"checkout\",code=\"200\"}} {}{stamp}", self.good);
        let _ = writeln!(text, "http_requests_total{{service=\"checkout\",code=\"500\"}} {}{stamp}", self.failed);
        for (le, share) in [("0.05", 0.5), ("0.1", 1.0), ("0.25", 1.0), ("+Inf", 1.0)] {
            let _ = writeln!(
                text,
                "http_request_duration_seconds_bucket{{service=\"checkout\",le=\"{le}\"}} {}{stamp}",
                total * share
            );
        }
        text
    }
}

/// Six hours of a healthy service, series by series as backfilling wants it; gives back the service as it is now.
fn past(file: &Path) -> Service {
    let end = now();
    let mut service = Service { image: GOOD.to_owned(), at: end - 6.5 * 3600.0, good: 0.0, failed: 0.0 };
    let mut lines: Vec<String> = Vec::new();
    while service.at < end - 30.0 {
        // A little life: the share of failures wanders by a third around its mean.
        let wobble = (service.at / 600.0).sin() + (service.at / 97.0).sin();
        service.advance(service.at + 15.0);
        service.failed += 0.2 * (wobble + 2.0);
        lines.extend(service.metrics(&format!(" {:.3}", service.at)).lines().map(str::to_owned));
    }
    lines.sort_by(|a, b| {
        let series = |l: &String| l.split('}').next().unwrap_or("").to_owned();
        series(a).cmp(&series(b))
    });
    let (requests, buckets): (Vec<_>, Vec<_>) = lines.iter().partition(|l| l.starts_with("http_requests_total"));
    let mut text = String::from("# TYPE http_requests counter\n");
    for line in requests {
        text += &format!("{line}\n");
    }
    text += "# TYPE http_request_duration_seconds_bucket gauge\n";
    for line in buckets {
        text += &format!("{line}\n");
    }
    text += "# EOF\n";
    std::fs::write(file, text).expect("write the history");
    service
}

/// Serves `/metrics` of the service on a port of its own, as long as the test lives.
fn export(service: Arc<(Mutex<Service>, Condvar)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream: TcpStream = stream;
            let mut request = [0; 2048];
            let _ = stream.read(&mut request);
            let body = {
                let mut service = service.0.lock().expect("no panic while held");
                service.advance(now());
                service.metrics("")
            };
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    port
}

/// Follows the Deployment's image by a real watch.
fn follow(kubernetes: &parts::Part, service: Arc<(Mutex<Service>, Condvar)>) -> std::process::Child {
    let mut watch = Command::new(kubernetes.folder().join("bin/kubedev"))
        .args(["kubectl", "-n", "production", "get", "deployment", "checkout", "--watch", "-o"])
        .arg("jsonpath={.spec.template.spec.containers[0].image}{\"\\n\"}")
        .env("KUBECONFIG", kubernetes.var("KUBECONFIG"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl");
    let lines = BufReader::new(watch.stdout.take().expect("piped"));
    std::thread::spawn(move || {
        for image in lines.lines().map_while(Result::ok) {
            let mut held = service.0.lock().expect("no panic while held");
            held.advance(now());
            held.image = image;
            service.1.notify_all();
        }
    });
    watch
}

/// Asks Prometheus until a query has a result.
fn wait_for(url: &str, query: &str, patience: Duration) {
    let until = Instant::now() + patience;
    let pause = (Mutex::new(()), Condvar::new());
    loop {
        let output = Command::new("curl")
            .args(["-fsS", "--get", "--data-urlencode", &format!("query={query}"), &format!("{url}/api/v1/query")])
            .output()
            .expect("curl");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        if answer.contains("\"value\"") {
            return;
        }
        assert!(Instant::now() < until, "{query} had no result within {patience:?}: {answer}");
        let guard = pause.0.lock().expect("ours");
        let _ = pause.1.wait_timeout(guard, Duration::from_millis(500));
    }
}

fn deployment(image: &str) -> String {
    format!(
        r#"apiVersion: apps/v1
kind: Deployment
metadata: {{name: checkout, namespace: production}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: checkout}}}}
  template:
    metadata: {{labels: {{app: checkout}}}}
    spec:
      containers:
      - {{name: checkout, image: "{image}", resources: {{limits: {{memory: 256Mi, cpu: 500m}}}}}}
"#
    )
}

struct Story {
    kubernetes: parts::Part,
    _prometheus: parts::Part,
    url: String,
    folder: PathBuf,
    service: Arc<(Mutex<Service>, Condvar)>,
    watch: std::process::Child,
}

impl Drop for Story {
    fn drop(&mut self) {
        let _ = self.watch.kill();
        let _ = self.watch.wait();
    }
}

impl Story {
    /// A control plane with a healthy release 41, a Prometheus that remembers six good hours, and the playbook's folder
    /// with a configuration that points at both.
    fn start() -> Option<Story> {
        let kubernetes = parts::start("kubernetes")?;
        let history = kubernetes.folder().join("history.om");
        let service = Arc::new((Mutex::new(past(&history)), Condvar::new()));
        let port = export(Arc::clone(&service));
        let scrape = format!(
            "global: {{scrape_interval: 5s, evaluation_interval: 5s}}\nscrape_configs:\n- job_name: shop\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
        );
        let prometheus = parts::start_with(
            "prometheus",
            |folder| std::fs::write(folder.join("prom.yml"), scrape).expect("write prom.yml"),
            &[&history],
        )?;
        let url = prometheus.var("PROMETHEUS_URL").to_owned();
        kubernetes.program("kubedev", &["kubectl", "create", "namespace", "production"]);
        let folder = kubernetes.folder().join("playbook");
        folder::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../playbooks/rollback_bad_release"), &folder);
        std::fs::write(
            folder.join("healrun.yaml"),
            format!(
                "environments:\n  default: {{autonomy: act, stable_after: 20s}}\nconnections:\n  prometheus: {{url: \"{url}\"}}\n  kubernetes: {{kubeconfig: \"{}\"}}\ngroups:\n  sre: [alice]\n",
                kubernetes.var("KUBECONFIG")
            ),
        )
        .expect("write healrun.yaml");
        apply(&kubernetes, GOOD);
        let watch = follow(&kubernetes, Arc::clone(&service));
        Some(Story { kubernetes, _prometheus: prometheus, url, folder, service, watch })
    }

    fn image(&self) -> String {
        self.kubernetes.program(
            "kubedev",
            &[
                "kubectl",
                "-n",
                "production",
                "get",
                "deployment",
                "checkout",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image}",
            ],
        )
    }

    /// Runs healrun on the playbook; gives back its exit code and the JSON it printed.
    fn healrun(&self, command: &str, more: &[&str]) -> (i32, serde_json::Value) {
        let output = Command::new(env!("CARGO_BIN_EXE_healrun"))
            .args([command, "rollback_bad_release.heal", "--format", "json"])
            .args(more)
            .current_dir(&self.folder)
            .env("PAGERDUTY_KEY", "not-a-real-routing-key")
            .env("HEALRUN_STATE", self.folder.join("state.db"))
            .stdin(Stdio::null())
            .output()
            .expect("healrun starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{command}: {e}: {text}\n{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap_or(-1), json)
    }
}

fn apply(kubernetes: &parts::Part, image: &str) {
    let file = kubernetes.folder().join("checkout.yaml");
    std::fs::write(&file, deployment(image)).expect("write the deployment");
    kubernetes.program("kubedev", &["kubectl", "apply", "-f", "checkout.yaml"]);
    kubernetes.program(
        "kubedev",
        &["kubectl", "-n", "production", "rollout", "status", "deployment/checkout", "--timeout=60s"],
    );
}

#[test]
fn the_ready_made_playbook_takes_a_bad_release_back_on_a_real_control_plane() {
    let Some(story) = Story::start() else { return };

    let (code, healthy) = story.healrun("run", &["-i", "service=checkout"]);
    assert_eq!((code, healthy["outcome"].as_str()), (0, Some("healthy")), "{healthy:#}");

    // Release 41 has to have run for `stable_after` before it is replaced: its own errors over that long say so.
    wait_for(&story.url, "count_over_time(up{job=\"shop\"}[1m]) >= 6", Duration::from_secs(120));
    apply(&story.kubernetes, BAD);
    let ratio = "sum(rate(http_requests_total{service=\"checkout\",code=~\"5..\"}[1m])) / sum(rate(http_requests_total{service=\"checkout\"}[1m]))";
    wait_for(&story.url, &format!("min_over_time(({ratio})[135s:15s]) > 0.05"), Duration::from_secs(400));

    let (code, plan) = story.healrun("plan", &["-i", "service=checkout"]);
    assert_eq!(code, 0, "{plan:#}");
    assert_eq!(story.image(), BAD, "a plan changes nothing");

    let (code, run) = story.healrun("run", &["-i", "service=checkout"]);
    assert_eq!((code, run["outcome"].as_str()), (0, Some("healed")), "{run:#}");
    assert_eq!(story.image(), GOOD);
    assert_eq!(run["changes"].as_array().map(Vec::len), Some(1), "{run:#}");
    assert_eq!(run["changes"][0]["action"], "kubernetes.rollout_undo", "{run:#}");
    let image = story.service.0.lock().expect("no panic while held").image.clone();
    assert_eq!(image, GOOD);
}
