//! A driver in virtual time over a small scripted world, with a journal that can be cut at any row.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::panic,
    reason = "each test file uses its own part; a test may panic"
)]

pub mod plans;

use heal_engine::command::*;
use heal_engine::event::*;
use heal_engine::guard::{self, AdmitAsk, GuardDoc, GuardLimits, GuardRequest, GuardVerdict, Tier};
use heal_engine::mode::Model;
use heal_engine::polls::Polls;
use heal_engine::run::Phase;
use heal_engine::{Run, commands_hash};
use heal_lang::catalogue::{Class, Effect, Risk};
use heal_lang::plan::{ErrorClass, NodeId, Plan, StepBody};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How one attempt at a change goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// It happens and is answered after so long.
    Ok(u64),
    /// It finds nothing to do.
    Unchanged,
    /// Not sent, may be tried again; the server's hint.
    NotSent(Option<u64>),
    /// Refused for good.
    Permanent,
    /// A permission is missing.
    Denied,
    /// The precondition failed.
    Conflict,
    /// No answer within the timeout; it lands after so long, if at all.
    Lost(Option<u64>),
    /// It happens after so long; the answer never comes, not even an error.
    Silent(Option<u64>),
}

/// The world outside, and how it answers.
#[derive(Clone, Debug)]
pub struct World {
    /// The fault stands.
    pub broken: bool,
    /// Which actions take the fault away.
    pub remedies: Vec<String>,
    /// Attempts' fates, in order; `Ok(200)` when used up.
    pub deeds: VecDeque<Deed>,
    /// The same for undos.
    pub undo_deeds: VecDeque<Deed>,
    /// Every change that happened: when, action, key.
    pub landed: Vec<(u64, String, String)>,
    /// Every undo that happened.
    pub undone: Vec<(u64, String, String)>,
    /// Changes on their way: when they land.
    pub flying: Vec<(u64, ChangeCall)>,
    /// What detects say; `None`: whether the fault stands.
    pub detect: Option<Verdict>,
    /// What diagnoses say.
    pub causes: Vec<RankedCause>,
    /// What `when` says by node name; yes otherwise.
    pub when: BTreeMap<String, Verdict>,
    /// Verify's `until`; `None`: whether the fault is gone.
    pub until: Option<Verdict>,
    /// Verify's guards.
    pub guards: Verdict,
    /// How old the newest data point is.
    pub lag: u64,
    /// Fates of reads, in order; they succeed when used up.
    pub reads: VecDeque<Result<(), CallError>>,
    /// Reads succeed after so long.
    pub read_ms: u64,
    /// What `Resolve` says, per node name.
    pub stop: BTreeMap<String, Stop>,
    /// `approval when`.
    pub approval: Option<Verdict>,
    /// Makes fingerprints differ.
    pub revision: u32,
    /// Undos that a change captures.
    pub undos: usize,
    /// Changes per resolve.
    pub fan_out: u32,
    /// The probe's answer; `None`: the truth at that time.
    pub probe: Option<ProbeAnswer>,
    /// Tells that were sent.
    pub told: Vec<ChangeCall>,
    /// Tells fail.
    pub deaf: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            broken: true,
            remedies: vec!["test.fix".to_owned(), "test.mild".to_owned(), "test.hard".to_owned()],
            deeds: VecDeque::new(),
            undo_deeds: VecDeque::new(),
            landed: Vec::new(),
            undone: Vec::new(),
            flying: Vec::new(),
            detect: None,
            causes: vec![cause("bad", 0.95, Verdict::Yes), cause("other", 0.6, Verdict::No)],
            when: BTreeMap::new(),
            until: None,
            guards: Verdict::Yes,
            lag: 0,
            reads: VecDeque::new(),
            read_ms: 50,
            stop: BTreeMap::new(),
            approval: None,
            revision: 1,
            undos: 1,
            fan_out: 1,
            probe: None,
            told: Vec::new(),
            deaf: false,
        }
    }
}

