//! What a run does next. Feed it events, carry out its commands; everything else here is private.
//!
//! The rules a driver keeps:
//! - `Act`, `Tell`, `Ask`, `Settle`, `Withdraw`, `Park`, `Close` and durable notes leave only when every event so far
//!   is durable (R18). `Read`, `Judge` and `Resolve` may run ahead.
//! - Every `Read`, `Act`, `Tell` and `Ask` is answered by one `CallEnded` (also after `Abandon`, then `late`), every
//!   `Judge` by `Judged`, `Resolve` by `Resolved`, `Admit` by `Admitted` or `Denied`, `Settle` by `Settled`.
//! - At [`Run::wake_at`] it sends `Tick`. A tick that gave no command changed nothing and need not be journalled.
//! - To resume: feed the journalled events to a new run and drop the commands, then send `Claimed` with the next epoch.

mod approve;
mod change;
mod close;
mod evidence;
mod graph;
mod handover;
mod intent;
mod machine;
mod polled;
mod reads;
mod recover;
mod schedule;
mod signals;
mod state;
mod undo;
mod verify;
mod view;
mod wake;

pub use state::*;
pub use view::*;

use crate::command::{Command, IntentId};
use crate::event::Event;
use crate::mode::{Key, Mode};
use heal_lang::plan::Plan;
use machine::{Draft, Machine};
use std::marker::PhantomData;
use std::sync::Arc;

/// One run: a pure state machine.
#[derive(Clone, Debug)]
pub struct Run<M: Mode> {
    machine: Machine,
    mode: PhantomData<fn() -> M>,
}

impl<M: Mode> Run<M> {
    /// A run before its first event.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { machine: Machine::new(plan, M::ACTS), mode: PhantomData }
    }

    /// A run whose journal goes on after row `seq`, which is another engine's (R35).
    #[must_use]
    pub fn after(plan: Arc<Plan>, seq: u64) -> Self {
        let mut run = Self::new(plan);
        run.machine.s.seq = seq;
        run
    }

    /// Takes an event and says what is to be done. Total: what cannot be is noted as `ignored`.
    pub fn step(&mut self, event: &Event) -> Vec<Command<M>> {
        self.machine
            .step(event)
            .into_iter()
            .filter_map(|draft| match draft {
                Draft::Do(command) => Some(carry(command)),
                Draft::Act(call, seq) => M::order(call, seq, Key(())).map(Command::Act),
                Draft::Tell(call, seq) => M::order(call, seq, Key(())).map(Command::Tell),
            })
            .collect()
    }

    /// When it wants to be woken by a `Tick`, in run milliseconds.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        self.machine.wake_at()
    }

    /// It has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.machine.s.phase == Phase::Closed
    }

    /// Where it is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.machine.s.phase
    }

    /// The whole state, to look at.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.machine.s
    }

    /// An intent: what a probe is for.
    #[must_use]
    pub fn intent(&self, id: IntentId) -> Option<&Intent> {
        self.machine.s.intents.get(&id)
    }

    /// What stands for the polls of a verify so far, as one event ([`crate::event::EventKind::Polled`]); none where it is
    /// not between two polls. Feeding it to the run as it was before those polls gives this state, unless something
    /// beside them happened: whoever drops their rows compares.
    #[must_use]
    pub fn summary(&self, node: heal_lang::plan::NodeId) -> Option<crate::event::Polled> {
        self.machine.summary(node)
    }

    /// Whether two runs are in the same state, whatever the numbers of the rows that led there.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.machine.s, &other.machine.s);
        if mine.seq == theirs.seq {
            return mine == theirs;
        }
        let mut renumbered = mine.clone();
        renumbered.seq = theirs.seq;
        renumbered == *theirs
    }

    /// The plan it executes.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.machine.plan
    }
}

/// A command without orders is the same in every mode.
fn carry<M: Mode>(command: Command<crate::mode::Preview>) -> Command<M> {
    match command {
        Command::Read(c) => Command::Read(c),
        Command::Judge { node, purpose, over } => Command::Judge { node, purpose, over },
        Command::Resolve { node } => Command::Resolve { node },
        Command::Admit(c) => Command::Admit(c),
        Command::Act(never) | Command::Tell(never) => match never {},
        Command::Ask(c) => Command::Ask(c),
        Command::Settle { intent, result, vote, cool_down_ms } => {
            Command::Settle { intent, result, vote, cool_down_ms }
        }
        Command::Withdraw { request, because } => Command::Withdraw { request, because },
        Command::Abandon { call } => Command::Abandon { call },
        Command::Note(n) => Command::Note(n),
        Command::Park { until, on, exit_code } => Command::Park { until, on, exit_code },
        Command::Close(r) => Command::Close(r),
    }
}
