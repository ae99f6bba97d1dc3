//! R20 as a model: one change, two processes and a slow network, in every interleaving, over the real `Run` and
//! `Guard`. Branches are: bytes leave, a request lands or is lost, an answer arrives or is lost, the process dies or
//! hangs, another one takes over, time passes. Everything else (reads, judgements, settlements) answers at once.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::Run;
use heal_engine::command::*;
use heal_engine::event::*;
use heal_engine::guard::{self, AdmitAsk, GuardDoc, GuardLimits, GuardRequest, GuardVerdict, Tier};
use heal_engine::mode::Model;
use heal_engine::outcome::World as Left;
use heal_engine::run::IntentStage;
use heal_lang::catalogue::{Class, Effect, Risk};
use heal_lang::plan::{ErrorClass, Plan};
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use support::plans::{PlanBuilder, call};
use support::{T0, error, ok, opened};

const TIMEOUT: u64 = 10_000;
/// What the network really does; what the action declares may differ.
const IN_FLIGHT: u64 = 3_000;
/// The search ends here: long enough for a takeover, its quarantine and its verify.
const HORIZON: u64 = 75_000;
/// Where processes hang the same is found sooner.
const HANGING_HORIZON: u64 = 45_000;

#[derive(Clone)]
struct Proc {
    run: Run<Model>,
    epoch: u64,
    /// Attempts that are waited for: until when.
    waits: Vec<(u64, ChangeCall)>,
    closed: Option<CloseReport>,
}

/// An order in a process's hands: not sent yet.
#[derive(Clone)]
struct Hand {
    by: usize,
    call: ChangeCall,
    /// `send_by` was looked at and the process was suspended before the write.
    checked: bool,
}

#[derive(Clone)]
struct Sim {
    plan: Arc<Plan>,
    rows: Vec<Event>,
    procs: Vec<Proc>,
    dead: [bool; 2],
    hands: Vec<Hand>,
    /// Requests on their way: who, what, when it left.
    net: Vec<(usize, ChangeCall, u64)>,
    /// Answers on their way.
    answers: Vec<(usize, ChangeCall, bool)>,
    version: u32,
    landed: u32,
    keys: Vec<String>,
    guard: GuardDoc,
    now: u64,
    class: Class,
    suspends: bool,
    honest: bool,
    trace: Vec<String>,
}

#[derive(Clone, Debug)]
enum Move {
    Send(usize),
    Check(usize),
    Write(usize),
    Land(usize),
    Lose(usize),
    Answer(usize),
    LoseAnswer(usize),
    Die,
    TakeOver(bool),
    Wait(u64),
}

impl Sim {
    fn new(class: Class, declared_in_flight: u64, suspends: bool) -> Self {
        let mut fix = call("test.fix", class);
        fix.max_in_flight_ms = declared_in_flight;
        let plan = PlanBuilder::new()
            .detect("down")
            .remediate("fix", vec![fix])
            .verify("up", &["fix"])
            .with_verify("up", |v| (v.every_ms, v.within_ms) = (10_000, 20_000))
            .build();
        let mut sim = Self {
            plan: Arc::clone(&plan),
            rows: Vec::new(),
            procs: vec![Proc { run: Run::new(plan), epoch: 1, waits: Vec::new(), closed: None }],
            dead: [false; 2],
            hands: Vec::new(),
            net: Vec::new(),
            answers: Vec::new(),
            version: 1,
            landed: 0,
            keys: Vec::new(),
            guard: GuardDoc::default(),
            now: 0,
            class,
            suspends,
            honest: !suspends && declared_in_flight >= IN_FLIGHT,
            trace: Vec::new(),
        };
        sim.feed(0, EventKind::Opened(Box::new(opened())));
        sim
    }

    /// An event and all that follows from it at once.
    fn feed(&mut self, who: usize, kind: EventKind) {
        let mut queue = VecDeque::from([kind]);
        while let Some(kind) = queue.pop_front() {
            // The journal takes rows only of the process that holds the run.
            if self.procs.len() > who + 1 {
                return;
            }
            let proc = &mut self.procs[who];
            let event = Event {
                v: 1,
                run: "run-1".to_owned(),
                seq: self.rows.len() as u64 + 1,
                at: T0 + self.now as i64,
                now: self.now,
                epoch: proc.epoch,
                kind,
            };
            let commands = proc.run.step(&event);
            self.rows.push(event);
            for command in commands {
                self.carry_out(who, command, &mut queue);
            }
        }
    }