pub fn cause(name: &str, confidence: f64, verdict: Verdict) -> RankedCause {
    RankedCause { cause: name.to_owned(), confidence, verdict, because: format!("{name} because") }
}

pub fn error(class: ErrorClass, sent: Sent, definite: bool) -> CallError {
    CallError {
        class,
        code: format!("{class:?}").to_lowercase(),
        message: format!("{class:?}"),
        sent,
        refused_definitely: definite,
        retry_after_ms: None,
        permission: None,
    }
}

pub fn ok() -> CallResult {
    CallResult::Ok {
        facts: Facts::new(),
        digest: String::new(),
        newest_sample_age_ms: None,
        unchanged: false,
        probe: None,
    }
}

impl World {
    fn land_until(&mut self, now: u64) {
        let mut due: Vec<(u64, ChangeCall)> = Vec::new();
        self.flying.retain(|(at, call)| {
            let lands = *at <= now;
            if lands {
                due.push((*at, call.clone()));
            }
            !lands
        });
        due.sort_by_key(|(at, c)| (*at, c.call));
        for (at, call) in due {
            self.land(at, &call);
        }
    }

    fn land(&mut self, at: u64, call: &ChangeCall) {
        let seen = self.landed.iter().chain(&self.undone).any(|(_, _, key)| *key == call.key);
        let class = call.change.as_ref().map(|c| c.class);
        // A guarded target refuses a key it has seen.
        if seen && class == Some(Class::Guarded) {
            return;
        }
        let row = (at, call.action.clone(), call.key.clone());
        if call.kind == CallKind::Undo {
            self.undone.push(row);
            self.broken = true;
        } else {
            self.landed.push(row);
            if self.remedies.contains(&call.action) {
                self.broken = false;
            }
        }
    }

    fn probe(&self, intent_key: &str) -> ProbeAnswer {
        self.probe.unwrap_or_else(|| {
            let seen = self.landed.iter().chain(&self.undone).any(|(_, _, key)| key == intent_key);
            if seen { ProbeAnswer::Applied } else { ProbeAnswer::NotApplied }
        })
    }
}

/// What is on its way to the run.
type Inbox = BTreeMap<(u64, u64), EventKind>;

/// A run with its driver.
pub struct Lab {
    pub plan: Arc<Plan>,
    pub run: Run<Model>,
    pub world: World,
    pub guard: GuardDoc,
    pub now: u64,
    pub epoch: u64,
    pub journal: Vec<(Event, String)>,
    /// Rows that wait, as the driver lets them.
    pub polls: Polls<Model, ()>,
    /// None waits.
    pub eager: bool,
    pub inbox: Inbox,
    pub order: u64,
    pub closed: Option<CloseReport>,
    pub parked: Option<(String, u8)>,
    pub asked: Vec<AskRequest>,
    pub withdrawn: Vec<String>,
    pub notes: Vec<Note>,
    /// Settlements never come back.
    pub mute_guard: bool,
    /// Stop after this many rows; commands of that row are dropped, or carried out.
    pub cut: Option<(usize, bool)>,
    pub dead: bool,
}

pub const T0: i64 = 1_700_000_000_000;

pub fn opened() -> Opened {
    Opened {
        run_key: "incident".to_owned(),
        playbook: "test".to_owned(),
        plan_hash: "plan".to_owned(),
        policy_hash: String::new(),
        engine_epoch: 1,
        inputs: Facts::new(),
        environment: "local".to_owned(),
        autonomy: Autonomy::Act,
        risk_floor: Risk::Low,
        mode: "simulated".to_owned(),
        trigger: Facts::new(),
        park_after_ms: 0,
        seed: 7,
        tier: "A".to_owned(),
        requester: Some("ann".to_owned()),
    }
}

impl Lab {
    pub fn new(plan: Arc<Plan>, world: World) -> Self {
        Self {
            run: Run::new(Arc::clone(&plan)),
            plan,
            world,
            guard: GuardDoc::default(),
            now: 0,
            epoch: 1,
            journal: Vec::new(),
            polls: Polls::default(),
            eager: false,
            inbox: Inbox::new(),
            order: 0,
            closed: None,
            parked: None,
            asked: Vec::new(),
            withdrawn: Vec::new(),
            notes: Vec::new(),
            mute_guard: false,
            cut: None,
            dead: false,
        }
    }

