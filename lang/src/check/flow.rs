//! The graph of step instances: verifies unrolled over the changes they cover, default gates, rungs (L16 to L18, L41).

use super::checker::Checker;
use super::order;
use crate::diagnostic::Diagnostic;
use crate::plan::{Edge, EdgeKind, Node, NodeId, Plan, Step, StepBody, StepId};
use crate::syntax::tree::{AfterMode, StepKind};
use std::collections::BTreeSet;

/// The remediate steps that a verify names.
fn covered(plan: &Plan, verify: &Step) -> Vec<StepId> {
    let named = verify.after.iter().flat_map(|a| a.steps.iter().copied());
    named.filter(|s| plan.step(*s).is_some_and(|s| s.kind == StepKind::Remediate)).collect()
}

/// Fills in `nodes` and `edges`.
pub(super) fn unroll(c: &mut Checker<'_>, plan: &mut Plan) {
    let mut nodes: Vec<Node> = Vec::new();
    for step in &plan.steps {
        if step.kind != StepKind::Verify {
            nodes.push(Node { step: step.id, covers: Vec::new(), name: step.name.clone() });
            continue;
        }
        let covers = covered(plan, step);
        if covers.is_empty() {
            c.report(
                Diagnostic::error("H0507", step.span, format!("`{}` verifies no change", step.name))
                    .help("say which: `verify … after some_remediation`"),
            );
            continue;
        }
        let together = step.after.as_ref().is_some_and(|a| a.mode == AfterMode::And) || covers.len() == 1;
        if together {
            nodes.push(Node { step: step.id, covers, name: step.name.clone() });
        } else {
            for change in covers {
                let of = plan.step(change).map(|s| s.name.clone()).unwrap_or_default();
                nodes.push(Node { step: step.id, covers: vec![change], name: format!("{}({of})", step.name) });
            }
        }
    }
    uncovered(c, plan, &nodes);
    let edges = edges(plan, &nodes);
    let arrows: Vec<(usize, usize)> = edges.iter().map(|(a, b, _)| (*a, *b)).collect();
    match order::order(nodes.len(), &arrows) {
        Ok(order) => renumber(plan, nodes, edges, &order),
        Err(circle) => {
            // Circles among the steps themselves were drawn before; this one exists only once ladders are unrolled.
            if !c.failed() {
                let names: Vec<&str> = circle.iter().filter_map(|i| nodes.get(*i)).map(|n| n.name.as_str()).collect();
                let span = circle
                    .first()
                    .and_then(|i| nodes.get(*i))
                    .and_then(|n| plan.step(n.step))
                    .map(|s| s.span)
                    .unwrap_or_default();
                let drawing = names.iter().chain(names.first()).copied().collect::<Vec<_>>().join(" -> ");
                c.report(
                    Diagnostic::error(
                        "H0501",
                        span,
                        "steps wait for each other in a circle once their ladder is unrolled",
                    )
                    .note(drawing)
                    .help("a verify of one rung cannot wait for a later rung"),
                );
            }
        }
    }
}

/// A change that nothing verifies (L44 f).
fn uncovered(c: &mut Checker<'_>, plan: &Plan, nodes: &[Node]) {
    for step in plan.steps.iter().filter(|s| s.kind == StepKind::Remediate) {
        if nodes.iter().any(|n| n.covers.contains(&step.id)) {
            continue;
        }
        let mut d = Diagnostic::error("H0508", step.span, format!("no `verify` covers `{}`", step.name))
            .note("a change that nobody proves is never called healed");
        let verifies: Vec<&Step> = plan.steps.iter().filter(|s| s.kind == StepKind::Verify).collect();
        d = match verifies.as_slice() {
            [one] if one.after.as_ref().is_some_and(|a| a.mode == AfterMode::Or) => {
                d.help(format!("let `{}` cover it: `… after … or {}`", one.name, step.name))
            }
            _ => d.help(format!("add `verify fixed after {} {{ within = 2m }}`: without `until` it waits for the detects to stop firing", step.name)),
        };
        c.report(d);
    }
}

type Arrow = (usize, usize, EdgeKind);

fn edges(plan: &Plan, nodes: &[Node]) -> Vec<Arrow> {
    let of = |step: StepId| nodes.iter().enumerate().filter(move |(_, n)| n.step == step).map(|(i, _)| i);
    let detects: Vec<StepId> = plan.steps.iter().filter(|s| s.kind == StepKind::Detect).map(|s| s.id).collect();
    let mut all: BTreeSet<Arrow> = BTreeSet::new();
    for (to, node) in nodes.iter().enumerate() {
        let Some(step) = plan.step(node.step) else {
            continue;
        };
        let mut from_step = |step: StepId, kind: EdgeKind| of(step).for_each(|from| _ = all.insert((from, to, kind)));
        step.needs.iter().for_each(|s| from_step(*s, EdgeKind::Needs));
        step.soft.iter().for_each(|s| from_step(*s, EdgeKind::Soft));
        for s in step.after.iter().flat_map(|a| &a.steps) {
            let change = plan.step(*s).is_some_and(|s| s.kind == StepKind::Remediate);
            match (step.kind, change) {
                (StepKind::Verify, true) if node.covers.contains(s) => from_step(*s, EdgeKind::Gate),
                (StepKind::Verify, true) => {}
                _ => from_step(*s, EdgeKind::After),
            }
        }
        match (&step.body, step.kind) {
            (StepBody::Diagnose(d), _) => {
                let named = if d.detects.is_empty() { &detects } else { &d.detects };
                named.iter().for_each(|s| from_step(*s, EdgeKind::Gate));
            }
            (_, StepKind::Remediate) => {
                let waits = step.needs.iter().chain(&step.soft).chain(step.after.iter().flat_map(|a| &a.steps));
                let looks =
                    |s: &StepId| plan.step(*s).is_some_and(|s| matches!(s.kind, StepKind::Detect | StepKind::Diagnose));
                if !waits.into_iter().any(looks) {
                    detects.iter().for_each(|s| from_step(*s, EdgeKind::Gate));
                }
            }
            _ => {}
        }
    }
    for ladder in &plan.ladders {
        for pair in ladder.rungs.windows(2) {
            let (Some(&before), Some(&next)) = (pair.first(), pair.get(1)) else {
                continue;
            };
            let proofs: Vec<usize> =
                nodes.iter().enumerate().filter(|(_, n)| n.covers.contains(&before)).map(|(i, _)| i).collect();
            for to in of(next) {
                for from in proofs.iter().copied().chain(of(before).filter(|_| proofs.is_empty())) {
                    all.insert((from, to, EdgeKind::Rung));
                }
            }
        }
    }
    all.into_iter().collect()
}

/// Nodes in topological order, edges with their new numbers; of several reasons between two nodes the strongest stays.
fn renumber(plan: &mut Plan, nodes: Vec<Node>, edges: Vec<Arrow>, order: &[usize]) {
    let number = |old: usize| {
        let new = order.iter().position(|o| *o == old).unwrap_or(0);
        NodeId(u32::try_from(new).unwrap_or(u32::MAX))
    };
    let mut renumbered: Vec<Edge> =
        edges.iter().map(|(a, b, kind)| Edge { from: number(*a), to: number(*b), kind: *kind }).collect();
    renumbered.sort();
    renumbered.dedup_by(|later, first| later.from == first.from && later.to == first.to);
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    plan.nodes = order.iter().filter_map(|i| nodes.get_mut(*i).and_then(Option::take)).collect();
    plan.edges = renumbered;
}
