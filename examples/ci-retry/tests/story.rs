//! Every variant of the story, as `cargo test` runs it. They need the `healrun` program beside the story's:
//! `cargo test --workspace` builds it.
#![allow(clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::process::Command;

fn play(variant: &str) -> Value {
    let output =
        Command::new(env!("CARGO_BIN_EXE_ci-story")).args(["--json", variant]).output().expect("the story starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{variant} did not end as it must:\n{words}");
    serde_json::from_slice(&output.stdout).expect("the story's summary is JSON")
}

#[test]
fn a_step_that_met_a_late_server_is_run_again() {
    let told = play("late-server");
    assert_eq!(told["healrun"]["verify"], "fixed", "{told:#}");
}

#[test]
fn a_test_that_fails_for_a_real_reason_is_run_once() {
    let told = play("broken-test");
    assert_eq!(told["attempts"], 1);
    assert_eq!(told["healrun"]["changes"], serde_json::json!([]), "{told:#}");
    assert!(!told["healrun"]["because"].as_array().is_none_or(Vec::is_empty), "it must say why: {told:#}");
}

#[test]
fn a_step_that_passes_is_run_once() {
    assert_eq!(play("green-job")["attempts"], 1);
}

#[test]
fn a_server_that_never_comes_ends_the_attempts() {
    let told = play("no-server");
    assert_eq!(told["healrun"]["told"], true, "{told:#}");
}
