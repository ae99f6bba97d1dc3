//! What another engine's run left open (R35): the guard document has its changes whole, the journal which step made them.

use super::clock::Clock;
use crate::journal::Row;
use heal_engine::command::IntentId;
use heal_engine::event::{EventKind, HandedChange, ResolvedChange, SettledAs};
use heal_engine::guard::{GuardDoc, OpenIntent};
use heal_engine::outcome::UndoEnd;
use heal_lang::plan::{NodeId, Plan, StepBody};

/// The changes of a run that have no verdict, in order. Their compensations are in them, not beside them.
#[must_use]
pub fn handed_changes(plan: &Plan, rows: &[Row], doc: &GuardDoc, run: &str, clock: &Clock) -> Vec<HandedChange> {
    let mut open: Vec<&OpenIntent> = doc.open.values().filter(|o| o.run == run && o.undoes.is_none()).collect();
    open.sort_by_key(|o| o.intent);
    open.into_iter()
        .filter_map(|o| {
            Some(HandedChange {
                intent: o.intent,
                node: node_of(plan, rows, &o.change)?,
                change: o.change.clone(),
                fence: o.fence,
                send_by: clock.run_time(o.send_by),
                settled: o.settled,
                undo: undo_of(rows, doc, run, o),
            })
        })
        .collect()
}

/// The step instance whose resolution has this change; else the first that makes such a call.
fn node_of(plan: &Plan, rows: &[Row], change: &ResolvedChange) -> Option<NodeId> {
    let resolved = rows.iter().rev().find_map(|row| match &row.event.kind {
        EventKind::Resolved(resolved) if resolved.changes.contains(change) => Some(resolved.node),
        _ => None,
    });
    let nodes = (0..plan.nodes.len()).filter_map(|i| u32::try_from(i).ok()).map(NodeId);
    let makes = |node: &NodeId| match plan.step_of(*node).map(|step| &step.body) {
        Some(StepBody::Remediate(remediate)) => {
            remediate.calls.get(change.call as usize).is_some_and(|call| call.action == change.action)
        }
        _ => false,
    };
    resolved.filter(makes).or_else(|| nodes.into_iter().find(makes))
}

/// A compensation that is not known to have ended well has failed: its key was another engine's.
fn undo_of(rows: &[Row], doc: &GuardDoc, run: &str, of: &OpenIntent) -> UndoEnd {
    let undoes = |id: IntentId| {
        rows.iter().any(
            |row| matches!(&row.event.kind, EventKind::Admitted(a) if a.intent == id && a.undoes == Some(of.intent)),
        )
    };
    let undone = rows
        .iter()
        .filter(
            |row| matches!(row.event.kind, EventKind::Settled { intent, result: SettledAs::Undone } if undoes(intent)),
        )
        .count();
    let open = doc.open.values().any(|o| o.run == run && o.undoes == Some(of.intent));
    match (open, undone) {
        (false, 0) => UndoEnd::NotRun,
        (false, n) if n >= of.change.undo.len() => UndoEnd::Ok,
        _ => UndoEnd::Failed,
    }
}
