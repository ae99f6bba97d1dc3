//! No path ends in silence (L44).
//!
//! A forward may-analysis over the routes of L40, ladders unrolled: at each point, which changes may be *open*, that
//! is made and neither proven nor undone. Every `when` may hold and may not. A finding is a point where a run could
//! end as healed with something open, or could end after a detect fired without passing `escalate`.

use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::plan::{
    DefaultRoute, Exit, HandlerOp, Node, Plan, Remediate, Step, StepBody, StepId, Verify, default_route,
};
use crate::source::Span;
use crate::syntax::tree::{self, StepKind};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Changes that were made and neither proven nor undone.
type Open = BTreeSet<StepId>;

/// Where a run may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    /// Before the unit of that number: it starts, or is passed over.
    Choose(usize),
    /// The rung of a unit starts.
    Change(usize, usize),
    /// The proof of a rung, by its number among the verifies that follow this rung.
    Proof(usize, usize, usize),
    /// Everything has ended.
    End,
}

struct Graph<'p> {
    plan: &'p Plan,
    /// Ladders and single remediations in the order in which they can run.
    units: Vec<Vec<&'p Step>>,
    /// What may be open at each point that can be reached.
    open: BTreeMap<Point, Open>,
    work: VecDeque<Point>,
}

fn remediate(step: &Step) -> Option<&Remediate> {
    match &step.body {
        StepBody::Remediate(r) => Some(r),
        _ => None,
    }
}

fn verify(step: &Step) -> Option<&Verify> {
    match &step.body {
        StepBody::Verify(v) => Some(v),
        _ => None,
    }
}

/// Whether a change can be taken back at all.
fn has_undo(step: &Step) -> bool {
    remediate(step).is_some_and(|r| r.calls.iter().any(|c| c.captured_undo || !c.undo.is_empty()))
}

/// Whether `b` runs whenever `a` has: the same condition, nothing more that it needs, nothing that skips it.
fn follows(a: &Step, b: &Step) -> bool {
    a.when == b.when && b.needs.iter().all(|n| a.needs.contains(n)) && b.lets.iter().all(|l| l.skip.is_none())
}

impl<'p> Graph<'p> {
    fn new(plan: &'p Plan) -> Self {
        let mut seen: BTreeSet<StepId> = BTreeSet::new();
        let mut units = Vec::new();
        for step in plan.nodes.iter().filter_map(|n| plan.step(n.step)).filter(|s| s.kind == StepKind::Remediate) {
            if seen.contains(&step.id) {
                continue;
            }
            let rungs = match plan.ladders.iter().find(|l| l.rungs.contains(&step.id)) {
                Some(ladder) => ladder.rungs.iter().filter_map(|r| plan.step(*r)).collect(),
                None => vec![step],
            };
            seen.extend(rungs.iter().map(|s| s.id));
            units.push(rungs);
        }
        Self { plan, units, open: BTreeMap::new(), work: VecDeque::new() }
    }