    /// A run from opening to its end.
    pub fn heal(plan: Arc<Plan>, world: World) -> Self {
        let mut lab = Self::new(plan, world);
        lab.open(opened());
        lab.go();
        lab
    }

    pub fn open(&mut self, opened: Opened) {
        self.feed(EventKind::Opened(Box::new(opened)));
        self.feed(EventKind::Claimed(Claimed {
            owner: "host 1".to_owned(),
            lease_until: 0,
            why: ClaimReason::Fresh,
            owner_dead: false,
        }));
    }

    pub fn outcome(&self) -> (&str, u8) {
        self.closed.as_ref().map_or(("open", 255), |c| (c.outcome.word(), c.exit_code))
    }

    pub fn exit(&self, name: &str) -> &str {
        let found = self.run.view().nodes.into_iter().find(|n| n.name == name);
        found.and_then(|n| n.exit).map_or("-", |e| e.word())
    }

    pub fn at(&mut self, delay: u64, kind: EventKind) {
        self.order += 1;
        self.inbox.insert((self.now + delay, self.order), kind);
    }

    fn step(&self, kind: EventKind) -> (Event, Run<Model>, Vec<Command<Model>>) {
        let event = Event {
            v: EVENT_VERSION,
            run: "run-1".to_owned(),
            seq: self.run.state().seq + 1,
            at: T0 + self.now as i64,
            now: self.now,
            epoch: self.epoch,
            kind,
        };
        let mut next = self.run.clone();
        let commands = next.step(&event);
        (event, next, commands)
    }

    /// A row is durable; says whether the process lives on.
    fn row(&mut self, event: Event, commands: String) -> bool {
        assert_eq!(event.seq, self.journal.len() as u64 + 1);
        self.journal.push((event, commands));
        if self.cut.is_some_and(|(row, carried)| row == self.journal.len() && !carried) {
            self.dead = true;
        }
        !self.dead
    }

    /// Writes the rows that wait.
    pub fn flush(&mut self) {
        let Some((run, rows)) = self.polls.drain() else { return };
        for row in rows {
            if !self.row(row.event, row.commands) {
                return;
            }
        }
        self.run = run;
    }

    /// Journals an event, gives it to the run and carries out what it says.
    pub fn feed(&mut self, kind: EventKind) {
        if self.dead {
            return;
        }
        // As the driver does it: a tick that gave no command has not been.
        let (event, next, commands) = self.step(kind);
        if matches!(event.kind, EventKind::Tick) && commands.is_empty() {
            let due = self.run.wake_at().is_some_and(|at| at <= self.now);
            assert!(!due, "a wake for nothing would come again at once: {:#?}", self.run.state());
            return;
        }
        if !self.eager && self.polls.keep((&self.run, &next), &event, &commands, ()).is_ok() {
            self.run = next;
            commands.into_iter().for_each(|command| self.carry_out(command));
            return;
        }
        self.flush();
        if self.dead {
            return;
        }
        let (event, next, commands) = self.step(event.kind);
        self.run = next;
        if !self.row(event, commands_hash(&commands)) {
            return;
        }
        let cut = self.cut.filter(|(row, _)| *row == self.journal.len());
        for command in commands {
            if self.dead {
                return;
            }
            self.carry_out(command);
        }
        if cut.is_some() {
            self.dead = true;
        }
    }

