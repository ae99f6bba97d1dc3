//! What people read of a run: its report and its journal, line by line.

use crate::config::show_duration;
use heal_adapters::console::neutral;
use heal_engine::event::{CallResult, Event, EventKind};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt::Write;

/// A wall time.
pub(super) fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The final JSON, for people.
pub(super) fn report(report: &Value) -> String {
    let mut text = String::new();
    let word = |name: &str| report[name].as_str().unwrap_or("?").to_owned();
    if report.is_null() {
        return "it has not ended\n".to_owned();
    }
    for step in report["steps"].as_array().into_iter().flatten() {
        let (name, status) = (step["name"].as_str().unwrap_or("?"), step["status"].as_str().unwrap_or("-"));
        let why = step["because"].as_str().or_else(|| step["evidence"].as_str()).unwrap_or("");
        let _ = writeln!(text, "  {name:20} {status:12} {}", one_line(why));
    }
    for change in report["changes"].as_array().into_iter().flatten() {
        let (state, summary) = (change["state"].as_str().unwrap_or("?"), change["summary"].as_str().unwrap_or("?"));
        let _ = writeln!(text, "  change: {} ({state})", one_line(summary));
    }
    let _ = write!(text, "{}", word("outcome"));
    if let Some(code) = report["exit_code"].as_u64() {
        let _ = write!(text, ", exit {code}");
    }
    let _ = writeln!(text, ", world {}, verify {}", word("world"), word("verify"));
    for because in report["because"].as_array().into_iter().flatten() {
        let (kind, said) = (because["kind"].as_str().unwrap_or("?"), because["text"].as_str().unwrap_or("?"));
        let _ = writeln!(text, "  because {kind}: {}", one_line(said));
    }
    for open in report["open_intents"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "  OPEN: {}", one_line(open["summary"].as_str().unwrap_or("?")));
    }
    text
}

/// Text from anywhere, harmless and on one line.
pub(super) fn one_line(text: &str) -> String {
    neutral(text).replace(['\n', '\t'], " ")
}

/// A row of the journal.
pub(super) fn event(event: &Event) -> String {
    format!("  {:4}  {:>8}  {}\n", event.seq, show_duration(event.now), one_line(&words(event)))
}

fn words(event: &Event) -> String {
    match &event.kind {
        EventKind::Opened(o) => format!("opened in {} ({:?})", o.environment, o.autonomy),
        EventKind::Claimed(c) => format!("claimed by {} ({:?})", c.owner, c.why),
        EventKind::CallEnded(c) => {
            let what = format!("{:?} {} attempt {}", c.kind, c.call.0, c.attempt).to_lowercase();
            match &c.result {
                CallResult::Ok { probe: Some(found), .. } => format!("{what}: {found:?}"),
                CallResult::Ok { .. } => format!("{what}: ok"),
                CallResult::Err(e) => format!("{what}: {}: {}", e.code, e.message),
            }
        }
        EventKind::Judged(j) => format!("judged {:?}: {:?} {}", j.purpose, j.verdict, j.because).to_lowercase(),
        EventKind::Resolved(r) => {
            let changes: Vec<&str> = r.changes.iter().map(|c| c.summary.as_str()).collect();
            match &r.stop {
                Some(stop) => format!("resolved: stops, {stop:?}"),
                None => format!("resolved: {}", changes.join("; ")),
            }
        }
        EventKind::Admitted(a) => format!("INTENT {}: {}", a.intent.0, a.change.summary),
        EventKind::Denied(d) => format!("denied: {}", d.because.text),
        EventKind::Decided(d) => {
            format!("{} by {} ({})", if d.approve { "approved" } else { "refused" }, d.by, d.method)
        }
        EventKind::IncidentChanged(i) => format!("incident {}", i.status),
        EventKind::Ordered(o) => format!("ordered {:?} by {}: {}", o.order, o.by, o.reason),
        EventKind::Settled { intent, result } => format!("settled {}: {result:?}", intent.0),
        EventKind::Polled(p) => format!("{} polls so far, nothing new: {}", p.polls, p.because),
        EventKind::LeaseLost => "lease lost".to_owned(),
        EventKind::Tick => "tick".to_owned(),
    }
}
