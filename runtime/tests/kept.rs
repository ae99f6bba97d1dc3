//! Detectors that keep what they learn between the runs of a playbook.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use support::{Ended, code, healrun};

const CONFIG: &str =
    "environments:\n  local: { autonomy: act }\nservices:\n  api: { pid_file: api.pid, start: [sleep, \"1\"] }\n";

const PLAYBOOK: &str = r#"heal 1
playbook watch {
  target api = process.service("api")

  detect slow {
    let latency = data.series("latency.csv", unit: milliseconds, over: 10d)
    let usual = anomaly.METHOD(latency, keep: true)
    fire when usual.alarm
  }

  escalate {
    notify.console(summary: "${run.playbook}: ${run.because}")
  }
}
"#;

const NAME: &str = "local/watch/process.service api/slow.usual";

fn place(method: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("healrun.yaml"), CONFIG).expect("written");
    std::fs::write(folder.path().join("watch.heal"), PLAYBOOK.replace("METHOD", method)).expect("written");
    folder
}

/// Rows `from..to` of a calm series of five-minute steps; those from `jump` on are ten times as high.
fn rows(folder: &Path, (from, to): (i64, i64), jump: i64) {
    let start = jiff::Timestamp::now().as_second() / 300 * 300 - 300 * 1_000;
    let mut text = "timestamp,value\n".to_owned();
    for i in from..to {
        let value = 100 + i * 7 % 11;
        writeln!(text, "{},{}", start + 300 * i, if i >= jump { 10 * value } else { value }).expect("a row");
    }
    std::fs::write(folder.join("latency.csv"), text).expect("written");
}

fn go(folder: &Path, arguments: &[&str]) -> Ended {
    Ended { output: healrun(folder).args(arguments).output().expect("healrun runs") }
}

fn run(folder: &Path) -> Value {
    go(folder, &["run", "watch.heal", "--env", "local", "--format", "json"]).json()
}

fn models(folder: &Path) -> Vec<Value> {
    let list = go(folder, &["signal", "models", "list", "--format", "json"]).json();
    list["models"].as_array().cloned().unwrap_or_default()
}

/// The hash in the judging event of a run.
fn judged(folder: &Path, run: &Value) -> Option<String> {
    let id = run["run_id"].as_str().expect("an id");
    let db = rusqlite::Connection::open(folder.join(".healrun/state.db")).expect("the state file");
    let mut rows = db.prepare("select body from events where run = ?1 order by seq").expect("a question");
    let bodies = rows.query_map([id], |r| r.get::<_, Vec<u8>>(0)).expect("rows");
    let fact = |body: Vec<u8>| {
        let event: Value = serde_json::from_slice(&body).ok()?;
        let text = event.to_string();
        let at = text.find("\"model slow.usual\":\"")? + "\"model slow.usual\":\"".len();
        Some(text[at..at + 32].to_owned())
    };
    bodies.filter_map(Result::ok).filter_map(fact).last()
}

#[test]
fn a_live_run_keeps_what_it_learnt_and_its_judging_event_names_it() {
    let place = place("ewma");
    let folder = place.path();
    rows(folder, (0, 400), 9_999);
    let first = run(folder);
    assert_eq!(first["outcome"], "healthy", "{first}");
    let kept = models(folder);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((&kept[0]["model"], &kept[0]["points"]), (&NAME.into(), &400.into()));
    assert_eq!(kept[0]["by"], first["run_id"]);
    assert_eq!(judged(folder, &first).as_deref(), kept[0]["hash"].as_str(), "by its hash");

    // The next window overlaps: what is known is left out, what is new is learnt.
    rows(folder, (300, 500), 9_999);
    let second = run(folder);
    let kept = models(folder);
    assert_eq!((&kept[0]["version"], &kept[0]["points"]), (&2.into(), &500.into()), "{second}");
    assert_eq!(judged(folder, &second).as_deref(), kept[0]["hash"].as_str());

    // Nothing new is no new version.
    run(folder);
    assert_eq!(models(folder).len(), 2);
}

#[test]
fn a_short_window_is_judged_by_what_earlier_runs_learnt() {
    let place = place("holt");
    let folder = place.path();
    rows(folder, (500, 505), 502);
    assert_eq!(run(folder)["outcome"], "no_data", "five samples say nothing");

    let place = self::place("holt");
    let folder = place.path();
    rows(folder, (0, 500), 9_999);
    assert_eq!(run(folder)["outcome"], "healthy");
    rows(folder, (500, 505), 502);
    let report = run(folder);
    assert_eq!(report["steps"][0]["status"], "fired", "{report}");
}

#[test]
fn plan_judges_by_what_is_kept_and_keeps_nothing() {
    let place = place("auto");
    let folder = place.path();
    rows(folder, (0, 400), 9_999);
    run(folder);
    let before = models(folder);
    rows(folder, (380, 460), 9_999);
    let ended = go(folder, &["plan", "watch.heal", "--env", "local", "--format", "json"]);
    assert_eq!(code(&ended.output), 0, "{ended}");
    assert_eq!(ended.json()["steps"][0]["status"], "quiet", "{ended}");
    assert_eq!(models(folder), before);
}

#[test]
fn a_state_that_does_not_load_is_refused_with_the_way_out() {
    let place = place("ewma");
    let folder = place.path();
    rows(folder, (0, 400), 9_999);
    run(folder);
    let db = rusqlite::Connection::open(folder.join(".healrun/state.db")).expect("the state file");
    let newer = "update models set body = cast(replace(cast(body as text), '\"version\":1', '\"version\":7') as blob)";
    assert_eq!(db.execute(newer, []).expect("changed"), 1);
    drop(db);
    rows(folder, (0, 410), 9_999);
    let report = run(folder);
    assert_eq!(report["outcome"], "no_data", "{report}");
    let text = report.to_string();
    assert!(text.contains("its form is 7, this program knows 1"), "{text}");
    assert!(text.contains("healrun signal models rollback"), "{text}");
    assert_eq!(models(folder).len(), 1, "nothing was learnt on top of it");

    // The old model's command says it too; learning anew is the way out.
    let ended = go(folder, &["signal", "update", "latency.csv", "--model", NAME]);
    assert_eq!(code(&ended.output), 2, "{ended}");
    let ended =
        go(folder, &["signal", "train", "latency.csv", "--model", NAME, "--method", "ewma", "--unit", "milliseconds"]);
    assert_eq!(code(&ended.output), 0, "{ended}");
    rows(folder, (400, 420), 9_999);
    assert_eq!(run(folder)["outcome"], "healthy");
}
