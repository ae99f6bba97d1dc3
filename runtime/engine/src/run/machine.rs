//! The machine inside [`super::Run`]: dispatch of events, and the loop that goes on until nothing more can start.

use super::graph::Graph;
use super::state::*;
use crate::command::{CallId, ChangeCall, Command, IntentId, Note};
use crate::event::{Because, Event, EventKind, Opened};
use crate::mode::Preview;
use heal_lang::plan::{Exit, NodeId, Plan, Step, StepKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A command before its mode is known; orders are made at the edge, with the mode's key.
#[derive(Debug)]
pub(crate) enum Draft {
    Do(Command<Preview>),
    Act(ChangeCall, u64),
    Tell(ChangeCall, u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) plan: Arc<Plan>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) acts: bool,
    pub(crate) s: State,
    out: Outbox,
}

/// Commands of the step under way; empty between steps, so a clone may forget it.
#[derive(Debug, Default)]
struct Outbox(Vec<Draft>);

impl Clone for Outbox {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A text as a note's term.
pub(crate) fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

impl Machine {
    pub(crate) fn new(plan: Arc<Plan>, acts: bool) -> Self {
        let graph = Arc::new(Graph::new(&plan));
        let s = State::new(plan.nodes.len());
        Self { plan, graph, acts, s, out: Outbox::default() }
    }

    pub(crate) fn step(&mut self, event: &Event) -> Vec<Draft> {
        self.s.now = self.s.now.max(event.now);
        self.s.seq = self.s.seq.max(event.seq);
        match self.s.phase {
            Phase::New => match &event.kind {
                EventKind::Opened(opened) => self.opened(event, opened),
                _ => self.ignored("the run is not open"),
            },
            Phase::Closed => self.after_close(event),
            _ => self.open_event(event),
        }
        self.advance();
        self.drive_stop();
        std::mem::take(&mut self.out.0)
    }

    fn opened(&mut self, event: &Event, opened: &Opened) {
        self.s.setup = Some(Setup {
            run: event.run.clone(),
            autonomy: opened.autonomy,
            risk_floor: opened.risk_floor,
            preview: opened.mode == "plan",
            park_after_ms: opened.park_after_ms,
            seed: opened.seed,
            requester: opened.requester.clone(),
        });
        self.s.epoch = event.epoch;
        self.s.phase = Phase::Running;
    }

    fn open_event(&mut self, event: &Event) {
        let stale = event.epoch < self.s.epoch;
        match &event.kind {
            EventKind::Claimed(claimed) => self.claimed(event.epoch, claimed),
            // A late answer is knowledge, whoever listened.
            EventKind::CallEnded(ended) => self.call_ended(ended),
            EventKind::LeaseLost if !stale => {
                self.s.phase = Phase::Fenced;
                self.note(None, "fenced", None, []);
            }
            _ if stale => self.ignored("from a process that no longer holds the run"),
            _ if self.s.phase == Phase::Fenced => self.ignored("another process holds the run"),
            EventKind::Opened(_) => self.ignored("the run is open already"),
            EventKind::Judged(judged) => self.judged(judged),
            EventKind::Resolved(resolved) => self.resolved(resolved),
            EventKind::Admitted(admitted) => self.admitted(event.seq, admitted),
            EventKind::Denied(denied) => self.denied(denied),
            EventKind::Decided(decided) => self.decided(decided),
            EventKind::IncidentChanged(change) => self.incident(change),
            EventKind::Ordered(order) => self.ordered(order),
            EventKind::Settled { intent, result } => self.settled(*intent, *result),
            EventKind::Polled(polled) => self.polled(polled),
            EventKind::HandedOver(handed) => self.handed_over(event.seq, handed),
            EventKind::LeaseLost | EventKind::Tick => {}
        }
    }

    /// Everything that can start or end by itself does, in one fixed order.
    fn advance(&mut self) {
        // Each pass ends or starts something; the bound only guards against a mistake of ours.
        let bound = 64 + 16 * self.s.nodes.len() + 4 * self.s.intents.len();
        for _ in 0..bound {
            if !matches!(self.s.phase, Phase::Running | Phase::Parked | Phase::Recovering | Phase::Winding) {
                return;
            }
            let mut moved = self.clock();
            moved |= self.drive_intents();
            moved |= self.recovered();
            moved |= self.schedule();
            moved |= self.drive_nodes();
            moved |= self.issue_reads();
            moved |= self.drive_end();
            if !moved {
                break;
            }
        }
        self.park_if_idle();
    }

    // ---- what every part uses -------------------------------------------------------------------------------------

    pub(crate) fn emit(&mut self, command: Command<Preview>) {
        self.out.0.push(Draft::Do(command));
    }

    pub(crate) fn emit_act(&mut self, call: ChangeCall, seq: u64) {
        self.out.0.push(Draft::Act(call, seq));
    }

    pub(crate) fn emit_tell(&mut self, call: ChangeCall, seq: u64) {
        self.out.0.push(Draft::Tell(call, seq));
    }

    pub(crate) fn note<const N: usize>(
        &mut self,
        node: Option<NodeId>,
        what: &str,
        because: Option<Because>,
        terms: [(&str, Value); N],
    ) {
        let terms: BTreeMap<String, Value> = terms.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        self.emit(Command::Note(Note { node, what: what.to_owned(), because, terms, durable: false }));
    }

    pub(crate) fn ignored(&mut self, why: &str) {
        self.note(None, "ignored", None, [("why", text(why))]);
    }

    pub(crate) fn new_call(&mut self, pending: Pending) -> CallId {
        let call = CallId(self.s.next_call);
        self.s.next_call += 1;
        self.s.calls.insert(call, pending);
        call
    }

    pub(crate) fn new_intent(&mut self) -> IntentId {
        let id = IntentId(self.s.next_intent);
        self.s.next_intent += 1;
        id
    }

    pub(crate) fn n(&mut self, node: NodeId) -> &mut NodeState {
        &mut self.s.nodes[node.0 as usize]
    }

    pub(crate) fn ended(&self, node: NodeId) -> bool {
        self.s.node(node).is_none_or(NodeState::is_ended)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.s.nodes.len()).map(super::graph::node_id)
    }

    /// Runs with the step of a node; the plan is shared, so the machine stays free.
    pub(crate) fn with_step<R>(&mut self, node: NodeId, f: impl FnOnce(&mut Self, &Step) -> R) -> Option<R> {
        let plan = Arc::clone(&self.plan);
        plan.step_of(node).map(|step| f(self, step))
    }

    /// Ends a node and says so.
    pub(crate) fn end_node(&mut self, node: NodeId, exit: Exit, because: Option<Because>) {
        if self.ended(node) {
            return;
        }
        self.abandon_reads(node);
        let now = self.s.now;
        let state = self.n(node);
        state.stage = Stage::Ended;
        state.exit = Some(exit);
        state.because.clone_from(&because);
        state.ended = Some(now);
        let kind = self.graph.kind(node);
        if exit == Exit::Fired {
            self.s.ever_fired = true;
        }
        if kind == StepKind::Remediate {
            if self.s.active == Some(node) {
                self.s.active = None;
            }
            self.withdraw_unused(node);
        }
        self.note(Some(node), "exit", because, [("exit", text(exit.word()))]);
        if kind == StepKind::Remediate {
            self.route_change(node, exit);
        }
    }
}
