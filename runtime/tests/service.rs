//! The README's playbook against a real process: a service of this test's own, started by healrun, on a port of its own.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use support::{Place, code};

#[test]
fn a_dead_service_is_started_and_proven_alive() {
    let place = Place::new("local: { autonomy: act }");
    let ended = place.run(&["run", "p.heal", "--env", "local", "--format", "json"]);
    let report = ended.json();
    assert_eq!((code(&ended.output), report["outcome"].as_str()), (0, Some("healed")), "{ended}");
    assert_eq!((report["world"].as_str(), report["verify"].as_str()), (Some("kept"), Some("fixed")));
    assert_eq!(report["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(place.starts(), 1);

    let again = place.run(&["run", "p.heal", "--env", "local", "--format", "json"]);
    assert_eq!((code(&again.output), again.json()["outcome"].as_str()), (0, Some("healthy")), "{again}");
    assert_eq!(place.starts(), 1, "a live service is left alone");

    let run = report["run_id"].as_str().expect("an id").to_owned();
    let shown = place.run(&["runs", "show", &run]);
    assert!(shown.stdout().contains("INTENT") && shown.stdout().contains("healed"), "{shown}");
    // Sixty polls of half a second each; R36: the rows are those of the changes.
    let rows = place.run(&["runs", "show", &run, "--format", "json"]).json()["events"].as_array().map(Vec::len);
    assert!(rows < Some(30), "{rows:?}: {shown}");
}

#[test]
fn nothing_is_changed_where_nothing_is_said() {
    let place = Place::new("local: {}");
    let ended = place.run(&["run", "p.heal", "--env", "local", "--format", "json"]);
    assert_eq!((code(&ended.output), ended.json()["outcome"].as_str()), (20, Some("suggested")), "{ended}");
    let mapped = place.run(&["run", "p.heal", "--env", "local", "--exit-on", "suggested=0"]);
    assert_eq!(code(&mapped.output), 0, "{mapped}");
    let plan = place.run(&["plan", "p.heal", "--env", "local", "--format", "json"]);
    assert_eq!(plan.json()["would_change"].as_array().map(Vec::len), Some(1), "{plan}");
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_plan_writes_no_state() {
    let place = Place::new("local: { autonomy: act }");
    let plan = place.run(&["plan", "p.heal", "--env", "local"]);
    assert_eq!(code(&plan.output), 0, "{plan}");
    assert!(plan.stdout().contains("would start api"), "{plan}");
    assert!(!place.folder().join(".healrun").exists());
    assert_eq!(place.starts(), 0);
}

/// A cut at a few rows; the story cuts at every one.
#[test]
fn after_a_crash_the_change_is_made_once() {
    std::thread::scope(|scope| {
        for row in [1, 4, 7, 8, 10, 13] {
            scope.spawn(move || {
                let place = Place::new("local: { autonomy: act }");
                let killed = place.run_with(
                    &["run", "p.heal", "--env", "local", "--format", "json"],
                    &[("HEALRUN_KILL_AFTER_ROW", &row.to_string())],
                );
                assert_eq!(killed.signal(), Some(9), "row {row}: {killed}");
                let resumed = place.run(&["resume", "--state", ".healrun/state.db", "--format", "json"]);
                assert_eq!(resumed.json()["outcome"].as_str(), Some("healed"), "row {row}: {resumed}");
                assert_eq!(place.starts(), 1, "row {row}");
            });
        }
    });
}

#[test]
fn an_approval_parks_the_run_and_lets_it_go_on() {
    let place = Place::new("local: { autonomy: approve }");
    let waiting = place.run(&["run", "p.heal", "--env", "local", "--format", "json"]);
    assert_eq!((code(&waiting.output), waiting.json()["outcome"].as_str()), (75, Some("waiting")), "{waiting}");
    assert_eq!(place.starts(), 0);
    let run = waiting.json()["run_id"].as_str().expect("an id").to_owned();

    let wrong = place.run(&["approve", &run, "--fingerprint", "0123456789abcdef"]);
    assert_eq!(code(&wrong.output), 2, "{wrong}");
    let approved = place.run(&["approve", &run]);
    assert_eq!(code(&approved.output), 0, "{approved}");
    let resumed = place.run(&["resume", &run, "--format", "json"]);
    assert_eq!((code(&resumed.output), resumed.json()["outcome"].as_str()), (0, Some("healed")), "{resumed}");
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_refused_approval_refuses_the_change() {
    let place = Place::new("local: { autonomy: approve }");
    let waiting = place.run(&["run", "p.heal", "--env", "local"]);
    assert_eq!(code(&waiting.output), 75, "{waiting}");
    assert_eq!(code(&place.run(&["approve", "--refuse"]).output), 0);
    let bare = place.run(&["approve"]);
    assert_eq!(code(&bare.output), 2, "a refused request takes no more answers: {bare}");
    assert!(bare.stderr().contains("no run asks for an approval"), "{bare}");
    let by_run = place.run(&["approve", "2"]);
    assert_eq!(code(&by_run.output), 2, "{by_run}");
    assert!(by_run.stderr().contains("already refused by"), "{by_run}");
    let resumed = place.run(&["resume", "--format", "json"]);
    assert_eq!((code(&resumed.output), resumed.json()["outcome"].as_str()), (21, Some("refused")), "{resumed}");
    assert_eq!(place.starts(), 0);
}

#[test]
fn two_runs_of_one_incident_are_one() {
    let place = Place::new("local: { autonomy: act }");
    let mut first = place.start(&["run", "p.heal", "--env", "local", "--format", "json"]);
    place.wait_for_start();
    let second = place.run(&["run", "p.heal", "--env", "local", "--format", "json"]);
    assert_eq!((code(&second.output), second.json()["outcome"].as_str()), (0, Some("joined")), "{second}");
    assert!(first.wait().expect("it ends").success());
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_second_playbook_keeps_its_hands_off_a_target_that_is_being_changed() {
    let place = Place::hasty("local: { autonomy: act }");
    let text = std::fs::read_to_string(place.folder().join("p.heal")).expect("read");
    // It wants to restart what the first one has just started and still watches.
    place.write("q.heal", &text.replace("restart_api", "bounce_api").replace("when not health.ok", "when health.ok"));
    let mut first = place.watch(&["run", "p.heal", "--env", "local", "--format", "json"]);
    first.until("verifying");
    let second = place.run(&["run", "q.heal", "--env", "local", "--format", "json"]);
    let report = second.json();
    assert_eq!((code(&second.output), report["outcome"].as_str()), (23, Some("blocked")), "{second}");
    assert_eq!(report["world"].as_str(), Some("untouched"), "{second}");
    let ended = first.end();
    assert_eq!((code(&ended.output), ended.json()["outcome"].as_str()), (0, Some("healed")), "{ended}");
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_signal_leaves_the_run_resumable() {
    let place = Place::new("local: { autonomy: act }");
    let mut first = place.start(&["run", "p.heal", "--env", "local", "--format", "json"]);
    place.wait_for_start();
    // Now it verifies: the change is made and not proven.
    let pid = rustix::process::Pid::from_child(&first);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
    let ended = first.wait().expect("it ends");
    assert!(matches!(ended.code(), Some(24 | 25)), "{ended}");
    let resumed = place.run(&["resume", "--format", "json"]);
    assert_eq!(resumed.json()["outcome"].as_str(), Some("healed"), "{resumed}");
    assert_eq!(place.starts(), 1);
}