    /// The verifies that start right behind a rung: those of it alone, and those of several whose last it is.
    fn proofs(&self, unit: usize, rung: usize) -> Vec<&'p Node> {
        let Some(step) = self.units.get(unit).and_then(|u| u.get(rung)) else {
            return Vec::new();
        };
        let place = |id: &StepId| {
            self.units.iter().enumerate().find_map(|(u, rungs)| rungs.iter().position(|s| s.id == *id).map(|r| (u, r)))
        };
        self.plan
            .nodes
            .iter()
            .filter(|n| n.covers.contains(&step.id))
            .filter(|n| n.covers.iter().filter_map(place).max() == Some((unit, rung)))
            .collect()
    }

    fn reach(&mut self, point: Point, open: &Open) {
        let new = !self.open.contains_key(&point);
        let known = self.open.entry(point).or_default();
        let before = known.len();
        known.extend(open.iter().copied());
        if new || known.len() > before {
            self.work.push_back(point);
        }
    }

    fn run(&mut self) {
        self.reach(Point::Choose(0), &Open::new());
        while let Some(point) = self.work.pop_front() {
            let open = self.open.get(&point).cloned().unwrap_or_default();
            match point {
                Point::Choose(unit) => self.choose(unit, &open),
                Point::Change(unit, rung) => self.change(unit, rung, open),
                Point::Proof(unit, rung, proof) => self.proof(unit, rung, proof, open),
                Point::End => {}
            }
        }
    }

    fn choose(&mut self, unit: usize, open: &Open) {
        let Some(rungs) = self.units.get(unit) else {
            self.reach(Point::End, open);
            return;
        };
        let first = rungs.first().copied();
        self.reach(Point::Change(unit, 0), open);
        // Passed over: not where something that it always follows is open.
        let passed = |id: &StepId| {
            let made = self.plan.step(*id);
            !made.zip(first).is_some_and(|(a, b)| follows(a, b))
        };
        let open: Open = open.iter().copied().filter(|id| passed(id)).collect();
        self.reach(Point::Choose(unit + 1), &open);
    }

    fn change(&mut self, unit: usize, rung: usize, open: Open) {
        let Some(step) = self.units.get(unit).and_then(|u| u.get(rung)).copied() else {
            return;
        };
        // unchanged, failed, skipped: the next rung. Behind the last one a person is called; a ladder of which nothing
        // ran is as if it was passed over, which `choose` has seen already.
        if rung + 1 < self.units[unit].len() {
            self.reach(Point::Change(unit, rung + 1), &open);
        }
        // changed, partial, unknown
        let mut made = open;
        made.insert(step.id);
        let proved =
            if self.proofs(unit, rung).is_empty() { Point::Choose(unit + 1) } else { Point::Proof(unit, rung, 0) };
        self.reach(proved, &made);
    }

    fn proof(&mut self, unit: usize, rung: usize, proof: usize, open: Open) {
        let proofs = self.proofs(unit, rung);
        let Some(step) = proofs.get(proof).and_then(|n| self.plan.step(n.step)) else {
            return;
        };
        // fixed: everything that this verify covers is proven, earlier rungs too.
        let covers: Open = step.after.iter().flat_map(|a| a.steps.iter().copied()).collect();
        let fixed: Open = open.difference(&covers).copied().collect();
        let next = if proof + 1 < proofs.len() { Point::Proof(unit, rung, proof + 1) } else { Point::Choose(unit + 1) };
        self.reach(next, &fixed);
        // not_fixed: the climb wins between rungs; a rung with an undo is undone before the next.
        let rungs = &self.units[unit];
        if rung + 1 < rungs.len() {
            let mut climbing = open;
            if rungs.get(rung).is_some_and(|s| has_undo(s)) {
                climbing.retain(|id| Some(*id) != rungs.get(rung).map(|s| s.id));
            }
            self.reach(Point::Change(unit, rung + 1), &climbing);
        }
        // worse, cannot_tell and the last not_fixed leave the graph: by a handler, or to `escalate`.
    }
}

/// Reports every path that ends in silence. The graph is walked only where it is `whole`.
pub(super) fn check(c: &mut Checker<'_>, plan: &Plan, playbook: &tree::Playbook, whole: bool) {
    silent_handlers(c, plan);
    if whole {
        let mut graph = Graph::new(plan);
        graph.run();
        for id in graph.open.remove(&Point::End).unwrap_or_default() {
            if let Some(step) = plan.step(id) {
                unproven(c, plan, step);
            }
        }
    }
    let written =
        playbook.body.items.iter().any(|i| matches!(i, tree::Item::Block(b) if b.kind == tree::BlockKind::Escalate));
    if plan.escalate.is_empty() && !written {
        nobody(c, plan, playbook);
    }
}

