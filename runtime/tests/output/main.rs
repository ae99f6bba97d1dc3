//! What people read, whole, as snapshots. What differs from run to run (ports, ids, times, folders) has a name in capitals.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod messages;
mod plans;
mod runs;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use support::{Ended, healrun};

/// What healrun said and how it ended, as a person sees it.
fn shown(folder: &Path, arguments: &[&str]) -> String {
    shown_with(folder, arguments, &[])
}

fn shown_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = healrun(folder);
    let output = command.args(arguments).envs(environment.iter().copied()).output().expect("healrun runs");
    let ended = Ended { output };
    assert!(!ended.stderr().contains("panicked"), "{ended}");
    let part = |name: &str, text: String| {
        if text.is_empty() { String::new() } else { format!("── {name}\n{}\n", text.trim_end()) }
    };
    let text = format!(
        "$ healrun {}\n{}{}── {}\n",
        arguments.join(" "),
        part("standard error", ended.stderr()),
        part("standard output", ended.stdout()),
        ended.output.status
    );
    text.replace(&folder.display().to_string(), "FOLDER")
}

/// The text without what differs from run to run. Which sample of a verify was the last, and what the ones before said,
/// depends on how fast a service starts: they stand as one.
fn tidy(text: &str) -> String {
    let rules = [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\b20\d{6}-\d{4,6}-[a-z0-9]{4}\b", "RUN"),
        (r"20\d\d-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"\b[0-9a-f]{12,}\b", "HASH"),
        (r#""(started|ended)_ms": \d+"#, r#""${1}_ms": MS"#),
        (r"\bpid \d+", "pid PID"),
        (r"(latency|took): [0-9.]+m?s", "$1: TOOK"),
        (r"(?m)^ +\d[0-9hms.]*[hms] {2}", "  AFTER  "),
        (r"(?m) {2,}\d[0-9hms.]*[hms]( {2}|$)", "  TOOK$1"),
        (r#""attempts": \d\d+"#, r#""attempts": MANY"#),
        (r"\b[a-z2-7]{26}\b", "REQUEST"),
        (r" on \S+ \(", " on HOST ("),
        (r"\d[0-9hms]*[hms] from now", "WAIT from now"),
        (r"by \w+ \(local", "by PERSON (local"),
    ];
    rules.into_iter().fold(text.to_owned(), |text, (pattern, with)| {
        regex::Regex::new(pattern).expect("a pattern").replace_all(&text, with).into_owned()
    })
}
