//! The final JSON of a run (`healrun run --format json`), as it is also kept in the state file.

use crate::driver::Givens;
use heal_engine::command::{CloseReport, IntentId};
use heal_engine::event::Because;
use heal_engine::mode::Mode;
use heal_engine::outcome::{Outcome, shutdown_code};
use heal_engine::run::{ChangeView, IntentStage, NodeView, Run, RunView};
use heal_lang::plan::StepKind;
use serde_json::{Value, json};

/// The version of this form.
pub const SCHEMA: u32 = 1;

/// How it ended, or stands.
pub struct End {
    /// `healed`, …; `waiting` and `cancelled` for a run that stays open.
    pub outcome: String,
    /// Of the process.
    pub exit_code: u8,
    /// People were told; `None` where nobody had to be (`false` in the JSON: an undelivered page is exit 26).
    pub told: Option<bool>,
    /// Most telling first.
    pub because: Vec<Because>,
}

impl End {
    /// Of a run that is over.
    #[must_use]
    pub fn closed(report: &CloseReport) -> End {
        End {
            outcome: word(&report.outcome),
            exit_code: report.exit_code,
            told: report.told,
            because: report.because.clone(),
        }
    }
}

/// Why a run that a signal stopped is where it is, for its page and its report.
pub const STOPPED: &str = "a signal stopped healrun; the run stays open and can be resumed";

/// What a run is called that a signal stopped and that stays open (R33).
#[must_use]
pub fn stopped_outcome(view: &RunView) -> Outcome {
    match shutdown_code(view.world, !view.open_intents.is_empty()) {
        24 => Outcome::Inconclusive,
        25 => Outcome::Unsafe,
        _ => Outcome::Cancelled,
    }
}

/// The word of something that serialises to one.
#[must_use]
pub fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The whole report.
#[must_use]
pub fn report<M: Mode>(run: &Run<M>, givens: &Givens, end: &End, times: (i64, i64), head: Option<String>) -> Value {
    let view = run.view();
    let (world, verify) = match run.state().report.as_ref() {
        Some(closed) => (word(&closed.verdict.world), word(&closed.verdict.verify)),
        None => (word(&view.world), word(&view.verify)),
    };
    let open: Vec<Value> = view.open_intents.iter().map(|id| intent(run, *id)).collect();
    json!({
        "schema": SCHEMA,
        "run_id": givens.run,
        "playbook": givens.plan.playbook,
        "plan_hash": givens.plan.hash,
        "environment": givens.environment,
        "outcome": end.outcome,
        "exit_code": end.exit_code,
        "world": world,
        "verify": verify,
        "told": end.told.unwrap_or(false),
        "because": end.because,
        "started": time(times.0),
        "ended": time(times.1),
        "steps": view.nodes.iter().map(step).collect::<Vec<_>>(),
        "changes": changes(&view),
        "open_intents": open,
        "url": givens.url,
        "head": head,
    })
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.to_string())
}

fn step(node: &NodeView) -> Value {
    let mut step = json!({
        "name": node.name,
        "kind": word(&node.kind),
        "status": node.exit.map(heal_lang::plan::Exit::word),
        "attempts": node.attempts,
        "because": node.because.as_ref().map(|b| &b.text),
        "evidence": (!node.evidence.is_empty()).then_some(&node.evidence),
        "started_ms": node.started,
        "ended_ms": node.ended,
    });
    if node.kind == StepKind::Diagnose {
        step["causes"] = node
            .causes
            .iter()
            .map(|c| {
                #[allow(clippy::cast_precision_loss, reason = "millionths of one")]
                let confidence = c.ppm as f64 / 1e6;
                json!({ "cause": c.cause, "confidence": confidence, "holds": c.verdict, "because": c.because })
            })
            .collect();
    }
    step
}

/// What became of a change, in one word.
fn state(change: &ChangeView) -> &'static str {
    use heal_engine::outcome::UndoEnd;
    match (change.stage, change.undo) {
        (IntentStage::Applied, UndoEnd::Ok) => "undone",
        (IntentStage::Applied, _) => "applied",
        (IntentStage::Unchanged, _) => "unchanged",
        (IntentStage::NotApplied, _) => "not_applied",
        (IntentStage::Conflict, _) => "conflict",
        (IntentStage::Stuck, _) => "unknown",
        _ => "open",
    }
}

fn changes(view: &RunView) -> Vec<Value> {
    view.changes
        .iter()
        .map(|change| {
            let step = view.nodes.iter().find(|n| n.node == change.node).map(|n| n.name.as_str());
            json!({
                "intent": change.intent,
                "step": step,
                "action": change.action,
                "target": change.target,
                "summary": change.summary,
                "state": state(change),
                "attempts": change.attempts,
                "undoes": change.undoes,
                "because": change.because.as_ref().map(|b| &b.text),
            })
        })
        .collect()
}

fn intent<M: Mode>(run: &Run<M>, id: IntentId) -> Value {
    match run.intent(id) {
        Some(intent) => json!({
            "intent": id,
            "action": intent.change.action,
            "target": intent.change.target,
            "summary": intent.change.summary,
            "key": intent.key,
            "undo": intent.change.undo.iter().map(|u| &u.summary).collect::<Vec<_>>(),
        }),
        None => json!({ "intent": id }),
    }
}
