//! `step` is total and deterministic: any event in any state, the same events the same commands.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::command::{CallId, CallKind, Command, IntentId, Purpose};
use heal_engine::event::*;
use heal_engine::mode::{Live, Mode, Model, Preview};
use heal_engine::run::{Phase, Run};
use heal_engine::{commands_hash, outcome};
use heal_lang::catalogue::{Class, Risk};
use heal_lang::plan::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use support::plans::{call, laddered, straight};
use support::*;

fn plans() -> Vec<Arc<Plan>> {
    let ask = |r: &mut Remediate| {
        r.approval = Some(Approval {
            when: None,
            groups: Vec::new(),
            people: Vec::new(),
            need: 1,
            within_ms: 60_000,
            not_requester: false,
        });
    };
    let undo = |v: &mut Verify| {
        v.handlers.insert(Exit::NotFixed, vec![HandlerOp::Undo, HandlerOp::Tell(plans_tell()), HandlerOp::Escalate]);
    };
    vec![
        straight(Class::Probed).build(),
        straight(Class::Blind).with_verify("up", undo).build(),
        straight(Class::Guarded).with_remediate("fix", ask).build(),
        straight(Class::Probed)
            .with_remediate("fix", |r| r.calls.push(call("test.second", Class::Probed)))
            .with_verify("up", |v| v.until = None)
            .build(),
        laddered(Class::Probed).with(|p| p.limits.lock_wait_ms = 5_000).build(),
    ]
}

fn plans_tell() -> TellCall {
    support::plans::tell("test.say")
}

fn errors() -> Vec<CallResult> {
    let mut all = vec![ok()];
    for class in [
        ErrorClass::Transient,
        ErrorClass::Throttled,
        ErrorClass::Permanent,
        ErrorClass::Denied,
        ErrorClass::Conflict,
        ErrorClass::Uncertain,
    ] {
        for sent in [Sent::No, Sent::Yes, Sent::Maybe] {
            for definite in [false, true] {
                all.push(CallResult::Err(error(class, sent, definite)));
            }
        }
    }
    for probe in [ProbeAnswer::Applied, ProbeAnswer::NotApplied, ProbeAnswer::Conflict, ProbeAnswer::Unknown] {
        all.push(CallResult::Ok {
            facts: Facts::new(),
            digest: String::new(),
            newest_sample_age_ms: None,
            unchanged: probe == ProbeAnswer::Conflict,
            probe: Some(probe),
        });
    }
    all
}

fn change() -> ResolvedChange {
    ResolvedChange {
        call: 0,
        item: 0,
        action: "test.fix".to_owned(),
        effect: heal_lang::catalogue::Effect::Change,
        class: Class::Probed,
        target: "thing/0".to_owned(),
        noun: Some("thing".to_owned()),
        summary: "fix".to_owned(),
        args: serde_json::Value::Null,
        before: serde_json::Value::Null,
        undo: vec![ResolvedUndo {
            action: "test.undo".to_owned(),
            class: Class::Probed,
            summary: "back".to_owned(),
            args: serde_json::Value::Null,
        }],
        baseline: Facts::new(),
        read_lag_ms: 100,
        max_in_flight_ms: 100,
        tells: false,
    }
}

fn handed(node: u32, settled: Option<SettledAs>) -> HandedOver {
    let change = HandedChange {
        intent: IntentId(1),
        node: NodeId(node),
        change: Box::new(change()),
        fence: 1,
        send_by: 2_000,
        settled,
        undo: outcome::UndoEnd::NotRun,
    };
    HandedOver { from: 9, changes: vec![change], owner_dead: true }
}

fn polled(node: u32) -> Polled {
    Polled {
        node: NodeId(node),
        next: 5_000,
        polled: 4_000,
        polls: 3,
        attempts: 3,
        next_call: 9,
        samples: vec![PolledSample { at: 4_000, polled: 4_000, good: Some(true) }],
        good_since: Some(4_000),
        bad_guards: 0,
        because: "it holds".to_owned(),
        digest: String::new(),
        read_errors: Vec::new(),
    }
}

