//! Signals, and standard error that nobody reads: an orderly end with the documented exit code, at any moment.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::io::pipe;
use support::{Ended, Place, Watched, code};

const RUN: [&str; 6] = ["run", "p.heal", "--env", "local", "--format", "json"];

#[test]
fn a_signal_during_verify_tells_where_the_run_stands() {
    let place = Place::new("local: { autonomy: act }");
    let mut run = place.watch(&RUN);
    run.until("verifying");
    run.signal(Signal::TERM);
    let ended = run.end();
    let report = ended.json();
    assert_eq!((code(&ended.output), report["outcome"].as_str()), (24, Some("inconclusive")), "{ended}");
    assert_eq!((report["world"].as_str(), report["told"].as_bool()), (Some("kept"), Some(true)), "{ended}");
    assert_eq!(report["because"][0]["kind"].as_str(), Some("shutdown"), "{ended}");
    let page = "restart_api: inconclusive, because a signal stopped healrun; the run stays open and can be resumed";
    assert!(ended.stderr().contains(page), "{ended}");
    assert!(!ended.stderr().contains("no data"), "{ended}");
}

#[test]
fn a_second_signal_ends_at_once_and_owns_up_to_an_open_change() {
    let place = Place::new("local: { autonomy: act }");
    place.edit("p.heal", |text| {
        let slow = "process.run([\"sleep\", \"30\"], effect: change, timeout: 1m)";
        text.replace("process.restart(api)", slow).replace("  target api = process.service(\"api\")\n", "")
    });
    let mut run = place.watch(&RUN);
    run.until("changing");
    run.signal(Signal::INT);
    run.until("SIGINT: stopping");
    run.signal(Signal::INT);
    let ended = run.end();
    assert_eq!(code(&ended.output), 25, "a change is out: {ended}");
    assert!(ended.stderr().contains("SIGINT again: ending at once"), "{ended}");
}

/// At a terminal of its own.
fn at_terminal(place: &Place) -> Watched {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("granted");
    let name = ptsname(&ours, Vec::new()).expect("its name");
    let theirs =
        || std::fs::OpenOptions::new().read(true).write(true).open(name.to_str().expect("a path")).expect("opened");
    let mut command = place.command(&RUN);
    command.stdin(theirs()).stderr(theirs()).stdout(std::process::Stdio::piped());
    let child = command.spawn().expect("healrun starts");
    drop(command);
    Watched::listening(child, std::fs::File::from(ours))
}

#[test]
fn a_signal_while_a_person_is_asked_leaves_the_question_open() {
    let place = Place::hasty("local: { autonomy: approve }");
    let mut run = at_terminal(&place);
    run.until("fingerprint");
    run.signal(Signal::TERM);
    let ended = run.end();
    let report = ended.json();
    assert_eq!((code(&ended.output), report["outcome"].as_str()), (130, Some("cancelled")), "{ended}");
    assert_eq!((report["world"].as_str(), place.starts()), (Some("untouched"), 0), "{ended}");

    let approved = place.run(&["approve"]);
    assert_eq!(code(&approved.output), 0, "{approved}");
    let resumed = place.run(&["resume", "--format", "json"]);
    assert_eq!((code(&resumed.output), resumed.json()["outcome"].as_str()), (0, Some("healed")), "{resumed}");
    assert_eq!(place.starts(), 1);
}

/// Standard error is a pipe whose reader is gone.
fn unheard(place: &Place) -> Ended {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let output = place.command(&RUN).env("HEALRUN_LOG", "trace").stderr(writer).output().expect("healrun runs");
    Ended { output }
}

#[test]
fn a_closed_standard_error_stops_no_healing() {
    let place = Place::hasty("local: { autonomy: act }");
    let ended = unheard(&place);
    assert_eq!((code(&ended.output), ended.json()["outcome"].as_str()), (0, Some("healed")), "{ended}");
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_page_on_a_closed_standard_error_is_not_delivered() {
    let place = Place::new("local: {}");
    let ended = unheard(&place);
    let report = ended.json();
    assert_eq!((code(&ended.output), report["outcome"].as_str()), (26, Some("suggested")), "{ended}");
    assert_eq!(report["told"].as_bool(), Some(false), "{ended}");
}
