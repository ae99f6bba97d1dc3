//! Every variant of the story, as `cargo test` runs it. The story itself checks how healrun ends and counts the link's
//! switches; these tests look at what it reports.
//!
//! They need the `healrun` program beside the story's: `cargo test --workspace` builds it.
#![allow(clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::process::Command;

fn play(arguments: &[&str]) -> Value {
    let output =
        Command::new(env!("CARGO_BIN_EXE_story")).arg("--json").args(arguments).output().expect("the story starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} did not end as it must:\n{words}");
    serde_json::from_slice(&output.stdout).expect("the story's summary is JSON")
}

#[test]
fn a_bad_release_is_taken_back() {
    let told = play(&["bad-release"]);
    let healrun = &told["healrun"];
    assert_eq!(told["switches"], serde_json::json!(["releases/r42"]));
    assert_eq!((&healrun["outcome"], &healrun["verify"]), (&"healed".into(), &"fixed".into()), "{healrun:#}");
    assert_eq!(healrun["changes"].as_array().map(Vec::len), Some(1), "{healrun:#}");
    assert_eq!(healrun["open_intents"], serde_json::json!([]), "{healrun:#}");
}

#[test]
fn a_healthy_shop_is_left_alone() {
    let told = play(&["no-fault"]);
    assert_eq!(told["healrun"]["changes"], serde_json::json!([]), "{told:#}");
}

#[test]
fn a_dead_dependency_is_told_and_no_release_is_blamed() {
    let told = play(&["dead-dependency"]);
    assert_eq!(told["switches"], serde_json::json!([]));
    assert_eq!(told["healrun"]["changes"], serde_json::json!([]), "{told:#}");
}

#[test]
fn a_rollback_that_does_not_help_is_undone_and_told() {
    let told = play(&["damaged-data"]);
    assert_eq!(told["switches"], serde_json::json!(["releases/r42", "releases/r43"]));
    assert_eq!(told["healrun"]["verify"], "not_fixed", "{told:#}");
}

#[test]
fn a_crash_after_any_row_of_the_journal_switches_the_link_once() {
    let told = play(&["crash"]);
    assert_eq!(told["healed_with_one_switch"], told["killed"], "{told:#}");
    assert!(told["killed"].as_u64() > Some(10), "{told:#}");
    // The cuts must reach behind the last row, or the end of the journal is not covered.
    assert!(told["not_reached"].as_u64() > Some(0), "{told:#}");
}