/// Every kind of event, about things that may exist or not.
fn vocabulary() -> Vec<EventKind> {
    let mut all = vec![
        EventKind::Opened(Box::new(opened())),
        EventKind::LeaseLost,
        EventKind::Tick,
        EventKind::HandedOver(Box::new(handed(2, None))),
        EventKind::HandedOver(Box::new(handed(77, Some(SettledAs::Applied)))),
        EventKind::Polled(Box::new(polled(3))),
        EventKind::Polled(Box::new(polled(77))),
        EventKind::Claimed(Claimed { owner: "x".into(), lease_until: 0, why: ClaimReason::Fresh, owner_dead: false }),
        EventKind::Claimed(Claimed { owner: "x".into(), lease_until: 0, why: ClaimReason::Takeover, owner_dead: true }),
    ];
    for status in ["firing", "resolved", "refired"] {
        all.push(EventKind::IncidentChanged(IncidentChanged { status: status.into() }));
    }
    for order in [OrderKind::Cancel, OrderKind::Freeze, OrderKind::Unfreeze, OrderKind::Shutdown] {
        all.push(EventKind::Ordered(Ordered { order, by: "x".into(), reason: String::new() }));
    }
    for approve in [false, true] {
        all.push(EventKind::Decided(Decided {
            request: "r".into(),
            by: "x".into(),
            groups: Vec::new(),
            method: "local".into(),
            approve,
            fingerprint: "fix r1".into(),
        }));
    }
    for intent in [1, 2, 99].map(IntentId) {
        for result in [SettledAs::Applied, SettledAs::Verdict] {
            all.push(EventKind::Settled { intent, result });
        }
        all.push(EventKind::Admitted(Box::new(Admitted {
            intent,
            fence: 1,
            lease_until: 0,
            change: Box::new(change()),
            undoes: None,
            approvals: vec!["r".into()],
        })));
        for kind in [BecauseKind::LockHeld, BecauseKind::BreakerOpen, BecauseKind::ApprovalVoid] {
            let because = Because::new(kind, "no");
            all.push(EventKind::Denied(Denied { intent, because, retry_after_ms: None }));
        }
    }
    for node in [0, 1, 2, 3, 77].map(NodeId) {
        for purpose in [Purpose::Detect, Purpose::Rank, Purpose::When, Purpose::Sample] {
            for verdict in [Verdict::Yes, Verdict::No, Verdict::NoData, Verdict::Error] {
                all.push(EventKind::Judged(Box::new(Judged {
                    node,
                    purpose,
                    verdict,
                    causes: vec![cause("a", f64::NAN, verdict), cause("b", 2.0, Verdict::NoData)],
                    confidence: None,
                    because: "b".into(),
                    skip: false,
                    facts: Facts::new(),
                    digest: String::new(),
                    sample: None,
                })));
            }
        }
        let stops = [
            None,
            Some(Stop::Skip("s".into())),
            Some(Stop::Refuse("s".into())),
            Some(Stop::Block("s".into())),
            Some(Stop::Fail(error(ErrorClass::Denied, Sent::No, false))),
        ];
        for stop in stops {
            for approval in [None, Some(Verdict::Yes)] {
                all.push(EventKind::Resolved(Box::new(Resolved {
                    node,
                    changes: vec![change()],
                    stop: stop.clone(),
                    fingerprint: "fix r1".into(),
                    radius: Default::default(),
                    risk: Risk::Low,
                    approval,
                    locks: Vec::new(),
                })));
            }
        }
    }
    for call in [1, 2, 3, 4, 5, 6, 99].map(CallId) {
        for kind in [CallKind::Read, CallKind::Change, CallKind::Probe, CallKind::Tell, CallKind::Ask] {
            for result in errors() {
                all.push(EventKind::CallEnded(Box::new(CallEnded {
                    call,
                    kind,
                    node: Some(NodeId(2)),
                    intent: Some(IntentId(1)),
                    attempt: 1,
                    result,
                    sent_at: None,
                    queued_ms: 0,
                    late: call.0 == 99,
                })));
            }
        }
    }
    all
}

fn event<M: Mode>(run: &Run<M>, kind: EventKind, at: u64, epoch: u64) -> Event {
    let seq = run.state().seq + 1;
    Event { v: 1, run: "run-1".into(), seq, at: 0, now: at, epoch, kind }
}

/// What must hold of any commands in any state.
fn sound<M: Mode>(run: &Run<M>, before: Phase, commands: &[Command<M>]) {
    let closes = commands.iter().filter(|c| matches!(c, Command::Close(_))).count();
    assert!(closes <= 1);
    if before == Phase::Closed {
        assert_eq!(run.phase(), Phase::Closed, "closed is final");
    }
    if before == Phase::Fenced && run.phase() == Phase::Fenced {
        assert!(commands.iter().all(|c| matches!(c, Command::Note(_) | Command::Settle { .. })), "{commands:?}");
    }
    if let Some(report) = &run.state().report {
        let zero = report.exit_code == 0;
        let touched = report.verdict.world != outcome::World::Untouched;
        let fixed = report.verdict.world == outcome::World::Kept && report.verdict.verify == outcome::VerifyFold::Fixed;
        assert!(!zero || !touched || fixed, "{report:?}");
    }
}

