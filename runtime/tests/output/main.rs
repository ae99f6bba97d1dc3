//! What people read, whole, as snapshots. What differs from run to run (ports, ids, times, folders) has a name in capitals.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod messages;
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