    /// Runs until the end, a park, or the cut.
    pub fn go(&mut self) {
        for _ in 0..20_000 {
            if self.dead || self.closed.is_some() || self.parked.is_some() {
                return;
            }
            let next = self.inbox.keys().next().map(|k| k.0);
            let wake = self.run.wake_at();
            match (next, wake) {
                (Some(at), wake) if wake.is_none_or(|w| at <= w) => {
                    self.now = self.now.max(at);
                    self.world.land_until(self.now);
                    if let Some((_, kind)) = self.inbox.pop_first() {
                        self.feed(kind);
                    }
                }
                (_, Some(wake)) => {
                    self.now = self.now.max(wake);
                    self.world.land_until(self.now);
                    self.feed(EventKind::Tick);
                }
                (_, None) => panic!("the run hangs: {:#?}", self.run.view()),
            }
        }
        panic!("the run never ends: {:#?}", self.run.view());
    }

    pub fn run_until(&mut self, until: u64) {
        while !self.dead && self.closed.is_none() && self.parked.is_none() {
            let next = self.inbox.keys().next().map(|k| k.0);
            let soonest = [next, self.run.wake_at()].into_iter().flatten().min();
            let Some(at) = soonest.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            self.world.land_until(self.now);
            if next == Some(at) {
                if let Some((_, kind)) = self.inbox.pop_first() {
                    self.feed(kind);
                }
            } else {
                self.feed(EventKind::Tick);
            }
        }
        self.now = self.now.max(until);
        self.world.land_until(self.now);
    }

    /// The process has died (or ended); another one takes the run from its journal after a while.
    pub fn resume(&mut self, later: u64, owner_dead: bool) {
        self.resume_with(later, owner_dead, None);
    }

    pub fn resume_with(&mut self, later: u64, owner_dead: bool, cut: Option<(usize, bool)>) {
        self.dead = false;
        self.cut = cut;
        self.polls = Polls::default();
        self.inbox.clear();
        self.parked = None;
        self.now += later;
        self.world.land_until(self.now);
        self.run = Run::new(Arc::clone(&self.plan));
        for (event, hash) in &self.journal {
            assert_eq!(commands_hash(&self.run.step(event)), *hash, "replay differs at row {}", event.seq);
        }
        self.epoch += 1;
        let request = GuardRequest::Takeover { run: "run-1".to_owned(), epoch: self.epoch, lease_ms: 60_000 };
        self.guard = guard::apply(&self.guard, &request, T0 + self.now as i64).0;
        self.feed(EventKind::Claimed(Claimed {
            owner: "host 2".to_owned(),
            lease_until: 0,
            why: ClaimReason::Resume,
            owner_dead,
        }));
    }

    fn name(&self, node: NodeId) -> String {
        self.plan.node(node).map(|n| n.name.clone()).unwrap_or_default()
    }

    fn carry_out(&mut self, command: Command<Model>) {
        if !matches!(
            command,
            Command::Read(_)
                | Command::Judge { .. }
                | Command::Resolve { .. }
                | Command::Abandon { .. }
                | Command::Note(_)
        ) {
            self.flush();
            if self.dead {
                return;
            }
        }
        match command {
            Command::Read(order) => self.read(&order),
            Command::Judge { node, purpose, .. } => {
                let judged = self.judge(node, purpose);
                self.at(1, EventKind::Judged(Box::new(judged)));
            }
            Command::Resolve { node } => {
                let resolved = self.resolve(node);
                self.at(20, EventKind::Resolved(Box::new(resolved)));
            }
            Command::Admit(request) => self.admit(*request),
            Command::Act(order) => self.act(order.call()),
            Command::Tell(order) => {
                let call = order.call().clone();
                let result =
                    if self.world.deaf { CallResult::Err(error(ErrorClass::Permanent, Sent::Yes, true)) } else { ok() };
                self.at(10, ended(&call, result, self.now));
                self.world.told.push(call);
            }
            Command::Ask(ask) => {
                let result =
                    if self.world.deaf { CallResult::Err(error(ErrorClass::Permanent, Sent::Yes, true)) } else { ok() };
                self.at(
                    5,
                    EventKind::CallEnded(Box::new(CallEnded {
                        call: ask.call,
                        kind: CallKind::Ask,
                        node: Some(ask.node),
                        intent: None,
                        attempt: 1,
                        result,
                        sent_at: None,
                        queued_ms: 0,
                        late: false,
                    })),
                );
                self.asked.push(*ask);
            }
            Command::Settle { intent, result, vote, cool_down_ms } => {
                let request = GuardRequest::Settle {
                    run: "run-1".to_owned(),
                    epoch: self.epoch,
                    intent,
                    result,
                    vote,
                    cool_down_ms,
                };
                self.guard = guard::apply(&self.guard, &request, T0 + self.now as i64).0;
                if !self.mute_guard {
                    self.at(2, EventKind::Settled { intent, result });
                }
            }
            Command::Withdraw { request, .. } => self.withdrawn.push(request),
            Command::Abandon { .. } => {}
            Command::Note(note) => self.notes.push(note),
            Command::Park { on, exit_code, .. } => self.parked = Some((on, exit_code)),
            Command::Close(report) => self.closed = Some(*report),
        }
    }

