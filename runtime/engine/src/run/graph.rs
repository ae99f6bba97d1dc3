//! What comes before what, read once from the plan.

use heal_lang::plan::{NodeId, Plan, Step, StepBody, StepId, StepKind};
use std::collections::BTreeSet;

/// The order of nodes, from edges, covers, gates and ladders alike: each says it, none is left out.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// Nodes that must have ended before, by node.
    pub(crate) deps: Vec<BTreeSet<NodeId>>,
    /// Kind by node.
    pub(crate) kinds: Vec<StepKind>,
    /// Verify nodes by step.
    pub(crate) verifies: Vec<Vec<NodeId>>,
    /// Its first node by step.
    pub(crate) first: Vec<Option<NodeId>>,
    /// The rung before, by node.
    pub(crate) rung_before: Vec<Option<NodeId>>,
    /// The rung after, by node.
    pub(crate) rung_after: Vec<Option<NodeId>>,
    /// All detect nodes.
    pub(crate) detects: Vec<NodeId>,
    /// What people must be told at the end takes this long at most.
    pub(crate) reserve_ms: u64,
}

pub(crate) fn node_id(index: usize) -> NodeId {
    NodeId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// The least evidence of every gate: `deps` may name a node twice, never miss one.
impl Graph {
    pub(crate) fn new(plan: &Plan) -> Self {
        let n = plan.nodes.len();
        let step_of = |i: usize| plan.nodes.get(i).and_then(|node| plan.step(node.step));
        let kinds: Vec<StepKind> = (0..n).map(|i| step_of(i).map_or(StepKind::Detect, |s| s.kind)).collect();
        let mut first = vec![None; plan.steps.len()];
        let mut verifies = vec![Vec::new(); plan.steps.len()];
        for (i, node) in plan.nodes.iter().enumerate() {
            if let Some(slot) = first.get_mut(node.step.0 as usize) {
                slot.get_or_insert(node_id(i));
            }
            for covered in &node.covers {
                if let Some(list) = verifies.get_mut(covered.0 as usize) {
                    list.push(node_id(i));
                }
            }
        }
        let detects: Vec<NodeId> = (0..n).filter(|i| kinds.get(*i) == Some(&StepKind::Detect)).map(node_id).collect();
        let mut graph = Self {
            deps: vec![BTreeSet::new(); n],
            kinds,
            verifies,
            first,
            rung_before: vec![None; n],
            rung_after: vec![None; n],
            detects,
            reserve_ms: plan.escalate.iter().map(|t| super::reads::worst_ms(t.timeout_ms, &t.retry)).max().unwrap_or(0),
        };
        graph.ladders(plan);
        graph.link(plan);
        graph
    }

    fn ladders(&mut self, plan: &Plan) {
        for ladder in &plan.ladders {
            for pair in ladder.rungs.windows(2) {
                if let [low, high] = pair
                    && let (Some(low), Some(high)) = (self.node_of(*low), self.node_of(*high))
                {
                    self.rung_after[low.0 as usize] = Some(high);
                    self.rung_before[high.0 as usize] = Some(low);
                }
            }
        }
    }

    fn link(&mut self, plan: &Plan) {
        let n = plan.nodes.len();
        for edge in &plan.edges {
            if (edge.to.0 as usize) < n && (edge.from.0 as usize) < n {
                self.deps[edge.to.0 as usize].insert(edge.from);
            }
        }
        for (i, node) in plan.nodes.iter().enumerate() {
            let Some(step) = plan.step(node.step) else { continue };
            let mut before: BTreeSet<NodeId> = BTreeSet::new();
            for other in step.needs.iter().chain(&step.soft) {
                before.extend(self.node_of(*other));
            }
            if step.kind == StepKind::Verify {
                for covered in &node.covers {
                    before.extend(self.node_of(*covered));
                }
            } else if let Some(after) = &step.after {
                before.extend(after.steps.iter().filter_map(|s| self.node_of(*s)));
            }
            match &step.body {
                StepBody::Diagnose(d) if d.detects.is_empty() => before.extend(self.detects.iter().copied()),
                StepBody::Diagnose(d) => before.extend(d.detects.iter().filter_map(|s| self.node_of(*s))),
                // Without a reference to a detect a change still waits for what was detected.
                StepBody::Remediate(_) => before.extend(self.detects.iter().copied()),
                StepBody::Detect(_) | StepBody::Verify(_) => {}
            }
            if let Some(low) = self.rung_before[i] {
                before.insert(low);
                if let Some(low_step) = plan.node(low).map(|x| x.step) {
                    before.extend(self.verifies_of(low_step).iter().copied());
                }
            }
            before.remove(&node_id(i));
            self.deps[i].extend(before);
        }
    }

    pub(crate) fn node_of(&self, step: StepId) -> Option<NodeId> {
        self.first.get(step.0 as usize).copied().flatten()
    }

    pub(crate) fn verifies_of(&self, step: StepId) -> &[NodeId] {
        self.verifies.get(step.0 as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn kind(&self, node: NodeId) -> StepKind {
        self.kinds.get(node.0 as usize).copied().unwrap_or(StepKind::Detect)
    }
}

/// The remediate of a step.
pub(crate) fn remediate(step: &Step) -> Option<&heal_lang::plan::Remediate> {
    match &step.body {
        StepBody::Remediate(r) => Some(r),
        _ => None,
    }
}

/// The verify of a step.
pub(crate) fn verify(step: &Step) -> Option<&heal_lang::plan::Verify> {
    match &step.body {
        StepBody::Verify(v) => Some(v),
        _ => None,
    }
}
