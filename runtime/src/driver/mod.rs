//! The embedded driver: carries out what the engine asks for, and feeds it what came of it.
//!
//! One task owns the engine, the value store and the state file; calls run beside it and report back. Every event is
//! durable before a command that it led to leaves, at one sync a row; only the polls of a verify that say nothing new run
//! ahead, and become one row (R18, R36).
//!
//! May use: everything but [`crate::cli`]. Decides nothing that the engine decides.

mod calls;
pub mod clock;
pub mod codec;
mod commands;
mod evidence;
pub mod gate;
mod givens;
mod handover;
mod hands;
mod judge;
mod kept;
mod last_words;
mod machines;
mod observer;
pub mod person;
mod record;
mod registry;
mod releases;
mod replay;
mod resolve;
mod signals;
mod undo;
mod values;

pub use givens::Givens;
pub use handover::handed_changes;
pub use hands::{Attempt, Hands, LiveHands, NoHands, Task};
pub use machines::Attempted;
pub use observer::{Answers, Nobody, Observer, Typed};
use record::{Appended, Bodies};
pub use record::{Held, LEASE_MS, Record};
pub use replay::{Replayed, replay};

use crate::failure::{Failure, exit};
use crate::store::{StoreError, Tx};
use clock::Clock;
use gate::Gate;
use heal_engine::command::{AdmitRequest, CallId, CloseReport, Command, Note, ReadOrder};
use heal_engine::event::ProbeAnswer;
use heal_engine::event::{EVENT_VERSION, Event, EventKind, OrderKind, Ordered, Resolved};
use heal_engine::mode::Mode;
use heal_engine::outcome::shutdown_code;
use heal_engine::polls::{PendingRow, Polls};
use heal_engine::run::{Phase, Run, RunView};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::value::Value;
use signals::Stopping;
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use values::Values;

/// How often a waiting run looks for answers in the state file.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// How a process's part of a run ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// The run is over.
    Closed(Box<CloseReport>),
    /// It waits, for what; the process ends with this code.
    Parked {
        /// In words.
        on: String,
        /// The exit code.
        exit_code: u8,
    },
    /// Somebody else has it now.
    Fenced,
}

/// What calls report.
enum Message {
    /// A read was answered.
    Read { order: ReadOrder, result: Result<Value, ErrorInfo>, queued_ms: u64 },
    /// A probe was answered.
    Probe { order: ReadOrder, result: Result<(ProbeAnswer, Value), ErrorInfo>, queued_ms: u64 },
    /// A change, an undo or a tell was attempted.
    Attempted { call: Box<heal_engine::command::ChangeCall>, attempted: machines::Attempted },
    /// A change step was resolved.
    Resolved(Box<Resolved>),
    /// An undo was resolved, and may ask for its admission.
    Undo { request: Box<AdmitRequest>, found: Result<machines::ResolvedAs, ErrorInfo> },
    /// Somebody typed an answer.
    Typed(Typed),
    /// A signal came.
    Signal(&'static str),
}

/// A run in progress.
pub struct Driver<'o, M: Mode, H: Hands<M>> {
    run: Run<M>,
    givens: Givens,
    values: Values,
    clock: Clock,
    epoch: u64,
    hands: H,
    gate: Gate,
    record: Record,
    observer: &'o mut dyn Observer,
    /// `plan` executes asserted reads only where it is told to.
    allow_asserted: bool,
    queue: VecDeque<Command<M>>,
    to: UnboundedSender<Message>,
    from: UnboundedReceiver<Message>,
    /// Requests that this process has shown.
    shown: BTreeSet<String>,
    abandoned: BTreeSet<CallId>,
    /// Evidence of digests that were judged, to be stored with their event.
    bodies: Bodies,
    /// Rows that wait.
    polls: Polls<M, Bodies>,
    stopping: Stopping,
    /// Why nothing can be written down any more.
    lost: Option<String>,
    notes: Vec<Note>,
    /// The last answer of the state file that was taken.
    decisions: i64,
    ended: Option<Ended>,
}

impl<'o, M: Mode, H: Hands<M>> Driver<'o, M, H> {
    /// A driver over a run: a new one, or one that was replayed.
    #[must_use]
    pub fn new(
        run: Run<M>,
        givens: Givens,
        clock: Clock,
        hands: H,
        gate: Gate,
        record: Record,
        observer: &'o mut dyn Observer,
    ) -> Self {
        let (to, from) = unbounded_channel();
        let values = Values::new(&givens.plan);
        let epoch = match &record {
            Record::Held(held) => held.epoch,
            Record::Nowhere => 1,
        };
        Self {
            run,
            givens,
            values,
            clock,
            epoch,
            hands,
            gate,
            record,
            observer,
            allow_asserted: true,
            queue: VecDeque::new(),
            to,
            from,
            abandoned: BTreeSet::new(),
            shown: BTreeSet::new(),
            bodies: Bodies::new(),
            polls: Polls::default(),
            stopping: Stopping::new(),
            lost: None,
            notes: Vec::new(),
            decisions: 0,
            ended: None,
        }
    }