    fn carry_out(&mut self, who: usize, command: Command<Model>, queue: &mut VecDeque<EventKind>) {
        match command {
            Command::Read(order) => {
                let probe = order.intent.filter(|_| order.kind == CallKind::Probe).map(|id| {
                    let key = self.procs[who].run.intent(id).map(|i| i.key.clone()).unwrap_or_default();
                    if self.keys.contains(&key) { ProbeAnswer::Applied } else { ProbeAnswer::NotApplied }
                });
                let mut result = ok();
                if let CallResult::Ok { probe: slot, .. } = &mut result {
                    *slot = probe;
                }
                queue.push_back(EventKind::CallEnded(Box::new(CallEnded {
                    call: order.call,
                    kind: order.kind,
                    node: Some(order.node),
                    intent: order.intent,
                    attempt: order.attempt,
                    result,
                    sent_at: None,
                    queued_ms: 0,
                    late: false,
                })));
            }
            Command::Judge { node, purpose, .. } => {
                let broken = self.version == 1;
                let yes = match purpose {
                    Purpose::Detect => broken,
                    Purpose::Sample => !broken,
                    _ => true,
                };
                queue.push_back(EventKind::Judged(Box::new(Judged {
                    node,
                    purpose,
                    verdict: if yes { Verdict::Yes } else { Verdict::No },
                    causes: Vec::new(),
                    confidence: None,
                    because: String::new(),
                    skip: false,
                    facts: Facts::new(),
                    digest: String::new(),
                    sample: None,
                })));
            }
            Command::Resolve { node } => queue.push_back(EventKind::Resolved(Box::new(Resolved {
                node,
                changes: vec![ResolvedChange {
                    call: 0,
                    item: 0,
                    action: "test.fix".to_owned(),
                    effect: Effect::Change,
                    class: self.class,
                    target: "t".to_owned(),
                    noun: None,
                    summary: String::new(),
                    // What it expects travels in the write (L42).
                    args: serde_json::json!({ "expect": self.version }),
                    before: serde_json::Value::Null,
                    undo: Vec::new(),
                    baseline: Facts::new(),
                    read_lag_ms: 500,
                    max_in_flight_ms: self
                        .plan
                        .steps
                        .iter()
                        .find_map(|s| match &s.body {
                            heal_lang::plan::StepBody::Remediate(r) => r.calls.first().map(|c| c.max_in_flight_ms),
                            _ => None,
                        })
                        .unwrap_or(0),
                    tells: false,
                }],
                stop: None,
                fingerprint: "f".to_owned(),
                radius: Default::default(),
                risk: Risk::Low,
                approval: None,
                locks: Vec::new(),
            }))),
            Command::Admit(request) => {
                let ask = AdmitAsk {
                    run: "run-1".to_owned(),
                    epoch: self.procs[who].epoch,
                    lease_ms: 3_600_000,
                    tier: Tier::A,
                    local_guards: false,
                    limits: GuardLimits::default(),
                    request: (*request).clone(),
                };
                let (doc, verdict) =
                    guard::apply(&self.guard, &GuardRequest::Admit(Box::new(ask)), T0 + self.now as i64);
                let GuardVerdict::Admitted { fence, lease_until } = verdict else { panic!("{verdict:?}") };
                self.guard = doc;
                queue.push_front(EventKind::Admitted(Box::new(Admitted {
                    intent: request.intent,
                    fence,
                    lease_until,
                    change: request.change,
                    undoes: None,
                    approvals: Vec::new(),
                })));
            }
            Command::Act(order) => {
                let call = order.call().clone();
                self.procs[who].waits.push((call.send_by.max(self.now) + TIMEOUT, call.clone()));
                self.hands.push(Hand { by: who, call, checked: false });
            }
            Command::Settle { intent, result, vote, cool_down_ms } => {
                let epoch = self.procs[who].epoch;
                let run = "run-1".to_owned();
                let request = GuardRequest::Settle { run, epoch, intent, result, vote, cool_down_ms };
                self.guard = guard::apply(&self.guard, &request, T0 + self.now as i64).0;
                queue.push_back(EventKind::Settled { intent, result });
            }
            Command::Tell(order) => {
                let call = order.call().clone();
                queue.push_back(support::ended(&call, ok(), self.now));
            }
            Command::Close(report) => self.procs[who].closed = Some(*report),
            _ => {}
        }
    }

    fn holder(&self) -> usize {
        self.procs.len() - 1
    }

    /// Nothing of interest can happen any more.
    fn over(&self) -> bool {
        let settled = self.hands.is_empty() && self.net.is_empty() && self.answers.is_empty();
        let proc = &self.procs[self.holder()];
        let decided = proc.closed.is_some()
            || proc.run.state().intents.values().any(|i| i.stage == IntentStage::Applied && i.settled);
        settled && decided && !self.dead[self.holder()]
    }