    fn read(&mut self, order: &ReadOrder) {
        let result = if order.kind == CallKind::Probe {
            let key = order.intent.and_then(|i| self.run.intent(i)).map(|i| i.key.clone()).unwrap_or_default();
            CallResult::Ok {
                facts: Facts::new(),
                digest: String::new(),
                newest_sample_age_ms: None,
                unchanged: false,
                probe: Some(self.world.probe(&key)),
            }
        } else {
            match self.world.reads.pop_front() {
                Some(Err(error)) => CallResult::Err(error),
                _ => ok(),
            }
        };
        let event = EventKind::CallEnded(Box::new(CallEnded {
            call: order.call,
            kind: order.kind,
            node: Some(order.node),
            intent: order.intent,
            attempt: order.attempt,
            result,
            sent_at: Some(self.now),
            queued_ms: 0,
            late: false,
        }));
        self.at(self.world.read_ms, event);
    }

    fn judge(&mut self, node: NodeId, purpose: Purpose) -> Judged {
        let truth = |yes: bool| if yes { Verdict::Yes } else { Verdict::No };
        let w = &self.world;
        let verdict = match purpose {
            Purpose::Detect => w.detect.unwrap_or_else(|| truth(w.broken)),
            Purpose::Rank => Verdict::Yes,
            Purpose::When => w.when.get(&self.name(node)).copied().unwrap_or(Verdict::Yes),
            Purpose::Sample => w.until.unwrap_or_else(|| truth(!w.broken)),
        };
        let sample = (purpose == Purpose::Sample).then(|| Sample {
            at: self.now.saturating_sub(w.lag),
            guards: w.guards,
            guards_because: "guards".to_owned(),
        });
        Judged {
            node,
            purpose,
            verdict,
            causes: if purpose == Purpose::Rank { w.causes.clone() } else { Vec::new() },
            confidence: None,
            because: format!("{purpose:?} says {verdict:?}"),
            skip: false,
            facts: Facts::new(),
            digest: String::new(),
            sample,
        }
    }

    fn resolve(&mut self, node: NodeId) -> Resolved {
        let name = self.name(node);
        let calls = match self.plan.step_of(node).map(|s| &s.body) {
            Some(StepBody::Remediate(r)) => r.calls.clone(),
            _ => Vec::new(),
        };
        let w = &self.world;
        let mut changes = Vec::new();
        for item in 0..w.fan_out {
            for (i, call) in calls.iter().enumerate() {
                let target = format!("thing/{item}");
                changes.push(ResolvedChange {
                    call: i as u32,
                    item,
                    action: call.action.clone(),
                    effect: call.effect,
                    class: call.class,
                    target,
                    noun: Some("thing".to_owned()),
                    summary: format!("{} {item}", call.action),
                    args: serde_json::json!({ "to": 1 }),
                    before: serde_json::Value::Null,
                    undo: (0..w.undos)
                        .map(|k| ResolvedUndo {
                            action: format!("{}.undo{k}", call.action),
                            class: call.class,
                            summary: "back".to_owned(),
                            args: serde_json::Value::Null,
                        })
                        .collect(),
                    baseline: Facts::new(),
                    read_lag_ms: call.read_lag_ms,
                    max_in_flight_ms: call.max_in_flight_ms,
                    tells: call.effect == Effect::Tell,
                });
            }
        }
        Resolved {
            node,
            radius: BTreeMap::from([("thing".to_owned(), u64::from(w.fan_out))]),
            fingerprint: format!("{name} r{}", w.revision),
            changes,
            stop: w.stop.get(&name).cloned(),
            risk: Risk::Low,
            approval: w.approval,
            locks: Vec::new(),
        }
    }

