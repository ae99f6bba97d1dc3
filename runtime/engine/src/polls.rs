//! Which rows of a verify may wait, and when one row stands for many (R36): a verify leaves rows where its answer changes,
//! not at every poll.
//!
//! Reads and judgements may run ahead of the journal (R18), so the events of a poll wait until something needs them: a
//! sample that says something new, or any command that must not run ahead. Polls that said nothing new are then one
//! [`Polled`](crate::event::Polled), followed by the last of them whole, with its evidence. The replacement is made only
//! where the engine's state after it equals its state after the polls themselves; else the rows stay as they are.

use crate::command::{CallKind, Command, Purpose};
use crate::event::{Event, EventKind};
use crate::mode::Mode;
use crate::run::{Run, Stage};
use heal_lang::plan::{NodeId, StepKind};

/// No more rows than this wait: a bound, should they not fold.
const MOST: usize = 512;

/// A row to be written.
#[derive(Clone, Debug)]
pub struct PendingRow<B> {
    /// The event, with its number.
    pub event: Event,
    /// Hash of the commands it led to (R39).
    pub commands: String,
    /// What is written beside it.
    pub beside: B,
}

/// The rows that wait.
#[derive(Debug)]
pub struct Polls<M: Mode, B> {
    waiting: Option<Waiting<M, B>>,
}

#[derive(Debug)]
struct Waiting<M: Mode, B> {
    node: NodeId,
    /// As the journal has it.
    base: Run<M>,
    rows: Vec<(Event, B)>,
    /// After the last whole poll, and how many rows led there.
    mark: Option<(Run<M>, usize)>,
}

impl<M: Mode, B> Default for Polls<M, B> {
    fn default() -> Self {
        Self { waiting: None }
    }
}

impl<M: Mode + Clone, B: Default> Polls<M, B> {
    /// Keeps an event that took the run from `before` to `after`, if its row may wait. Gives `beside` back where it may
    /// not: then [`Polls::drain`] comes first.
    ///
    /// # Errors
    /// The row may not wait.
    pub fn keep(
        &mut self,
        (before, after): (&Run<M>, &Run<M>),
        event: &Event,
        commands: &[Command<M>],
        beside: B,
    ) -> Result<(), B> {
        let same = |node| self.waiting.as_ref().is_none_or(|w| w.node == node && w.rows.len() < MOST);
        let Some(node) = polled(before, event, commands).filter(|node| same(*node)) else { return Err(beside) };
        let waiting =
            self.waiting.get_or_insert_with(|| Waiting { node, base: before.clone(), rows: Vec::new(), mark: None });
        waiting.rows.push((event.clone(), beside));
        if matches!(event.kind, EventKind::Judged(_)) {
            waiting.fold();
            waiting.mark = Some((after.clone(), waiting.rows.len()));
        }
        Ok(())
    }

    /// What waits, as rows of the journal, and the run after them: the same state, under the rows' numbers.
    pub fn drain(&mut self) -> Option<(Run<M>, Vec<PendingRow<B>>)> {
        let Waiting { base: mut run, rows, .. } = self.waiting.take()?;
        let rows = rows
            .into_iter()
            .map(|(event, beside)| {
                let event = Event { seq: run.state().seq + 1, ..event };
                let commands = crate::commands_hash(&run.step(&event));
                PendingRow { event, commands, beside }
            })
            .collect();
        Some((run, rows))
    }

    /// Nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_none()
    }
}

impl<M: Mode + Clone, B: Default> Waiting<M, B> {
    /// All polls but the last one, in one row.
    fn fold(&mut self) {
        let Some((at_mark, count)) = &self.mark else { return };
        let Some(last) = count.checked_sub(1).and_then(|i| self.rows.get(i)).map(|(event, _)| event) else { return };
        let Some(summary) = at_mark.summary(self.node) else { return };
        let event =
            Event { seq: self.base.state().seq + 1, kind: EventKind::Polled(Box::new(summary)), ..last.clone() };
        let mut folded = self.base.clone();
        let silent = folded.step(&event).is_empty();
        if silent && folded.is_like(at_mark) {
            self.rows.splice(..count, [(event, B::default())]);
        }
    }
}

/// The verify that an event is a poll of, where it says nothing new and asks for nothing but reads and judgements.
fn polled<M: Mode>(before: &Run<M>, event: &Event, commands: &[Command<M>]) -> Option<NodeId> {
    let node = match &event.kind {
        EventKind::Tick => commands.iter().find_map(|c| match c {
            Command::Read(order) => Some(order.node),
            _ => None,
        })?,
        EventKind::CallEnded(ended) if ended.kind == CallKind::Read && !ended.late => ended.node?,
        EventKind::Judged(judged) if judged.purpose == Purpose::Sample => judged.node,
        _ => return None,
    };
    let verify = before.plan().step_of(node).is_some_and(|step| step.kind == StepKind::Verify);
    let at_work = before
        .state()
        .node(node)
        .is_some_and(|n| matches!(n.stage, Stage::Polling(_) | Stage::Reading | Stage::Judging(Purpose::Sample)));
    let silent = commands.iter().all(|c| match c {
        Command::Read(order) => order.node == node && order.kind == CallKind::Read,
        Command::Judge { node: of, .. } => *of == node,
        Command::Note(note) => matches!(note.what.as_str(), "retry" | "read_failed") && !note.durable,
        _ => false,
    });
    (verify && at_work && silent).then_some(node)
}
