//! Drawings of a plan: for Graphviz, for Mermaid, as JSON, and for a terminal.
//!
//! All four show the same [`Drawing`]: steps with their gates (the default ones too, L18), ladders, and where each end
//! of a step leads (L40), by default or by a handler.

mod dot;
mod json;
mod mermaid;
mod terminal;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use terminal::terminal;

use super::{
    DefaultRoute, EdgeKind, Exit, Expr, ExprKind, HandlerOp, LadderId, Node, NodeId, Plan, Step, StepBody, StepId,
    default_route,
};
use crate::syntax::tree::{BinaryOp, StepKind};

/// Where an end leads, beside other steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The run ends well: nothing was wrong, or it is proven.
    Quiet,
    /// What was changed is undone first.
    UndoEscalate,
    /// A person is called.
    Escalate,
}

/// Ends of a step that lead to the same place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RouteLine {
    /// The words of the ends.
    pub exits: Vec<&'static str>,
    /// Where they lead.
    pub goal: Goal,
    /// In words: `healthy`, `healed`, `escalate`, `undo, escalate`, `next rung, else escalate`.
    pub text: String,
    /// By the table, not by a handler.
    pub default: bool,
}

/// An arrow between steps.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Arrow {
    /// First.
    pub from: NodeId,
    /// Then.
    pub to: NodeId,
    /// Why.
    pub kind: EdgeKind,
    /// In words: `fired`, `is bad_release`, `changed`, `not fixed`.
    pub label: String,
    /// Nobody wrote it: a default gate.
    pub default: bool,
}

/// What the drawings share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Arrows in order.
    pub arrows: Vec<Arrow>,
    /// For each node, where its ends lead beside the arrows.
    pub routes: Vec<Vec<RouteLine>>,
}

/// A condition in few words; what has no short form is `…`.
fn condition(plan: &Plan, e: &Expr) -> String {
    let name = |id: &StepId| plan.step(*id).map_or("?", |s| s.name.as_str());
    match &e.kind {
        ExprKind::CauseIs { step, cause, bound: None } => format!("{} is {cause}", name(step)),
        ExprKind::CauseIs { step, cause, bound: Some((op, bound)) } => match bound.kind {
            ExprKind::Number(n) => {
                format!("{} is {cause}, confidence {} {}%", name(step), op.text(), (n * 1000.0).round() / 10.0)
            }
            _ => format!("{} is {cause}", name(step)),
        },
        ExprKind::StepField { step, field, .. } => format!("{}.{field}", name(step)),
        ExprKind::EndIs { step, exit } => format!("{} is {}", name(step), exit.word()),
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
            format!("{} {} {}", condition(plan, left), op.text(), condition(plan, right))
        }
        ExprKind::Unary { operand, .. } => format!("not {}", condition(plan, operand)),
        _ => "…".to_owned(),
    }
}

/// What a node is, in few words behind its name.
pub(super) fn details(plan: &Plan, step: &Step) -> Vec<String> {
    match &step.body {
        StepBody::Detect(_) => Vec::new(),
        StepBody::Diagnose(d) => {
            d.rows.iter().map(|r| format!("{} {}%", r.cause, (r.confidence * 1000.0).round() / 10.0)).collect()
        }
        StepBody::Remediate(r) => {
            let mut all: Vec<String> = r.calls.iter().map(|c| c.action.clone()).collect();
            if let Some(each) = &r.each {
                all.push(format!("at most {} times", each.at_most));
            }
            all.push(format!("{:?} risk", r.risk).to_lowercase());
            if r.retry.attempts > 1 {
                all.push(format!("{} attempts", r.retry.attempts));
            }
            if let Some(a) = &r.approval {
                all.push(match &a.when {
                    None => "approval".to_owned(),
                    Some(_) => "approval on a condition".to_owned(),
                });
            }
            if let Some(when) = &step.when {
                all.push(format!("when {}", condition(plan, when)));
            }
            all
        }
        StepBody::Verify(v) => {
            let until = if v.until.is_some() { "until its condition" } else { "until the detects are quiet" };
            let mut all = vec![until.to_owned()];
            if let Some(holds) = v.holds_ms {
                all.push(format!("holds {}", crate::check::human(holds)));
            }
            all.push(format!("within {}", crate::check::human(v.within_ms)));
            all
        }
    }
}

