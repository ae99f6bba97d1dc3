//! What a run looks like from outside: reports, the live tree, `runs show`.

use super::Run;
use super::state::*;
use crate::command::IntentId;
use crate::event::Because;
use crate::mode::Mode;
use crate::outcome::{UndoEnd, VerifyFold, World};
use heal_lang::plan::{Exit, NodeId, StepKind};
use serde::Serialize;

/// A run, for people and `--format json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunView {
    /// Where it is.
    pub phase: Phase,
    /// In the plan's order.
    pub nodes: Vec<NodeView>,
    /// Every admitted change, in order.
    pub changes: Vec<ChangeView>,
    /// Intents whose end nobody knows, or that have none yet.
    pub open_intents: Vec<IntentId>,
    /// Approval requests that wait for an answer.
    pub asked: Vec<String>,
    /// What is left of the changes so far.
    pub world: World,
    /// The last verify after the last change so far.
    pub verify: VerifyFold,
}

/// A step instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeView {
    /// Which.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: StepKind,
    /// Where it is.
    pub stage: Stage,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Attempts at calls.
    pub attempts: u32,
    /// Why.
    pub because: Option<Because>,
    /// The evidence in words.
    pub evidence: String,
    /// A diagnose's causes, best first.
    pub causes: Vec<Cause>,
    /// First work, run ms.
    pub started: Option<u64>,
    /// End, run ms.
    pub ended: Option<u64>,
}

/// An admitted change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeView {
    /// Which.
    pub intent: IntentId,
    /// Of which node.
    pub node: NodeId,
    /// What it does, in words.
    pub summary: String,
    /// The action.
    pub action: String,
    /// Its target.
    pub target: String,
    /// Attempts.
    pub attempts: u32,
    /// Where it is.
    pub stage: IntentStage,
    /// What it leaves.
    pub world: World,
    /// How its undo ended.
    pub undo: UndoEnd,
    /// Which it undoes.
    pub undoes: Option<IntentId>,
    /// Why it ended so.
    pub because: Option<Because>,
    /// Admitted, run ms.
    pub started: u64,
    /// Ended, run ms.
    pub ended: Option<u64>,
}

fn world_of_intent(intent: &Intent) -> World {
    match (intent.stage, intent.undo) {
        (IntentStage::Unchanged | IntentStage::NotApplied | IntentStage::Backoff(_) | IntentStage::Proposed, _) => {
            World::Untouched
        }
        (IntentStage::Applied | IntentStage::Stuck, UndoEnd::Ok) => World::Undone,
        (IntentStage::Applied, UndoEnd::NotRun | UndoEnd::Conflict) => World::Kept,
        _ => World::Dirty,
    }
}

impl<M: Mode> Run<M> {
    /// What it looks like now.
    #[must_use]
    pub fn view(&self) -> RunView {
        let s = &self.machine.s;
        let nodes = s.nodes.iter().enumerate().map(|(i, n)| {
            let node = super::graph::node_id(i);
            NodeView {
                node,
                name: self.machine.plan.node(node).map(|n| n.name.clone()).unwrap_or_default(),
                kind: self.machine.graph.kind(node),
                stage: n.stage.clone(),
                exit: n.exit,
                attempts: n.attempts,
                because: n.because.clone(),
                evidence: n.evidence.clone(),
                causes: n.causes.clone(),
                started: n.started,
                ended: n.ended,
            }
        });
        let changes = s.intents.iter().filter(|(_, i)| i.seq > 0).map(|(id, i)| ChangeView {
            intent: *id,
            node: i.node,
            summary: i.change.summary.clone(),
            action: i.change.action.clone(),
            target: i.change.target.clone(),
            attempts: i.attempt,
            stage: i.stage,
            world: world_of_intent(i),
            undo: i.undo,
            undoes: i.undoes,
            because: i.because.clone(),
            started: i.started,
            ended: i.ended,
        });
        let asked = s.approvals.iter().filter(|(_, a)| a.stage == ApprovalStage::Asked).map(|(r, _)| r.clone());
        let (world, verify) = self.machine.fold_world();
        RunView {
            phase: s.phase,
            nodes: nodes.collect(),
            changes: changes.collect(),
            open_intents: self.machine.open_intents(),
            asked: asked.collect(),
            world,
            verify,
        }
    }
}