    fn moves(&self) -> Vec<Move> {
        let mut all = Vec::new();
        for (i, hand) in self.hands.iter().enumerate() {
            if self.dead[hand.by] {
                continue;
            }
            if hand.checked {
                all.push(Move::Write(i));
            } else if self.now <= hand.call.send_by {
                all.push(Move::Send(i));
                if self.suspends {
                    all.push(Move::Check(i));
                }
            }
        }
        for i in 0..self.net.len() {
            all.push(Move::Land(i));
            all.push(Move::Lose(i));
        }
        for i in 0..self.answers.len() {
            all.push(Move::Answer(i));
            all.push(Move::LoseAnswer(i));
        }
        let asked = !self.procs[0].run.state().intents.is_empty();
        if self.procs.len() == 1 && asked {
            if self.dead[0] {
                all.push(Move::TakeOver(true));
            } else {
                all.push(Move::Die);
            }
            all.push(Move::TakeOver(false));
        }
        // Time stands still only for what must happen before.
        let due = self.net.iter().map(|(_, _, left)| left + TIMEOUT + IN_FLIGHT).min();
        let points = due.into_iter().chain(self.hands.iter().filter(|h| !h.checked).map(|h| h.call.send_by + 1)).chain(
            self.procs.iter().enumerate().filter(|(i, _)| !self.dead[*i]).flat_map(|(i, p)| {
                let wake = p.run.wake_at().filter(|_| i == self.holder());
                p.waits.iter().map(|(until, _)| *until).chain(wake)
            }),
        );
        if let Some(next) = points.filter(|at| *at > self.now).min()
            && due.is_none_or(|due| next <= due)
            && next <= if self.suspends { HANGING_HORIZON } else { HORIZON }
        {
            all.push(Move::Wait(next));
        }
        all
    }

    fn make(&mut self, m: &Move) {
        self.trace.push(format!("{} {m:?}", self.now));
        match *m {
            Move::Send(i) | Move::Write(i) => {
                let hand = self.hands.remove(i);
                self.net.push((hand.by, hand.call, self.now));
            }
            Move::Check(i) => self.hands[i].checked = true,
            Move::Land(i) => {
                let (by, call, _) = self.net.remove(i);
                let expects = call.change.as_ref().and_then(|c| c.args["expect"].as_u64());
                let applies = match self.class {
                    Class::Guarded => expects == Some(u64::from(self.version)),
                    _ => true,
                };
                if applies {
                    self.version += 1;
                    self.landed += 1;
                    self.keys.push(call.key.clone());
                }
                self.answers.push((by, call, applies));
            }
            Move::Lose(i) => {
                self.net.remove(i);
            }
            Move::Answer(i) => {
                let (by, call, applied) = self.answers.remove(i);
                if !self.dead[by] {
                    self.procs[by].waits.retain(|(_, c)| c.call != call.call);
                    let result =
                        if applied { ok() } else { CallResult::Err(error(ErrorClass::Conflict, Sent::Yes, true)) };
                    self.feed(by, support::ended(&call, result, self.now));
                }
            }
            Move::LoseAnswer(i) => {
                self.answers.remove(i);
            }
            Move::Die => self.dead[0] = true,
            Move::TakeOver(owner_dead) => {
                let mut run = Run::new(Arc::clone(&self.plan));
                for row in &self.rows {
                    run.step(row);
                }
                self.procs.push(Proc { run, epoch: 2, waits: Vec::new(), closed: None });
                let take = GuardRequest::Takeover { run: "run-1".to_owned(), epoch: 2, lease_ms: 3_600_000 };
                self.guard = guard::apply(&self.guard, &take, T0 + self.now as i64).0;
                let why = ClaimReason::Takeover;
                let claimed = Claimed { owner: "b".to_owned(), lease_until: 0, why, owner_dead };
                self.feed(1, EventKind::Claimed(claimed));
            }
            Move::Wait(until) => {
                self.now = until;
                // An order whose time to leave has passed is dropped by its process: it was not sent.
                let expired: Vec<Hand> =
                    self.hands.iter().filter(|h| !h.checked && h.call.send_by < self.now).cloned().collect();
                self.hands.retain(|h| h.checked || h.call.send_by >= self.now);
                for hand in expired {
                    if !self.dead[hand.by] {
                        self.procs[hand.by].waits.retain(|(_, c)| c.call != hand.call.call);
                        let result = CallResult::Err(error(ErrorClass::Transient, Sent::No, false));
                        self.feed(hand.by, support::ended(&hand.call, result, self.now));
                    }
                }
                for who in 0..self.procs.len() {
                    let due: Vec<ChangeCall> =
                        self.procs[who].waits.iter().filter(|(at, _)| *at <= until).map(|(_, c)| c.clone()).collect();
                    self.procs[who].waits.retain(|(at, _)| *at > until);
                    if self.dead[who] {
                        continue;
                    }
                    for call in due {
                        let result = CallResult::Err(error(ErrorClass::Uncertain, Sent::Maybe, false));
                        self.feed(who, support::ended(&call, result, self.now));
                    }
                }
                if !self.dead[self.holder()] {
                    self.feed(self.holder(), EventKind::Tick);
                }
            }
        }
    }