impl Drawing {
    /// Of that plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let arrows = plan.edges.iter().map(|e| arrow(plan, e.from, e.to, e.kind)).collect();
        let routes = plan.nodes.iter().map(|n| routes(plan, n)).collect();
        Self { arrows, routes }
    }
}

fn arrow(plan: &Plan, from: NodeId, to: NodeId, kind: EdgeKind) -> Arrow {
    let proves = plan.node(to).zip(plan.node(from)).is_some_and(|(v, c)| v.covers.contains(&c.step));
    let kinds = (plan.step_of(from).map(|s| s.kind), plan.step_of(to).map(|s| s.kind));
    let (label, default) = match (kind, kinds) {
        _ if proves => ("changed".to_owned(), false),
        (EdgeKind::Gate, _) => ("fired".to_owned(), true),
        (EdgeKind::Rung, _) => ("not fixed".to_owned(), false),
        (EdgeKind::After, _) => ("after".to_owned(), false),
        (EdgeKind::Soft, _) => ("if it ran".to_owned(), false),
        (EdgeKind::Needs, (Some(StepKind::Diagnose), Some(StepKind::Remediate))) => ("found".to_owned(), false),
        (EdgeKind::Needs, (Some(StepKind::Detect), _)) => ("fired".to_owned(), false),
        (EdgeKind::Needs, _) => ("needs".to_owned(), false),
    };
    Arrow { from, to, kind, label, default }
}

/// The next rung of a node's ladder.
fn next_rung<'p>(plan: &'p Plan, node: &Node) -> Option<&'p Step> {
    let change = node.covers.first().copied().unwrap_or(node.step);
    let (ladder, rung): (LadderId, u32) = match &plan.step(change)?.body {
        StepBody::Remediate(r) => r.ladder?,
        _ => return None,
    };
    let ladder = plan.ladders.get(ladder.0 as usize)?;
    plan.step(*ladder.rungs.get(rung as usize + 1)?)
}

fn routes(plan: &Plan, node: &Node) -> Vec<RouteLine> {
    let Some(step) = plan.step(node.step) else {
        return Vec::new();
    };
    let next = next_rung(plan, node);
    let mut lines: Vec<RouteLine> = Vec::new();
    for exit in Exit::of(step.kind) {
        let Some((goal, text, default)) = route(step, *exit, next) else {
            continue;
        };
        match lines.iter_mut().find(|l| l.goal == goal && l.text == text && l.default == default) {
            Some(line) => line.exits.push(exit.word()),
            None => lines.push(RouteLine { exits: vec![exit.word()], goal, text, default }),
        }
    }
    lines
}

fn route(step: &Step, exit: Exit, next: Option<&Step>) -> Option<(Goal, String, bool)> {
    let climb = |otherwise: &str| match next {
        Some(next) => next.name.clone(),
        None => otherwise.to_owned(),
    };
    if let StepBody::Verify(v) = &step.body
        && let Some(ops) = v.handlers.get(&exit)
        // Between rungs the climb wins (L41).
        && !(exit == Exit::NotFixed && next.is_some())
    {
        let words: Vec<String> = ops
            .iter()
            .map(|o| match o {
                HandlerOp::Undo => "undo".to_owned(),
                HandlerOp::Escalate => "escalate".to_owned(),
                HandlerOp::Tell(t) => t.action.clone(),
            })
            .collect();
        let goal = if ops.contains(&HandlerOp::Undo) { Goal::UndoEscalate } else { Goal::Escalate };
        return Some((goal, words.join(", "), false));
    }
    Some(match default_route(step.kind, exit) {
        DefaultRoute::Onward | DefaultRoute::Verify => return None,
        DefaultRoute::NextRungElseEscalate | DefaultRoute::NextRungElseEscalateIfAlone if next.is_some() => {
            (Goal::Escalate, climb("escalate"), true)
        }
        DefaultRoute::NextRungElseEscalateIfAlone => (Goal::Escalate, "escalate, if nothing else ran".to_owned(), true),
        DefaultRoute::UndoAndEscalate => (Goal::UndoEscalate, "undo, escalate".to_owned(), true),
        DefaultRoute::End if step.kind == StepKind::Verify => (Goal::Quiet, "healed".to_owned(), true),
        DefaultRoute::End => (Goal::Quiet, "healthy, if all are".to_owned(), true),
        DefaultRoute::NextRungElseEscalate | DefaultRoute::Escalate | DefaultRoute::WindAndEscalate => {
            (Goal::Escalate, "escalate".to_owned(), true)
        }
    })
}
