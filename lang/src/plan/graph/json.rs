//! JSON, for other tools.

use super::{Drawing, details};
use crate::plan::Plan;
use serde_json::{Value, json as object};

/// The version of the form.
const SCHEMA: u32 = 1;

/// The drawing as data: nodes, edges, routes, ladders, and whom it calls.
#[must_use]
pub fn json(plan: &Plan) -> Value {
    let drawing = Drawing::of(plan);
    let nodes: Vec<Value> = plan
        .nodes
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let step = plan.step(n.step);
            let covers: Vec<&str> = n.covers.iter().filter_map(|c| plan.step(*c)).map(|s| s.name.as_str()).collect();
            object!({
                "id": i,
                "name": n.name,
                "step": step.map(|s| s.name.as_str()),
                "kind": step.map(|s| s.kind.word()),
                "covers": covers,
                "details": step.map(|s| details(plan, s)).unwrap_or_default(),
                "routes": drawing.routes.get(i),
            })
        })
        .collect();
    let ladders: Vec<Value> = plan
        .ladders
        .iter()
        .map(|l| {
            let rungs: Vec<&str> = l.rungs.iter().filter_map(|r| plan.step(*r)).map(|s| s.name.as_str()).collect();
            object!({ "name": l.name, "rungs": rungs })
        })
        .collect();
    object!({
        "schema": SCHEMA,
        "playbook": plan.playbook,
        "plan_hash": plan.hash,
        "triggers": plan.triggers.iter().map(|t| t.kind.as_str()).collect::<Vec<_>>(),
        "nodes": nodes,
        "edges": drawing.arrows,
        "ladders": ladders,
        "escalate": plan.escalate.iter().map(|t| t.action.as_str()).collect::<Vec<_>>(),
        "handlers": plan.handlers.keys().collect::<Vec<_>>(),
    })
}
