//! GitHub Actions: annotations, outputs of the step, the job's summary, the job's page.
//!
//! Whatever is said here may hold text from outside; it is made harmless first (R69).

use heal_adapters::console;
use std::io::Write;

/// This process is a step of a job.
pub(super) fn is_on() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|v| v == "true")
}

/// This process is a step of any CI's job.
pub(super) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}

/// The page of the job.
pub(super) fn page() -> Option<String> {
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    if let Some(page) = var("CI_JOB_URL").or_else(|| var("BUILD_URL")) {
        return Some(page);
    }
    let (server, repository, run) = (var("GITHUB_SERVER_URL")?, var("GITHUB_REPOSITORY")?, var("GITHUB_RUN_ID")?);
    Some(format!("{server}/{repository}/actions/runs/{run}"))
}

/// A workflow command: `::error title=…::…`.
pub(super) fn command(kind: &str, title: &str, text: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    format!("::{kind} title={}::{}", property(title), data(&text))
}

/// Outputs of the step: `key=value` lines, each value on one line.
pub(super) fn outputs(pairs: &[(&str, String)]) {
    let lines: String = pairs
        .iter()
        .map(|(key, value)| {
            let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            format!("{key}={value}\n")
        })
        .collect();
    append("GITHUB_OUTPUT", &lines);
}

/// Text for the job's summary, fenced so that nothing in it renders.
pub(super) fn summary(heading: &str, text: &str) {
    append("GITHUB_STEP_SUMMARY", &format!("### {heading}\n\n{}\n", console::fenced(&console::neutral(text))));
}

fn append(variable: &str, text: &str) {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else { return };
    let written = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!("{variable}: cannot be written: {}", crate::files::why(&error));
    }
}
