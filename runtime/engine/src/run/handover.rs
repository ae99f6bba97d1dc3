//! A run that another engine began is never continued (R35): what it left open is found out by probe and settled, and a
//! person goes on from there.

use super::machine::Machine;
use super::state::*;
use crate::event::{Because, BecauseKind, HandedChange, HandedOver, SettledAs};
use crate::hash::intent_key;
use crate::outcome::Reason;
use heal_lang::plan::{Exit, NodeId, StepKind};

impl Machine {
    pub(crate) fn handed_over(&mut self, seq: u64, handed: &HandedOver) {
        let begun = self.s.phase != Phase::Running || !self.s.intents.is_empty() || self.s.wind.is_some();
        if begun || handed.changes.iter().any(|c| self.graph_kind(c.node) != Some(StepKind::Remediate)) {
            self.ignored("only a run that has just opened takes over what another engine left");
            return;
        }
        let words = format!(
            "the run was begun by another version of healrun (engine {}), which decides otherwise",
            handed.from
        );
        let because = Because::new(BecauseKind::EngineChanged, words);
        self.note(None, "handed_over", Some(because.clone()), [("changes", handed.changes.len().into())]);
        self.s.calls.clear();
        self.s.wind = Some(Wind { exit: Exit::Skipped, reason: Reason::Internal, because: because.clone() });
        self.s.phase = Phase::Recovering;
        for change in &handed.changes {
            self.adopt(seq, change);
        }
        for node in self.ids() {
            let doubt = self.s.intents.iter().find(|(_, i)| i.node == node && !i.stage.is_over()).map(|(id, _)| *id);
            self.abandon_reads(node);
            match doubt {
                Some(id) => self.n(node).stage = Stage::Working(id),
                None if self.s.nodes[node.0 as usize].change.intents.is_empty() => {
                    self.end_node(node, Exit::Skipped, Some(because.clone()));
                }
                None => self.finish_change(node, None),
            }
        }
        self.recover_intents(handed.owner_dead);
    }

    fn graph_kind(&self, node: NodeId) -> Option<StepKind> {
        self.s.node(node).map(|_| self.graph.kind(node))
    }

    fn adopt(&mut self, seq: u64, handed: &HandedChange) {
        let HandedChange { intent: id, node, change, .. } = handed;
        let key = intent_key(self.s.run_id(), Some(*node), change.item, *id);
        let stage = match handed.settled {
            Some(SettledAs::Applied | SettledAs::Undone | SettledAs::Verdict) => IntentStage::Applied,
            Some(SettledAs::NotApplied) => IntentStage::NotApplied,
            Some(SettledAs::Unknown) => IntentStage::Stuck,
            None => IntentStage::InFlight,
        };
        let now = self.s.now;
        let intent = Intent {
            stage,
            attempt: 1,
            send_by: handed.send_by,
            fence: handed.fence,
            seq,
            started: now,
            ended: stage.is_over().then_some(now),
            recovered: true,
            undo: handed.undo,
            settled: stage.is_over(),
            ..Intent::proposed(*node, change.as_ref().clone(), None, key, Vec::new())
        };
        self.s.intents.insert(*id, intent);
        self.s.next_intent = self.s.next_intent.max(id.0.saturating_add(1));
        let state = &mut self.n(*node).change;
        state.intents.push(*id);
        state.changes.push(change.as_ref().clone());
        state.next += u32::from(stage.is_over());
    }
}
