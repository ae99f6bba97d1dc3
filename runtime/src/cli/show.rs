//! What people read of a run: its report and its journal, line by line.

use crate::config::show_duration;
use crate::driver::clock;
use crate::report::word;
use heal_adapters::console::neutral;
use heal_engine::event::{CallResult, Event, EventKind, Stop};
use heal_lang::plan::{NodeId, Plan};
use serde_json::Value;
use std::fmt::Write;

/// A wall time.
pub(super) fn time(ms: i64) -> String {
    clock::text(ms)
}

/// A line for each step: kind, name, how it ended, why. `word`: another word for how it ended, without a reason.
pub(super) fn steps(report: &Value, word: impl Fn(&Value) -> Option<&'static str>) -> String {
    let mut text = String::new();
    let all = || report["steps"].as_array().into_iter().flatten();
    let of = |step: &Value, name: &str| step[name].as_str().unwrap_or("-").to_owned();
    let width = all().map(|step| of(step, "name").chars().count()).max().unwrap_or(0);
    for step in all() {
        let why = step["because"].as_str().or_else(|| step["evidence"].as_str()).unwrap_or("");
        let (status, why) = match word(step) {
            Some(word) => (word.to_owned(), ""),
            None => (of(step, "status"), why),
        };
        let line = format!("  {:9} {:width$}  {status:12} {}", of(step, "kind"), of(step, "name"), one_line(why));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The final JSON, for people. `steps`: they have not just been seen.
pub(super) fn report(report: &Value, steps_too: bool) -> String {
    let mut text = String::new();
    let word = |name: &str| report[name].as_str().unwrap_or("?").to_owned();
    if report.is_null() {
        return "it has not ended\n".to_owned();
    }
    if steps_too {
        text.push_str(&steps(report, |_| None));
    }
    for change in report["changes"].as_array().into_iter().flatten() {
        let (state, summary) = (change["state"].as_str().unwrap_or("?"), change["summary"].as_str().unwrap_or("?"));
        let _ = writeln!(text, "  change    {}: {}", state.replace('_', " "), one_line(summary));
    }
    let _ = write!(text, "{}", word("outcome"));
    if let Some(code) = report["exit_code"].as_u64() {
        let _ = write!(text, " (exit {code})");
    }
    if word("outcome") == "healthy" {
        // The steps say why.
        text.push_str(": nothing is wrong, nothing was changed\n");
        return text;
    }
    let _ = writeln!(text, ": {}{}", world(&word("world")), verify(&word("verify")));
    for because in report["because"].as_array().into_iter().flatten() {
        let (kind, said) = (because["kind"].as_str().unwrap_or("?"), because["text"].as_str().unwrap_or("?"));
        let _ = writeln!(text, "  because   {}: {}", kind.replace('_', " "), one_line(said));
    }
    if word("outcome") == "waiting" {
        let _ = writeln!(text, "  next      `healrun approve {0}`, then `healrun resume {0}`", word("run_id"));
    }
    for open in report["open_intents"].as_array().into_iter().flatten() {
        let _ = writeln!(
            text,
            "  IN DOUBT  {}: nobody knows whether it happened; look, then `healrun resume {}`",
            one_line(open["summary"].as_str().unwrap_or("?")),
            word("run_id")
        );
    }
    text
}

/// What became of the world, as a sentence's beginning.
fn world(word: &str) -> &str {
    match word {
        "untouched" => "nothing was changed",
        "undone" => "what was changed is undone",
        "kept" => "what was changed stays",
        "partial" => "a part of what was changed stays",
        "dirty" => "what was changed is in doubt",
        other => other,
    }
}

/// What verify says, as a sentence's end.
fn verify(word: &str) -> &str {
    match word {
        "fixed" => ", and it is verified to help",
        "not_fixed" => ", and it did not help",
        "worse" => ", and it made things worse",
        "cannot_tell" => ", and whether it helped cannot be told",
        _ => "",
    }
}

/// Text from anywhere, harmless and on one line.
pub(super) fn one_line(text: &str) -> String {
    neutral(text).replace(['\n', '\t'], " ")
}

/// A row of the journal; `plan` gives steps their names.
pub(super) fn event(event: &Event, plan: Option<&Plan>) -> String {
    format!("  {:4}  {:>8}  {}\n", event.seq, show_duration(event.now), one_line(&words(event, plan)))
}

fn words(event: &Event, plan: Option<&Plan>) -> String {
    let step = |node: NodeId| match plan.and_then(|plan| plan.step_of(node)) {
        Some(step) => format!(" of {}", step.name),
        None => String::new(),
    };
    match &event.kind {
        EventKind::Opened(o) => format!("opened in {}, which may {}", o.environment, word(&o.autonomy)),
        EventKind::Claimed(c) => format!("claimed by {} ({})", c.owner, word(&c.why)),
        EventKind::CallEnded(c) => {
            let of = c.node.map(step).unwrap_or_default();
            let again = if c.attempt > 1 { format!(", attempt {}", c.attempt) } else { String::new() };
            let what = format!("{}{of}{again}", word(&c.kind));
            match &c.result {
                CallResult::Ok { probe: Some(found), .. } => format!("{what}: {}", word(found)),
                CallResult::Ok { .. } => format!("{what}: ok"),
                CallResult::Err(e) => format!("{what}: {}: {}", e.code, e.message),
            }
        }
        EventKind::Judged(j) => {
            let verdict = word(&j.verdict).replace('_', " ");
            format!("{}{}: {verdict}: {}", word(&j.purpose), step(j.node), j.because)
        }
        EventKind::Resolved(r) => {
            let changes: Vec<&str> = r.changes.iter().map(|c| c.summary.as_str()).collect();
            match &r.stop {
                Some(Stop::Skip(why)) => format!("resolved{}: skipped: {why}", step(r.node)),
                Some(Stop::Refuse(why)) => format!("resolved{}: refused: {why}", step(r.node)),
                Some(Stop::Block(why)) => format!("resolved{}: blocked: {why}", step(r.node)),
                Some(Stop::Fail(e)) => format!("resolved{}: {}: {}", step(r.node), e.code, e.message),
                None => format!("resolved{}: {}", step(r.node), changes.join("; ")),
            }
        }
        EventKind::Admitted(a) => format!("INTENT {}: {}", a.intent.0, a.change.summary),
        EventKind::Denied(d) => format!("denied: {}", d.because.text),
        EventKind::Decided(d) => {
            format!("{} by {} ({})", if d.approve { "approved" } else { "refused" }, d.by, d.method)
        }
        EventKind::IncidentChanged(i) => format!("incident {}", i.status),
        EventKind::Ordered(o) => format!("ordered {} by {}: {}", word(&o.order), o.by, o.reason),
        EventKind::Settled { intent, result } => format!("settled {}: {}", intent.0, word(result).replace('_', " ")),
        EventKind::HandedOver(h) => format!("handed over by engine {}: {} open", h.from, h.changes.len()),
        EventKind::Polled(p) => format!("{} polls so far, nothing new: {}", p.polls, p.because),
        EventKind::LeaseLost => "lease lost".to_owned(),
        EventKind::Tick => "tick".to_owned(),
    }
}