    /// Asserted reads are not executed: their value is no data (L35).
    #[must_use]
    pub fn without_asserted(mut self) -> Self {
        self.allow_asserted = false;
        self
    }

    /// What the run looks like.
    #[must_use]
    pub fn view(&self) -> RunView {
        self.run.view()
    }

    /// The run itself.
    #[must_use]
    pub fn run(&self) -> &Run<M> {
        &self.run
    }

    /// What was given.
    #[must_use]
    pub fn givens(&self) -> &Givens {
        &self.givens
    }

    /// Everything the engine noted.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The last hash of the journal's chain.
    #[must_use]
    pub fn head(&self) -> Option<String> {
        match &self.record {
            Record::Held(held) => held.store.head(&held.run).ok().flatten(),
            Record::Nowhere => None,
        }
    }

    /// Writes beside the journal, as patiently as a row, and where the run is still held: `work` gets the guards' scope,
    /// `what` says what could not be written.
    ///
    /// # Errors
    /// As [`Driver::drive`].
    pub fn write(
        &mut self,
        work: impl Fn(&mut Tx<'_>, &str) -> Result<(), StoreError>,
        what: impl Fn() -> String,
    ) -> Result<(), Failure> {
        let Some(held) = self.record.held().filter(|_| self.run.phase() != Phase::Fenced) else { return Ok(()) };
        let (run, epoch, scope) = (held.run.clone(), held.epoch, held.scope.clone());
        let written =
            held.persist(&self.stopping, |tx| if tx.epoch(&run)? == epoch { work(tx, &scope) } else { Ok(()) }, what);
        written.map_err(|failure| {
            self.lost = Some(failure.message.clone());
            let exit = self.stop().map_or(failure.exit, |end| end.exit_code);
            Failure { exit, ..failure }
        })
    }

    /// Feeds the first events, then works until the run ends, waits or is taken away.
    ///
    /// # Errors
    /// The state file is lost or stays unwritable: exit 74, or 25 where something was changed or an intent is open.
    pub async fn drive(&mut self, first: Vec<EventKind>) -> Result<Ended, Failure> {
        signals::listen(self.to.clone(), self.stopping.clone(), Message::Signal)
            .map_err(|e| Failure::internal(format!("cannot listen for signals: {}", crate::files::why(&e))))?;
        match self.work(first).await {
            Err(failure) if failure.exit == exit::STATE => Err(self.last_words(failure).await),
            ended => ended,
        }
    }

    async fn work(&mut self, first: Vec<EventKind>) -> Result<Ended, Failure> {
        for kind in first {
            self.feed(kind)?;
        }
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut life = tokio::time::interval(Duration::from_millis(record::LEASE_MS / 4));
        loop {
            while let Some(command) = self.queue.pop_front() {
                self.carry_out(command)?;
            }
            if self.run.phase() == Phase::Fenced {
                return Ok(Ended::Fenced);
            }
            if let Some(ended) = self.ended.take() {
                return Ok(ended);
            }
            self.ask_again()?;
            let wake = self.until_wake();
            tokio::select! {
                Some(message) = self.from.recv() => self.take(message)?,
                () = wake => self.tick()?,
                _ = look.tick() => self.look()?,
                _ = life.tick() => self.live_on()?,
            }
        }
    }

    /// Sleeps until the engine wants to be woken; for ever where it doesn't.
    fn until_wake(&self) -> impl Future<Output = ()> + use<M, H> {
        let wait = self.run.wake_at().map(|at| Duration::from_millis(at.saturating_sub(self.clock.now())));
        async move {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        }
    }

    /// An event's envelope around what happened, redacted.
    fn event(&self, kind: EventKind) -> Event {
        let state = self.run.state();
        let event = Event {
            v: EVENT_VERSION,
            run: self.givens.run.clone(),
            seq: state.seq + 1,
            at: clock::wall(),
            now: self.clock.now().max(state.now),
            epoch: self.epoch,
            kind,
        };
        // What is stored is what the engine sees: a replay gives the same (R38).
        let redacted = serde_json::to_value(&event).map(|json| self.givens.redactor.redact_json(&json));
        redacted.and_then(serde_json::from_value).unwrap_or(event)
    }

    /// Takes an event: the engine steps, the row is made durable or waits, the commands are queued.
    fn feed(&mut self, kind: EventKind) -> Result<(), Failure> {
        let (event, next, commands) = self.step(kind);
        if matches!(event.kind, EventKind::Tick) && commands.is_empty() {
            return Ok(());
        }
        let bodies = std::mem::take(&mut self.bodies);
        let bodies = match self.record {
            Record::Held(_) => match self.polls.keep((&self.run, &next), &event, &commands, bodies) {
                Ok(()) => {
                    self.accept(next, &event, commands);
                    return Ok(());
                }
                Err(bodies) => bodies,
            },
            Record::Nowhere => bodies,
        };
        // What waited comes first, under its final numbers.
        let (event, next, commands) = match self.polls.is_empty() {
            true => (event, next, commands),
            false => {
                self.flush()?;
                self.step(event.kind)
            }
        };
        let row = PendingRow { commands: heal_engine::commands_hash(&commands), beside: bodies, event };
        let appended = self.record.append(std::slice::from_ref(&row), &self.stopping);
        match appended {
            Ok(Appended::Written) => {
                self.accept(next, &row.event, commands);
                Ok(())
            }
            Ok(Appended::Fenced) => {
                self.fence();
                Ok(())
            }
            Err(failure) => {
                // What it says is known all the same, and goes into the report.
                self.run = next;
                Err(failure)
            }
        }
    }

    fn step(&self, kind: EventKind) -> (Event, Run<M>, Vec<Command<M>>) {
        let event = self.event(kind);
        let mut next = self.run.clone();
        let commands = next.step(&event);
        (event, next, commands)
    }

    /// Writes the rows that wait.
    fn flush(&mut self) -> Result<(), Failure> {
        let Some((run, rows)) = self.polls.drain() else { return Ok(()) };
        match self.record.append(&rows, &self.stopping)? {
            Appended::Written => self.run = run,
            Appended::Fenced => self.fence(),
        }
        Ok(())
    }

    /// Another process has the run. Its journal is no longer ours to write.
    fn fence(&mut self) {
        let (event, next, _) = self.step(EventKind::LeaseLost);
        self.observer.warn("another process has taken the run: this one sends nothing more");
        self.queue.clear();
        self.accept(next, &event, Vec::new());
    }

    /// The row is durable, or waits: its state is the state, its commands leave.
    fn accept(&mut self, next: Run<M>, event: &Event, commands: Vec<Command<M>>) {
        self.run = next;
        self.queue.extend(commands);
        let view = self.run.view();
        self.stopping.set_code(shutdown_code(view.world, !view.open_intents.is_empty()));
        self.observer.event(event, &view);
    }

    fn tick(&mut self) -> Result<(), Failure> {
        if let Some(jump) = self.clock.jump() {
            let way = if jump > 0 { "forward" } else { "back" };
            let by = crate::config::show_duration(jump.unsigned_abs());
            self.observer.warn(&format!("the wall clock jumped {way} by {by}; run time goes on unchanged"));
        }
        self.feed(EventKind::Tick)
    }

    /// Answers that came in through the state file.
    fn look(&mut self) -> Result<(), Failure> {
        let Some(held) = self.record.held() else { return Ok(()) };
        match held.store.in_place() {
            Err(error) if !error.passing => return Err(held.store.failure(&error)),
            _ => {}
        }
        if !self.run.state().approvals.values().any(|a| a.stage == heal_engine::run::ApprovalStage::Asked) {
            return Ok(());
        }
        let found = match held.store.decisions_after(&held.run, self.decisions) {
            // The next look may see them.
            Err(error) if error.passing => return Ok(()),
            found => found.map_err(|e| held.store.failure(&e))?,
        };
        for decision in found {
            self.decisions = decision.n;
            let groups = self.givens.config.groups_of(&decision.by);
            self.feed(EventKind::Decided(heal_engine::event::Decided {
                request: decision.request,
                groups,
                by: decision.by,
                method: decision.method,
                approve: decision.approve,
                fingerprint: decision.fingerprint,
            }))?;
        }
        Ok(())
    }

    /// A sign of life.
    fn live_on(&mut self) -> Result<(), Failure> {
        let Some(held) = self.record.held() else { return Ok(()) };
        match held.renew(clock::wall()) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.fence();
                Ok(())
            }
            Err(error) => {
                // The lease outlives a hiccup; a state file that is gone for good fails at the next row.
                self.observer.warn(&format!("the lease could not be renewed: {error}"));
                Ok(())
            }
        }
    }

    fn signal(&mut self, name: &str) -> Result<(), Failure> {
        self.observer.warn(&format!("{name}: stopping; the run stays open and can be resumed"));
        self.feed(EventKind::Ordered(Ordered {
            order: OrderKind::Shutdown,
            by: name.to_owned(),
            reason: "a signal".to_owned(),
        }))
    }
}
