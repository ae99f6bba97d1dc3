//! `healrun graph`: the steps, what comes before what, and where each end leads.

use super::args::{Graph, GraphFormat};
use super::{SCHEMA, compile, out};
use crate::config::Config;
use crate::failure::Failure;
use crate::report::word;
use heal_lang::plan::{DefaultRoute, EdgeKind, Exit, HandlerOp, NodeId, Plan, StepBody, StepKind, default_route};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn graph(args: &Graph) -> Result<u8, Failure> {
    let config = Config::find(&args.playbook)?;
    let (plan, _) = compile::plan(&args.playbook, args.name.as_deref(), &config)?;
    match args.format {
        GraphFormat::Json => out::json(&as_json(&plan)),
        GraphFormat::Text => out::print(&text(&plan)),
        GraphFormat::Dot => out::print(&dot(&plan)),
        GraphFormat::Mermaid => out::print(&mermaid(&plan)),
    }
    Ok(0)
}

fn kind(plan: &Plan, index: usize) -> StepKind {
    plan.nodes.get(index).and_then(|n| plan.step(n.step)).map_or(StepKind::Detect, |s| s.kind)
}

/// Where an end of a node leads, in words.
fn route(plan: &Plan, index: usize, exit: Exit) -> String {
    let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
    if let Some(StepBody::Verify(verify)) = plan.step_of(id).map(|s| &s.body)
        && let Some(ops) = verify.handlers.get(&exit)
    {
        let words: Vec<String> = ops
            .iter()
            .map(|op| match op {
                HandlerOp::Undo => "undo".to_owned(),
                HandlerOp::Escalate => "escalate".to_owned(),
                HandlerOp::Tell(tell) => tell.action.clone(),
            })
            .collect();
        return words.join(", ");
    }
    match default_route(kind(plan, index), exit) {
        DefaultRoute::Onward => "onward",
        DefaultRoute::Verify => "verify",
        DefaultRoute::NextRungElseEscalate => "next rung, else escalate",
        DefaultRoute::NextRungElseEscalateIfAlone => "next rung, else escalate if nothing else ran",
        DefaultRoute::UndoAndEscalate => "undo, escalate",
        DefaultRoute::Escalate => "escalate",
        DefaultRoute::End => "end",
        DefaultRoute::WindAndEscalate => "finish or undo, escalate",
    }
    .to_owned()
}

fn routes(plan: &Plan, index: usize) -> Vec<(Exit, String)> {
    Exit::of(kind(plan, index)).iter().map(|exit| (*exit, route(plan, index, *exit))).collect()
}

fn as_json(plan: &Plan) -> Value {
    let nodes: Vec<Value> = plan
        .nodes
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let exits: serde_json::Map<String, Value> =
                routes(plan, i).into_iter().map(|(exit, to)| (exit.word().to_owned(), json!(to))).collect();
            json!({ "id": i, "name": n.name, "kind": word(&kind(plan, i)), "exits": exits })
        })
        .collect();
    let edges: Vec<Value> =
        plan.edges.iter().map(|e| json!({ "from": e.from, "to": e.to, "kind": word(&e.kind) })).collect();
    json!({
        "schema": SCHEMA, "playbook": plan.playbook, "plan_hash": plan.hash, "nodes": nodes, "edges": edges,
    })
}

fn text(plan: &Plan) -> String {
    let mut text = format!("{}\n", plan.playbook);
    for (i, node) in plan.nodes.iter().enumerate() {
        let before: Vec<&str> = plan
            .edges
            .iter()
            .filter(|e| e.to.0 as usize == i)
            .filter_map(|e| plan.node(e.from).map(|n| n.name.as_str()))
            .collect();
        let after = if before.is_empty() { String::new() } else { format!("  after {}", before.join(", ")) };
        let _ = writeln!(text, "├─ {:9} {}{after}", word(&kind(plan, i)), node.name);
        for (exit, to) in routes(plan, i) {
            let _ = writeln!(text, "│    {:12} → {to}", exit.word());
        }
    }
    let tells: Vec<&str> = plan.escalate.iter().map(|t| t.action.as_str()).collect();
    let _ = writeln!(text, "└─ escalate  {}", tells.join(", "));
    text
}

fn edge_style(kind: EdgeKind) -> (&'static str, &'static str) {
    match kind {
        EdgeKind::Needs => ("needs", "solid"),
        EdgeKind::Soft => ("soft", "dotted"),
        EdgeKind::After => ("after", "dashed"),
        EdgeKind::Gate => ("", "bold"),
        EdgeKind::Rung => ("else", "bold"),
    }
}

fn dot(plan: &Plan) -> String {
    let mut text =
        format!("digraph {:?} {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n", plan.playbook);
    for (i, node) in plan.nodes.iter().enumerate() {
        let shape = match kind(plan, i) {
            StepKind::Detect => "ellipse",
            StepKind::Diagnose => "diamond",
            StepKind::Remediate => "box",
            StepKind::Verify => "hexagon",
        };
        let _ = writeln!(text, "  n{i} [label={:?}, shape={shape}];", node.name);
    }
    for edge in &plan.edges {
        let (label, style) = edge_style(edge.kind);
        let _ = writeln!(text, "  n{} -> n{} [label={label:?}, style={style}];", edge.from.0, edge.to.0);
    }
    text.push_str("}\n");
    text
}

fn mermaid(plan: &Plan) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (i, node) in plan.nodes.iter().enumerate() {
        let name = node.name.replace('"', "'");
        let shape = match kind(plan, i) {
            StepKind::Detect => format!("([\"{name}\"])"),
            StepKind::Diagnose => format!("{{\"{name}\"}}"),
            StepKind::Remediate => format!("[\"{name}\"]"),
            StepKind::Verify => format!("{{{{\"{name}\"}}}}"),
        };
        let _ = writeln!(text, "  n{i}{shape}");
    }
    for edge in &plan.edges {
        let (label, style) = edge_style(edge.kind);
        let arrow = if style == "dotted" || style == "dashed" { "-.->" } else { "-->" };
        let label = if label.is_empty() { String::new() } else { format!("|{label}|") };
        let _ = writeln!(text, "  n{} {arrow}{label} n{}", edge.from.0, edge.to.0);
    }
    text
}