/// The states of whole runs: after every row of their journals, in several worlds.
fn states() -> Vec<Run<Model>> {
    let mut all = Vec::new();
    for plan in plans() {
        let worlds = [
            World { approval: Some(Verdict::Yes), ..World::default() },
            World { remedies: vec![], ..World::default() },
            World { guards: Verdict::No, ..World::default() },
            World { deeds: [Deed::Lost(None)].into(), ..World::default() },
            World { deeds: [Deed::NotSent(None), Deed::Conflict].into(), ..World::default() },
        ];
        for world in worlds {
            let lab = Lab::heal(Arc::clone(&plan), world);
            let mut run = Run::new(Arc::clone(&plan));
            all.push(run.clone());
            for (event, _) in &lab.journal {
                run.step(event);
                all.push(run.clone());
            }
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|r| {
        // Sampling and waiting differ only in times: one of each shape is enough here.
        let state = r.state();
        let stages: Vec<String> = state.nodes.iter().map(|n| shape(&format!("{:?}", n.stage))).collect();
        let intents: Vec<String> = state.intents.values().map(|i| shape(&format!("{:?}", i.stage))).collect();
        seen.insert((r.plan().steps.len(), format!("{:?} {stages:?} {intents:?} {}", state.phase, state.calls.len())))
    });
    all
}

fn shape(debug: &str) -> String {
    debug.split('(').next().unwrap_or_default().to_owned()
}

#[test]
fn any_event_in_any_state() {
    let states = states();
    let events = vocabulary();
    assert!(states.len() > 60, "{}", states.len());
    let mut ignored = 0;
    let mut pairs = 0;
    for state in &states {
        for kind in &events {
            let mut run = state.clone();
            let before = run.phase();
            let now = run.state().now + 10;
            let epoch = run.state().epoch + u64::from(matches!(kind, EventKind::Claimed(_)));
            let e = event(&run, kind.clone(), now, epoch);
            let commands = run.step(&e);
            sound(&run, before, &commands);
            pairs += 1;
            ignored += usize::from(
                commands.iter().any(|c| matches!(c, Command::Note(n) if n.what == "ignored" || n.what == "late")),
            );
            // A tick later it still stands.
            let later = run.wake_at().unwrap_or(now + 1);
            let before = run.phase();
            let e = event(&run, EventKind::Tick, later, epoch);
            let commands = run.step(&e);
            sound(&run, before, &commands);
        }
    }
    assert!(pairs > 40_000 && ignored > pairs / 2, "{pairs} pairs, {ignored} ignored");
}

#[test]
fn a_state_serialises_and_hashes() {
    fn is<T: Clone + Eq + std::hash::Hash + serde::Serialize>(_: &T) {}
    for run in states() {
        is(run.state());
        assert!(serde_json::to_string(run.state()).is_ok());
        assert!(serde_json::to_string(&run.view()).is_ok());
    }
}

#[test]
fn the_engine_decides_alike_in_every_mode_that_acts() {
    let lab = Lab::heal(straight(Class::Probed).build(), World::default());
    let mut live: Run<Live> = Run::new(Arc::clone(&lab.plan));
    for (event, hash) in &lab.journal {
        assert_eq!(commands_hash(&live.step(event)), *hash);
    }
    // A preview given the same events has nothing to act with, and says so.
    let mut preview: Run<Preview> = Run::new(Arc::clone(&lab.plan));
    for (event, _) in &lab.journal {
        let commands = preview.step(event);
        assert!(!commands.iter().any(|c| matches!(c, Command::Admit(_))));
    }
    assert!(preview.view().nodes.iter().any(|n| n.exit == Some(Exit::Refused)));
}

#[test]
fn a_tick_without_a_command_changes_nothing_that_matters() {
    for plan in plans() {
        let world = World { approval: Some(Verdict::Yes), ..World::default() };
        let lab = Lab::heal(Arc::clone(&plan), world);
        // The lab drops such ticks; here they are put back in between, and the commands stay the same.
        let mut run: Run<Model> = Run::new(plan);
        for (event, hash) in &lab.journal {
            let quiet = Event { kind: EventKind::Tick, seq: run.state().seq, now: run.state().now, ..event.clone() };
            if run.phase() != Phase::New {
                assert!(run.step(&quiet).is_empty());
            }
            assert_eq!(commands_hash(&run.step(event)), *hash);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Random events, random times: no panic, the same commands twice, no more than one change out at a time.
    #[test]
    fn the_same_events_give_the_same_commands(
        plan in 0..5usize,
        moves in prop::collection::vec((any::<prop::sample::Index>(), 0..30_000u64), 1..120),
    ) {
        let plan = plans().remove(plan);
        let events = vocabulary();
        let mut a: Run<Model> = Run::new(Arc::clone(&plan));
        let mut b: Run<Model> = Run::new(plan);
        let mut now = 0;
        let first = event(&a, EventKind::Opened(Box::new(opened())), 0, 1);
        a.step(&first);
        b.step(&first);
        for (index, wait) in moves {
            now += wait;
            let kind = index.get(&events).clone();
            let epoch = a.state().epoch + u64::from(matches!(kind, EventKind::Claimed(_)) && wait % 3 == 0);
            let e = event(&a, kind, now, epoch);
            let before = a.phase();
            let (x, y) = (a.step(&e), b.step(&e));
            prop_assert_eq!(commands_hash(&x), commands_hash(&y));
            sound(&a, before, &x);
            prop_assert!(x.iter().filter(|c| matches!(c, Command::Act(_))).count() <= 1);
            prop_assert_eq!(a.state(), b.state());
            let out = a.state().intents.values().filter(|i| !i.stage.is_over()).count();
            prop_assert!(out <= 1, "{} intents at once", out);
        }
    }
}

/// A random world: whatever it does, the run ends, and what it says is true.
fn worlds() -> impl Strategy<Value = World> {
    let deed = prop_oneof![
        3 => (10..9_000u64).prop_map(Deed::Ok),
        1 => Just(Deed::Unchanged),
        2 => prop::option::of(0..20_000u64).prop_map(Deed::NotSent),
        1 => Just(Deed::Permanent),
        1 => Just(Deed::Denied),
        1 => Just(Deed::Conflict),
        2 => prop::option::of(0..12_000u64).prop_map(Deed::Lost),
        1 => prop::option::of(0..12_000u64).prop_map(Deed::Silent),
    ];
    let verdict = prop_oneof![4 => Just(None), 1 => Just(Some(Verdict::NoData)), 1 => Just(Some(Verdict::No))];
    let deeds = || prop::collection::vec(deed.clone(), 0..5);
    (deeds(), deeds(), verdict.clone(), verdict, 0..4u8, 0..3usize, any::<bool>(), 0..8_000u64).prop_map(
        |(deeds, undo_deeds, until, detect, remedies, undos, deaf, lag)| World {
            deeds: deeds.into(),
            undo_deeds: undo_deeds.into(),
            until,
            detect: detect.filter(|v| *v == Verdict::NoData),
            remedies: match remedies {
                0 => vec![],
                1 => vec!["test.hard".to_owned()],
                _ => World::default().remedies,
            },
            undos,
            deaf,
            lag,
            ..World::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the world does and wherever the process dies: the run ends, no change is repeated, and a success is one.
    #[test]
    fn whatever_happens_the_end_is_true(
        plan in 0..5usize,
        world in worlds(),
        cuts in prop::collection::vec((1..40usize, any::<bool>()), 0..3),
        later in 100..30_000u64,
    ) {
        let plan = plans().remove(plan);
        let blind = plan.steps.iter().any(|s| matches!(&s.body,
            StepBody::Remediate(r) if r.calls.iter().any(|c| c.class == Class::Blind)));
        let mut lab = Lab::new(plan, world);
        let mut cuts = cuts.into_iter();
        lab.cut = cuts.next();
        lab.open(opened());
        lab.go();
        while lab.dead {
            let after = lab.journal.len();
            let next = cuts.next().map(|(row, carried)| (after + row, carried));
            lab.resume_with(later, true, next);
            lab.go();
        }
        prop_assert!(lab.parked.is_some() || lab.closed.is_some());
        lab.now += 100_000;
        lab.run_until(lab.now);
        // No key ever lands twice, and no action lands twice while its first time was not undone or judged.
        let mut keys = BTreeSet::new();
        for (_, _, key) in lab.world.landed.iter().chain(&lab.world.undone) {
            prop_assert!(keys.insert(key.clone()), "repeated {key}");
        }
        let Some(report) = lab.closed.clone() else { return Ok(()) };
        if report.exit_code == 0 && report.world == outcome::World::Kept {
            prop_assert!(!lab.world.broken, "{:#?}", lab.run.view());
        }
        if report.world == outcome::World::Untouched {
            prop_assert!(lab.world.landed.is_empty(), "{:?} {:#?}", lab.world.landed, lab.run.view());
        }
        if report.world == outcome::World::Undone && !blind {
            prop_assert!(!lab.world.undone.is_empty());
        }
        let quiet = matches!(report.exit_code, 0 | 130) || report.outcome == outcome::Outcome::Blocked;
        prop_assert!(quiet || report.told.is_some(), "{report:?}");
        prop_assert!(lab.guard.locks.is_empty(), "{:?}", lab.guard.locks);
    }
}