    fn id(&self) -> u64 {
        let mut h = DefaultHasher::new();
        for p in &self.procs {
            p.run.state().hash(&mut h);
            p.closed.is_some().hash(&mut h);
            for (at, c) in &p.waits {
                (at, c.call).hash(&mut h);
            }
        }
        self.dead.hash(&mut h);
        for hand in &self.hands {
            (hand.by, hand.call.call, hand.checked).hash(&mut h);
        }
        for (by, c, left) in &self.net {
            (by, c.call, left).hash(&mut h);
        }
        for (by, c, applied) in &self.answers {
            (by, c.call, applied).hash(&mut h);
        }
        (self.version, self.landed, self.now).hash(&mut h);
        h.finish()
    }
}

#[derive(Debug, Default)]
struct Found {
    states: usize,
    ends: usize,
    most_landed: u32,
    repeat: Option<Vec<String>>,
    healed: usize,
    doubts: usize,
}

/// Every state that can be reached, or up to the first repeat.
fn explore(start: Sim) -> Found {
    // Where the action declares less than the network does, or a process hangs, a report may be mistaken.
    let honest = start.honest;
    let mut found = Found::default();
    let mut seen = HashSet::from([start.id()]);
    let mut todo = vec![start];
    while let Some(sim) = todo.pop() {
        found.states += 1;
        assert!(found.states < 60_000, "too many states {found:?} {:#?}", sim.trace);
        found.most_landed = found.most_landed.max(sim.landed);
        if sim.landed > 1 {
            found.repeat = Some(sim.trace.clone());
            return found;
        }
        if sim.over() {
            found.ends += 1;
            let proc = &sim.procs[sim.holder()];
            match &proc.closed {
                Some(report) => {
                    // What it says of the world is so.
                    match report.world {
                        Left::Untouched => assert!(sim.landed == 0 || !honest, "{:#?}", sim.trace),
                        Left::Kept => assert_eq!(sim.landed, 1, "{:#?}", sim.trace),
                        _ => {
                            found.doubts += 1;
                            assert_eq!((report.exit_code, report.told), (25, Some(true)), "{:#?}", sim.trace);
                        }
                    }
                }
                None => {
                    found.healed += 1;
                    assert!(sim.landed >= 1, "{:#?}", sim.trace);
                }
            }
            continue;
        }
        for m in sim.moves() {
            let mut next = sim.clone();
            next.make(&m);
            if seen.insert(next.id()) {
                todo.push(next);
            }
        }
    }
    found
}

#[test]
fn a_guarded_change_is_never_repeated_whatever_happens() {
    // Not even where a process is suspended for as long as it likes, and the network is slower than declared.
    for (declared, suspends) in [(IN_FLIGHT, false), (0, true)] {
        let found = explore(Sim::new(Class::Guarded, declared, suspends));
        assert_eq!((found.most_landed, &found.repeat), (1, &None), "{found:#?}");
        assert!(found.ends > 50 && found.healed > 10, "{found:?}");
    }
}

#[test]
fn a_probed_change_is_never_repeated_unless_a_process_hangs_for_longer_than_the_quarantine() {
    let found = explore(Sim::new(Class::Probed, IN_FLIGHT, false));
    assert_eq!((found.most_landed, &found.repeat), (1, &None), "{found:#?}");
    assert!(found.ends > 50 && found.healed > 10, "{found:?}");
    // The stated exception is real: suspended between the look at the clock and the write.
    let found = explore(Sim::new(Class::Probed, IN_FLIGHT, true));
    let trace = found.repeat.expect("the exception");
    assert!(trace.iter().any(|m| m.contains("Check")) && trace.iter().any(|m| m.contains("Write")), "{trace:#?}");
}

#[test]
fn the_model_sees_a_quarantine_that_is_too_short() {
    let found = explore(Sim::new(Class::Probed, 0, false));
    assert!(found.repeat.is_some(), "an action that declares less than the network does must be caught");
}

#[test]
fn a_blind_change_is_never_repeated_and_its_doubt_is_never_silent() {
    for suspends in [false, true] {
        let found = explore(Sim::new(Class::Blind, IN_FLIGHT, suspends));
        assert_eq!((found.most_landed, &found.repeat), (1, &None), "{found:#?}");
        assert!(suspends || (found.doubts > 0 && found.healed > 0), "{found:?}");
    }
}