    fn admit(&mut self, request: AdmitRequest) {
        let ask = AdmitAsk {
            run: "run-1".to_owned(),
            epoch: self.epoch,
            lease_ms: 60_000,
            tier: Tier::A,
            local_guards: false,
            limits: GuardLimits::default(),
            request: request.clone(),
        };
        let (doc, verdict) = guard::apply(&self.guard, &GuardRequest::Admit(Box::new(ask)), T0 + self.now as i64);
        self.guard = doc;
        let event = match verdict {
            GuardVerdict::Admitted { fence, lease_until } => EventKind::Admitted(Box::new(Admitted {
                intent: request.intent,
                fence,
                lease_until,
                change: request.change,
                undoes: request.undoes,
                approvals: request.approvals,
            })),
            GuardVerdict::Denied { because, retry_after_ms } => {
                EventKind::Denied(Denied { intent: request.intent, because, retry_after_ms })
            }
            other => panic!("the guard says {other:?}"),
        };
        // One transaction with the guard document: nothing can come between (R25).
        self.feed(event);
    }

    fn act(&mut self, call: &ChangeCall) {
        let undo = call.kind == CallKind::Undo;
        let deeds = if undo { &mut self.world.undo_deeds } else { &mut self.world.deeds };
        let deed = deeds.pop_front().unwrap_or(Deed::Ok(200));
        let now = self.now;
        let answer = |lab: &mut Self, delay: u64, result: CallResult| lab.at(delay, ended(call, result, now));
        match deed {
            Deed::Ok(delay) => {
                self.world.flying.push((now + delay, call.clone()));
                answer(self, delay, ok());
            }
            Deed::Unchanged => {
                let result = CallResult::Ok {
                    facts: Facts::new(),
                    digest: String::new(),
                    newest_sample_age_ms: None,
                    unchanged: true,
                    probe: None,
                };
                answer(self, 50, result);
            }
            Deed::NotSent(hint) => {
                let mut e = error(ErrorClass::Transient, Sent::No, false);
                e.retry_after_ms = hint;
                answer(self, 50, CallResult::Err(e));
            }
            Deed::Permanent => answer(self, 50, CallResult::Err(error(ErrorClass::Permanent, Sent::Yes, true))),
            Deed::Denied => answer(self, 50, CallResult::Err(error(ErrorClass::Denied, Sent::Yes, true))),
            Deed::Conflict => answer(self, 50, CallResult::Err(error(ErrorClass::Conflict, Sent::Yes, true))),
            Deed::Lost(lands) => {
                if let Some(delay) = lands {
                    self.world.flying.push((now + delay, call.clone()));
                }
                answer(self, call.timeout_ms, CallResult::Err(error(ErrorClass::Uncertain, Sent::Maybe, false)));
            }
            Deed::Silent(lands) => {
                if let Some(delay) = lands {
                    self.world.flying.push((now + delay, call.clone()));
                }
            }
        }
        self.world.land_until(now);
    }

    pub fn is_phase(&self, phase: Phase) -> bool {
        self.run.phase() == phase
    }
}

pub fn ended(call: &ChangeCall, result: CallResult, sent: u64) -> EventKind {
    EventKind::CallEnded(Box::new(CallEnded {
        call: call.call,
        kind: call.kind,
        node: call.node,
        intent: Some(call.intent),
        attempt: call.attempt,
        result,
        sent_at: Some(sent),
        queued_ms: 0,
        late: false,
    }))
}