/// A handler replaces the default route: without `escalate` it ends in silence.
fn silent_handlers(c: &mut Checker<'_>, plan: &Plan) {
    for step in &plan.steps {
        let Some(v) = verify(step) else {
            continue;
        };
        for (exit, ops) in &v.handlers {
            if ops.contains(&HandlerOp::Escalate) {
                continue;
            }
            let span = handler_span(c, step, *exit).unwrap_or(step.span);
            let tells = ops.iter().any(|o| matches!(o, HandlerOp::Tell(_)));
            let mut d = Diagnostic::error("H0510", span, format!("`on {}` ends without calling anybody", exit.word()))
                .at("the run would end here in silence");
            if tells {
                d = d.note("a message of its own is not the playbook's `escalate`, which carries what is open and how to undo it");
            }
            let wish = if ops.contains(&HandlerOp::Undo) { "undo; escalate" } else { "escalate" };
            c.report(d.help(format!("`on {} {{ {wish} }}`", exit.word())));
        }
    }
}

fn handler_span(c: &Checker<'_>, step: &Step, exit: Exit) -> Option<Span> {
    c.steps.get(step.id.0 as usize)?.tree.body.items.iter().find_map(|i| match i {
        tree::Item::Handler(h) if h.exit.name == exit.word() => Some(h.exit.span),
        _ => None,
    })
}

/// A change that may still be open when the run ends as healed.
fn unproven(c: &mut Checker<'_>, plan: &Plan, step: &Step) {
    let covering: Vec<&Step> = plan.verifies_of(step.id).filter_map(|n| plan.step_of(n)).collect();
    let together: Vec<&Step> = covering
        .iter()
        .copied()
        .filter(|v| v.after.as_ref().is_some_and(|a| a.mode == tree::AfterMode::And && a.steps.len() > 1))
        .collect();
    if let Some(v) = together.first() {
        let others: Vec<String> = v
            .after
            .iter()
            .flat_map(|a| &a.steps)
            .filter(|s| **s != step.id)
            .filter_map(|s| plan.step(*s))
            .map(|s| format!("`{}`", s.name))
            .collect();
        let others = others.join(" and ");
        c.report(
            Diagnostic::error("H0522", v.span, format!("nothing verifies `{}` where {others} did not run", step.name))
                .at("starts only after all of them ran")
                .label(step.span, "this change would stay unproven")
                .help(format!("write `or`, which verifies each, or add a `verify` after `{}` alone", step.name)),
        );
        return;
    }
    let mut d =
        Diagnostic::error("H0521", step.span, format!("a run could end as healed while `{}` is unproven", step.name))
            .note("it is not undone, and the verify of a later rung says nothing of it");
    if let Some(v) = covering.first() {
        d = d.label(v.span, "proves it, but is left behind when the ladder climbs");
    }
    c.report(d.help("let one verify cover all rungs: `verify x after a or b`, or give the change an `undo { … }`"));
}

/// No `escalate`, and no default: some route leads to nobody.
fn nobody(c: &mut Checker<'_>, plan: &Plan, playbook: &tree::Playbook) {
    if c.options.defaults.escalate.is_some() {
        // It is there and has mistakes of its own.
        return;
    }
    let mut ends: Vec<String> = Vec::new();
    for step in &plan.steps {
        for exit in Exit::of(step.kind) {
            let handled = verify(step).is_some_and(|v| v.handlers.contains_key(exit));
            let route = default_route(step.kind, *exit);
            if handled || matches!(route, DefaultRoute::Escalate | DefaultRoute::UndoAndEscalate) {
                ends.push(format!("`{} is {}`", step.name, exit.word()));
            }
        }
    }
    let shown = ends.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
    let more = if ends.len() > 4 { ", …" } else { "" };
    c.report(
        Diagnostic::error("H0509", playbook.name.span, format!("`{}` has nobody to call", playbook.name.name))
            .at("some of its ends reach no person")
            .note(format!("ends that lead to `escalate`: {shown}{more}"))
            .help(
                "add `escalate { notify.console(summary: \"${run.playbook}: ${run.outcome}, ${run.url}\") }`, or set `defaults.escalate` in healrun.yaml",
            ),
    );
}
