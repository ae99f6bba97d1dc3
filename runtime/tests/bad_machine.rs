//! A disk that is full and a clock that jumps, as the kernel's answers to healrun: `support/shim.c`, preloaded.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use rustix::process::Signal;
use std::process::Command;
use support::{Place, Watched, code};

const RUN: [&str; 8] = ["run", "p.heal", "--env", "local", "--state", "s.db", "--format", "json"];

/// healrun on the bad machine, which listens to the files `full` and `shift`.
fn start(place: &Place) -> Watched {
    let folder = place.folder();
    let library = folder.join("shim.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/shim.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(built.expect("a C compiler").success());
    let mut command = place.command(&RUN);
    command.env("LD_PRELOAD", library).env("SHIM_FULL", folder.join("full")).env("SHIM_SHIFT", folder.join("shift"));
    Watched::new(command)
}

#[test]
fn a_disk_that_is_full_for_a_while_is_waited_for() {
    let place = Place::hasty("local: { autonomy: act }");
    let mut run = start(&place);
    run.until("changing");
    place.write("full", "");
    run.until("the disk is full; trying again");
    std::fs::remove_file(place.folder().join("full")).expect("removed");
    let ended = run.end();
    assert_eq!((code(&ended.output), ended.json()["outcome"].as_str()), (0, Some("healed")), "{ended}");
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_signal_on_a_full_disk_ends_with_25_and_the_run_can_be_resumed() {
    let place = Place::hasty("local: { autonomy: act }");
    let mut run = start(&place);
    run.until("changing");
    place.write("full", "");
    run.until("the disk is full; trying again");
    run.signal(Signal::TERM);
    let ended = run.end();
    let json = ended.json();
    assert_eq!((code(&ended.output), json["outcome"].as_str()), (25, Some("unsafe")), "{ended}");
    assert!(json["report"]["because"][0]["text"].as_str().is_some_and(|t| t.contains("the disk is full")), "{ended}");
    assert!(ended.stderr().contains("this report is written nowhere else"), "{ended}");

    let resumed = place.run(&["resume", "--state", "s.db", "--format", "json"]);
    assert_eq!((code(&resumed.output), resumed.json()["outcome"].as_str()), (0, Some("healed")), "{resumed}");
    assert_eq!(place.starts(), 1);
}

#[test]
fn a_disk_that_stays_full_ends_by_itself() {
    let place = Place::new("local: { autonomy: act }");
    let mut run = start(&place);
    run.until("changing");
    place.write("full", "");
    let ended = run.end();
    assert_eq!((code(&ended.output), ended.json()["outcome"].as_str()), (25, Some("unsafe")), "{ended}");
    let said = ended.stderr();
    assert!(said.matches("trying again").count() > 3, "it says now and then that it still tries: {ended}");
    assert!(said.contains("restart_api: unsafe, because the state file"), "{ended}");
}

#[test]
fn a_clock_that_jumps_is_noted_and_decides_nothing() {
    let place = Place::hasty("local: { autonomy: act }");
    let mut run = start(&place);
    run.until("verifying");
    place.write("shift", "86400000");
    run.until("the wall clock jumped forward by 1d");
    place.write("shift", "-3600000");
    run.until("the wall clock jumped back by 1d1h");
    let ended = run.end();
    let report = ended.json();
    assert_eq!((code(&ended.output), report["outcome"].as_str()), (0, Some("healed")), "{ended}");
    assert_eq!(place.starts(), 1);

    let id = report["run_id"].as_str().expect("an id");
    let shown = place.run(&["runs", "show", id, "--state", "s.db", "--format", "json"]).json();
    let events = shown["events"].as_array().expect("events");
    let now: Vec<u64> = events.iter().filter_map(|e| e["now"].as_u64()).collect();
    let at: Vec<i64> = events.iter().filter_map(|e| e["at"].as_i64()).collect();
    assert!(now.is_sorted() && now.last() < Some(&600_000), "run time never goes back and never leaps: {now:?}");
    assert!(!at.is_sorted(), "the wall time is what the clock said: {at:?}");
}
