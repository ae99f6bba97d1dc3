//! Which lines of a failing run say what went wrong, against the last passing run.
//!
//! The idea of a masked difference follows Hubner et al., "What happened in this pipeline?", ISSTA 2025; the weights are
//! general properties of tool output (level, verdict lines, specificity), not of any one project.

use super::mask;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A line of the failing log and why it is suspected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// 1-based number of the line.
    pub line: usize,
    /// The line without colours.
    pub text: String,
    /// Weight of the suspicion; larger is worse. Comparable within one log only.
    pub score: f64,
    /// Whether no line of the passing log says the same.
    pub new: bool,
}

/// Words that name a failure.
const FAILURE: [&str; 22] = [
    "error",
    "errors",
    "fail",
    "failed",
    "failing",
    "failure",
    "failures",
    "fatal",
    "exception",
    "panic",
    "panicked",
    "cannot",
    "denied",
    "undefined",
    "unresolved",
    "refused",
    "invalid",
    "unable",
    "missing",
    "aborted",
    "crashed",
    "timeout",
];

/// Phrases that say concretely what is wrong.
const CONCRETE: [&str; 22] = [
    "not found",
    "no such",
    "could not",
    "cannot",
    "can't",
    "failed to",
    "unable to",
    "unresolved",
    "undefined",
    "mismatch",
    "expected",
    "denied",
    "no space",
    "refused",
    "timed out",
    "out of memory",
    "does not exist",
    "is not",
    "unexpected",
    "must be",
    "not allowed",
    "unsupported",
];

/// Phrases that only announce that something failed elsewhere.
const VERDICT: [&str; 18] = [
    "build failure",
    "build failed",
    "finished: failure",
    "marked build as failure",
    "exit code",
    "exited with",
    "exit status",
    "compilation error :",
    "there are test failures",
    "process completed",
    "build did not",
    "tests run:",
    "job failed",
    "script failed",
    "errors occurred",
    "failed with exit",
    "command failed",
    "returned non-zero",
];

/// Phrases of advice printed after an error.
const ADVICE: [&str; 14] = [
    "help 1",
    "re-run",
    "rerun",
    "for more information",
    "to see the full",
    "read the following",
    "full debug logging",
    "run with",
    "try:",
    "see http",
    "please refer",
    "after correcting",
    "stacktrace option",
    "note:",
];

/// Ranks the lines of a failing log, most suspicious first, at most `limit`. `pass` is the log of a passing run of the
/// same job, or empty when there is none. O(total length · log lines).
#[must_use]
pub fn rank(fail: &[&str], pass: &[&str], limit: usize) -> Vec<Suspect> {
    let known: BTreeSet<String> = pass.iter().map(|l| mask::masked(l)).collect();
    let texts: Vec<String> = fail.iter().map(|l| mask::plain(l)).collect();
    let masks: Vec<String> = fail.iter().map(|l| mask::masked(l)).collect();
    let mut repeats: BTreeMap<&str, usize> = BTreeMap::new();
    for m in &masks {
        *repeats.entry(m.as_str()).or_insert(0) += 1;
    }
    let weigh: Vec<(f64, bool)> = (0..fail.len())
        .map(|i| {
            if texts[i].is_empty() {
                return (f64::NEG_INFINITY, false);
            }
            let new = !known.contains(&masks[i]);
            let many = repeats.get(masks[i].as_str()).copied().unwrap_or(1) as f64;
            (weight(&texts[i]) + if new { 4.0 } else { 0.0 } - 0.1 * libm::log2(many).min(5.0), new)
        })
        .collect();
    let mut suspects: Vec<Suspect> = (0..fail.len())
        .filter(|&i| weigh[i].0.is_finite())
        .map(|i| {
            // A line gains from a concrete new failure right beside it: messages come in blocks.
            let beside = [i.checked_sub(1), Some(i + 1)]
                .into_iter()
                .flatten()
                .filter_map(|k| weigh.get(k))
                .filter(|w| w.0.is_finite() && w.1)
                .fold(0.0_f64, |a, w| a.max(w.0));
            Suspect { line: i + 1, text: texts[i].clone(), score: weigh[i].0 + 0.05 * beside, new: weigh[i].1 }
        })
        .collect();
    suspects.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.line.cmp(&b.line)));
    suspects.truncate(limit);
    suspects
}

/// How much a line by itself looks like the statement of a failure.
fn weight(text: &str) -> f64 {
    let lower = text.to_lowercase();
    let mut score = 0.0;
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let named = words
        .iter()
        .any(|w| FAILURE.contains(w) || (w.len() > 5 && (w.ends_with("error") || w.ends_with("exception"))));
    if named {
        score += 3.0;
    }
    let head: String = lower.chars().take(48).collect();
    let level = |names: &[&str]| names.iter().any(|n| head.contains(n));
    if level(&["[info]", "[debug]", " info ", "info:", "debug:", " debug "]) {
        score -= 4.0;
    } else if level(&["[warn", "warning:", " warn ", "warning "]) {
        score -= 2.5;
    } else if level(&["[error]", "error:", "##[error]", "fatal:", " error ", "[fatal]", "error[", "failed:", "e   "]) {
        score += 1.5;
    }
    let concrete = CONCRETE.iter().filter(|p| lower.contains(*p)).count();
    score += 1.0 * concrete.min(2) as f64;
    if has_place(&lower) {
        score += 1.0;
    }
    if VERDICT.iter().any(|p| lower.contains(p)) {
        score -= 3.5;
    }
    if ADVICE.iter().any(|p| lower.contains(p)) && concrete == 0 {
        score -= 2.5;
    }
    if named
        && (lower.contains("0 error")
            || lower.contains("errors: 0")
            || lower.contains("failures: 0")
            || lower.contains("0 failed")
            || lower.contains("0 failures"))
    {
        score -= 3.0;
    }
    if words.len() < 3 {
        score -= 1.5;
    }
    if lower.starts_with("at ") || lower.starts_with("... ") {
        score -= 1.0;
    }
    score
}

/// Whether the line names a place in a file: `name.ext:12`, `name.ext:[12,3]`, `line 12`.
fn has_place(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let after_colon = (1..bytes.len().saturating_sub(1)).any(|i| {
        bytes[i] == b':'
            && bytes[i - 1].is_ascii_alphabetic()
            && (bytes[i + 1].is_ascii_digit()
                || (bytes[i + 1] == b'[' && bytes.get(i + 2).is_some_and(u8::is_ascii_digit)))
    });
    after_colon && lower.contains('.') || lower.contains(" line ") && lower.bytes().any(|b| b.is_ascii_digit())
}
