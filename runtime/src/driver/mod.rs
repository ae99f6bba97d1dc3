//! The embedded driver: carries out what the engine asks for, and feeds it what came of it.
//!
//! One task owns the engine, the value store and the state file; calls run beside it and report back. Every event is
//! durable before a command that it led to leaves: one rule instead of R18's two, at one sync a row.
//!
//! May use: everything but [`crate::cli`]. Decides nothing that the engine decides.

mod calls;
pub mod clock;
pub mod codec;
mod commands;
mod evidence;
mod givens;
mod hands;
mod judge;
mod machines;
mod observer;
pub mod person;
mod record;
mod registry;
mod releases;
mod replay;
mod resolve;
mod signals;
mod values;

pub use givens::Givens;
pub use hands::{Attempt, Hands, LiveHands, NoHands, Task};
pub use machines::Attempted;
pub use observer::{Answers, Nobody, Observer, Typed};
pub use record::{Held, LEASE_MS, Record};
pub use replay::{Replayed, replay};

use crate::failure::Failure;
use clock::Clock;
use heal_adapters::Readers;
use heal_engine::command::{CallId, CloseReport, Command, Note, ReadOrder};
use heal_engine::event::ProbeAnswer;
use heal_engine::event::{EVENT_VERSION, Event, EventKind, OrderKind, Ordered, Resolved};
use heal_engine::mode::Mode;
use heal_engine::run::{Phase, Run, RunView};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::value::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use values::Values;

/// How often a waiting run looks for answers in the state file.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// A signal's five seconds (R33), less what it takes to end.
const LAST_WORDS: Duration = Duration::from_millis(4_500);

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
    Read { order: ReadOrder, result: Result<Value, ErrorInfo> },
    /// A probe was answered.
    Probe { order: ReadOrder, result: Result<(ProbeAnswer, Value), ErrorInfo> },
    /// A change, an undo or a tell was attempted.
    Attempted { call: Box<heal_engine::command::ChangeCall>, attempted: machines::Attempted },
    /// A change step was resolved.
    Resolved(Box<Resolved>),
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
    readers: Readers,
    record: Record,
    observer: &'o mut dyn Observer,
    /// `plan` executes asserted reads only where it is told to.
    allow_asserted: bool,
    queue: VecDeque<Command<M>>,
    to: UnboundedSender<Message>,
    from: UnboundedReceiver<Message>,
    abandoned: BTreeSet<CallId>,
    /// Evidence of digests that were judged, to be stored with their event.
    bodies: BTreeMap<String, Vec<u8>>,
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
        readers: Readers,
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
            readers,
            record,
            observer,
            allow_asserted: true,
            queue: VecDeque::new(),
            to,
            from,
            abandoned: BTreeSet::new(),
            bodies: BTreeMap::new(),
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

    /// The state file, back.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record
    }

    /// Feeds the first events, then works until the run ends, waits or is taken away.
    ///
    /// # Errors
    /// The state file can't be written: exit 74, or 25 where an intent is open.
    pub async fn drive(&mut self, first: Vec<EventKind>) -> Result<Ended, Failure> {
        let signals = signals::listen(self.to.clone(), Message::Signal)
            .map_err(|e| Failure::internal(format!("cannot listen for signals: {}", crate::files::why(&e))))?;
        let result = self.work(first).await;
        signals.abort();
        result
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

    /// Takes an event: the engine steps, the row is made durable, the commands are queued.
    fn feed(&mut self, kind: EventKind) -> Result<(), Failure> {
        let event = self.event(kind);
        let mut next = self.run.clone();
        let commands = next.step(&event);
        if matches!(event.kind, EventKind::Tick) && commands.is_empty() {
            return Ok(());
        }
        let hash = heal_engine::commands_hash(&commands);
        let bodies = std::mem::take(&mut self.bodies);
        let at = event.at;
        let beside = |tx: &mut crate::store::Tx<'_>| {
            bodies.iter().try_for_each(|(digest, body)| tx.keep_evidence(&event.run, digest, at, body))
        };
        let open = self.has_open_intent();
        self.record.append(&event, hash.as_bytes(), &beside, open)?;
        self.accept(next, &event, commands);
        Ok(())
    }

    /// The row is durable: its state is the state, its commands leave.
    fn accept(&mut self, next: Run<M>, event: &Event, commands: Vec<Command<M>>) {
        self.run = next;
        self.queue.extend(commands);
        self.observer.event(event, &self.run.view());
    }

    fn has_open_intent(&self) -> bool {
        self.run.state().intents.values().any(|i| i.seq > 0 && !i.stage.is_over())
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
        if !self.run.state().approvals.values().any(|a| a.stage == heal_engine::run::ApprovalStage::Asked) {
            return Ok(());
        }
        let Some(held) = self.record.held() else { return Ok(()) };
        let found = held.store.decisions_after(&held.run, self.decisions);
        let found = found.map_err(|e| held.store.failure(&e))?;
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
                self.observer.warn("another process has taken the run: this one sends nothing more");
                self.feed(EventKind::LeaseLost)
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
        // Whatever happens now, the process ends in time.
        std::thread::spawn(|| {
            std::thread::sleep(LAST_WORDS);
            std::process::exit(i32::from(crate::failure::exit::CANCELLED));
        });
        self.feed(EventKind::Ordered(Ordered {
            order: OrderKind::Shutdown,
            by: name.to_owned(),
            reason: "a signal".to_owned(),
        }))
    }
}
