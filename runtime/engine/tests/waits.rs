//! Approvals, freshness, resolves, signals, deadlines.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::command::Command;
use heal_engine::event::*;
use heal_engine::outcome::World as Left;
use heal_engine::run::Phase;
use heal_lang::catalogue::Class;
use heal_lang::plan::*;
use support::plans::{PlanBuilder, call, straight};
use support::*;

const MINUTE: u64 = 60_000;

fn asking() -> PlanBuilder {
    straight(Class::Probed).with_remediate("fix", |r| {
        r.approval = Some(Approval {
            when: None,
            groups: vec!["sre".to_owned()],
            people: Vec::new(),
            need: 1,
            within_ms: 15 * MINUTE,
            not_requester: false,
        });
    })
}

fn asked_world() -> World {
    World { approval: Some(Verdict::Yes), ..World::default() }
}

fn yes(lab: &Lab, by: &str, approve: bool) -> EventKind {
    let ask = lab.asked.last().expect("asked");
    EventKind::Decided(Decided {
        request: ask.request.clone(),
        by: by.to_owned(),
        groups: vec!["sre".to_owned()],
        method: "local".to_owned(),
        approve,
        fingerprint: ask.fingerprint.clone(),
    })
}

/// At a terminal: it waits instead of parking.
fn terminal(plan: PlanBuilder, world: World) -> Lab {
    let mut lab = Lab::new(plan.build(), world);
    let opened = Opened { park_after_ms: u64::MAX, ..opened() };
    lab.open(opened);
    lab
}

fn order(order: OrderKind) -> EventKind {
    EventKind::Ordered(Ordered { order, by: "ann".to_owned(), reason: String::new() })
}

#[test]
fn a_yes_is_used_once_on_fresh_evidence() {
    let mut lab = terminal(asking(), asked_world());
    lab.run_until(5 * MINUTE);
    assert_eq!(lab.asked.len(), 1);
    assert!(lab.world.landed.is_empty());
    let reads = |lab: &Lab| lab.run.view().nodes.iter().map(|n| n.attempts).sum::<u32>();
    let before = reads(&lab);
    lab.feed(yes(&lab, "bob", true));
    lab.go();
    assert_eq!(lab.outcome(), ("healed", 0));
    assert!(reads(&lab) >= before + 3, "detect and diagnose are read again");
    assert_eq!((lab.asked.len(), lab.world.landed.len(), lab.guard.used.len()), (1, 1, 1));
}

#[test]
fn without_a_terminal_it_parks_and_a_resume_uses_the_yes() {
    let mut lab = Lab::heal(asking().build(), asked_world());
    assert_eq!(lab.parked.as_ref().map(|p| p.1), Some(75));
    assert!(lab.is_phase(Phase::Parked));
    lab.parked = None;
    lab.resume(MINUTE, false);
    lab.go();
    assert_eq!(lab.parked.as_ref().map(|p| p.1), Some(75), "nobody has answered yet");
    assert_eq!(lab.asked.len(), 1, "asked once");
    lab.parked = None;
    lab.resume(MINUTE, false);
    let decided = yes(&lab, "bob", true);
    lab.feed(decided);
    lab.go();
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("healed", 0), 1));
}

#[test]
fn a_request_that_cannot_be_delivered_is_26() {
    let lab = Lab::heal(asking().build(), World { deaf: true, ..asked_world() });
    assert_eq!(lab.parked.as_ref().map(|p| p.1), Some(26));
}

#[test]
fn a_no_and_silence_are_refused() {
    let mut lab = terminal(asking(), asked_world());
    lab.run_until(MINUTE);
    lab.feed(yes(&lab, "bob", false));
    lab.go();
    assert_eq!((lab.outcome(), lab.exit("fix")), (("refused", 21), "refused"));
    assert_eq!(lab.world.told.len(), 1);

    let mut lab = terminal(asking(), asked_world());
    lab.go();
    assert_eq!(lab.outcome(), ("refused", 21));
    assert!(lab.closed.iter().flat_map(|c| &c.because).any(|b| b.kind == BecauseKind::ApprovalExpired));
    assert!(lab.world.landed.is_empty());
}

#[test]
fn strangers_the_requester_and_the_same_person_twice_do_not_count() {
    let plan = asking().with_remediate("fix", |r| {
        if let Some(a) = &mut r.approval {
            a.need = 2;
        }
    });
    let mut lab = terminal(plan, asked_world());
    lab.run_until(MINUTE);
    let EventKind::Decided(mut stranger) = yes(&lab, "eve", true) else { unreachable!() };
    stranger.groups.clear();
    lab.feed(EventKind::Decided(stranger));
    for by in ["ann", "bob", "bob"] {
        lab.feed(yes(&lab, by, true));
    }
    lab.run_until(2 * MINUTE);
    assert!(lab.world.landed.is_empty(), "one person so far");
    lab.feed(yes(&lab, "carl", true));
    lab.go();
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("healed", 0), 1));
}

#[test]
fn what_was_asked_for_and_is_no_longer_is_void_and_asked_again_at_most_twice() {
    let mut lab = terminal(asking(), asked_world());
    for round in 1..=3 {
        lab.run_until(lab.now + MINUTE);
        assert_eq!(lab.asked.len(), round);
        lab.world.revision += 1;
        lab.feed(yes(&lab, "bob", true));
    }
    lab.go();
    assert_eq!(lab.outcome(), ("refused", 21));
    assert_eq!((lab.asked.len(), lab.withdrawn.len(), lab.world.landed.len()), (3, 3, 0));
}

#[test]
fn a_quiet_detect_after_the_yes_withdraws_it() {
    let mut lab = terminal(asking(), asked_world());
    lab.run_until(MINUTE);
    lab.world.broken = false;
    lab.feed(yes(&lab, "bob", true));
    lab.go();
    assert_eq!((lab.outcome(), lab.exit("fix")), (("self_resolved", 0), "resolved"));
    assert_eq!((lab.withdrawn.len(), lab.world.landed.len(), lab.world.told.len()), (1, 0, 0));
}

#[test]
fn no_data_after_the_yes_keeps_waiting_until_the_request_expires() {
    let mut lab = terminal(asking(), asked_world());
    lab.run_until(MINUTE);
    lab.world.detect = Some(Verdict::NoData);
    lab.feed(yes(&lab, "bob", true));
    lab.run_until(5 * MINUTE);
    assert!(lab.closed.is_none() && lab.world.landed.is_empty());
    lab.world.detect = None;
    lab.go();
    assert_eq!(lab.outcome(), ("healed", 0));

    let mut lab = terminal(asking(), asked_world());
    lab.run_until(MINUTE);
    lab.world.detect = Some(Verdict::NoData);
    lab.feed(yes(&lab, "bob", true));
    lab.go();
    assert_eq!(lab.outcome(), ("refused", 21));
}

#[test]
fn a_resolved_incident_while_asking_is_confirmed_by_a_fresh_look() {
    let resolved = || EventKind::IncidentChanged(IncidentChanged { status: "resolved".to_owned() });
    let mut lab = terminal(asking(), asked_world());
    lab.run_until(MINUTE);
    lab.world.broken = false;
    lab.feed(resolved());
    lab.go();
    assert_eq!((lab.outcome(), lab.withdrawn.len()), (("self_resolved", 0), 1));

    // The alert resolved because its series vanished; the fault stands.
    let mut lab = terminal(asking(), asked_world());
    lab.run_until(MINUTE);
    lab.feed(resolved());
    lab.run_until(2 * MINUTE);
    assert!(lab.closed.is_none());
    lab.feed(yes(&lab, "bob", true));
    lab.go();
    assert_eq!(lab.outcome(), ("healed", 0));
}

#[test]
fn a_resolve_after_the_change_never_stops_verify_or_undoes() {
    for at in [400, 5_000, 9_000] {
        let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
        lab.open(opened());
        lab.run_until(at);
        lab.feed(EventKind::IncidentChanged(IncidentChanged { status: "resolved".to_owned() }));
        lab.go();
        assert_eq!((lab.outcome(), lab.world.undone.len()), (("healed", 0), 0), "at {at}");
    }
}

#[test]
fn autonomy_decides_how_far_it_goes() {
    let run = |autonomy, mode: &str| {
        let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
        lab.open(Opened { autonomy, mode: mode.to_owned(), park_after_ms: u64::MAX, ..opened() });
        lab.run_until(20 * MINUTE);
        lab
    };
    let lab = run(Autonomy::Observe, "simulated");
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("observed", 20), 0));
    let lab = run(Autonomy::Suggest, "simulated");
    assert_eq!((lab.outcome(), lab.world.landed.len(), lab.world.told.len()), (("suggested", 20), 0, 1));
    assert!(lab.closed.iter().flat_map(|c| &c.because).any(|b| b.text.contains("test.fix")));
    let lab = run(Autonomy::Approve, "simulated");
    assert_eq!((lab.outcome(), lab.asked.len()), (("refused", 21), 1));
    let lab = run(Autonomy::Act, "plan");
    assert_eq!((lab.outcome(), lab.world.landed.len(), lab.world.told.len()), (("suggested", 20), 0, 0));
}

/// A plan whose deadline is that short, in an environment that demands an approval.
fn demanded(deadline_ms: u64, written: bool) -> Lab {
    let plan = straight(Class::Probed).with(|plan| {
        plan.limits.deadline_ms = deadline_ms;
        plan.limits.deadline_written = written;
    });
    let mut lab = Lab::new(plan.build(), World::default());
    lab.open(Opened { autonomy: Autonomy::Approve, park_after_ms: u64::MAX, ..opened() });
    lab
}

#[test]
fn a_deadline_that_nobody_wrote_leaves_a_person_the_time_to_answer() {
    let mut lab = demanded(5 * MINUTE, false);
    lab.run_until(14 * MINUTE);
    assert!(lab.asked[0].until >= 15 * MINUTE, "{:?}", lab.asked);
    lab.feed(yes(&lab, "bob", true));
    lab.go();
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("healed", 0), 1));
}

#[test]
fn a_request_ends_while_its_change_still_fits_into_a_written_deadline() {
    let mut answered = demanded(5 * MINUTE, true);
    answered.run_until(MINUTE);
    assert!(answered.asked[0].until < 2 * MINUTE, "the change, its verify and page need over three minutes");
    answered.feed(yes(&answered, "bob", true));
    answered.go();
    assert_eq!((answered.outcome(), answered.world.landed.len()), (("healed", 0), 1));

    let mut late = demanded(5 * MINUTE, true);
    late.run_until(6 * MINUTE);
    assert_eq!((late.outcome(), late.world.landed.len()), (("refused", 21), 0));
}

#[test]
fn nobody_is_asked_where_no_answer_could_come_in_time() {
    let mut lab = demanded(3 * MINUTE, true);
    lab.run_until(4 * MINUTE);
    assert_eq!((lab.outcome(), lab.asked.len(), lab.world.landed.len()), (("not_healed", 20), 0, 0));
}

#[test]
fn a_lock_is_waited_for_as_long_as_written() {
    let held = |lab: &mut Lab, until: i64| {
        let lock = heal_engine::guard::Lock { run: "other".to_owned(), fence: 1, until: T0 + until };
        lab.guard.locks.insert("thing/0".to_owned(), lock);
    };
    let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
    held(&mut lab, 10_000);
    lab.open(opened());
    lab.go();
    assert_eq!((lab.outcome(), lab.world.told.len()), (("blocked", 23), 0), "the run that holds it speaks");

    let plan = || straight(Class::Probed).with(|p| p.limits.lock_wait_ms = 30_000).build();
    let mut lab = Lab::new(plan(), World::default());
    held(&mut lab, 10_000);
    lab.open(opened());
    lab.go();
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("healed", 0), 1));
    let mut lab = Lab::new(plan(), World::default());
    held(&mut lab, 100_000);
    lab.open(opened());
    lab.go();
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("blocked", 23), 0));
}

#[test]
fn no_change_starts_that_could_not_end_before_the_deadline() {
    let plan = straight(Class::Probed).with(|p| p.limits.deadline_ms = 100_000).build();
    let lab = Lab::heal(plan, World::default());
    assert_eq!((lab.outcome(), lab.exit("fix")), (("not_healed", 20), "deadline"));
    assert!(lab.closed.iter().flat_map(|c| &c.because).any(|b| b.kind == BecauseKind::DeadlineTooNear));
    assert_eq!((lab.world.landed.len(), lab.world.told.len()), (0, 1));
    // Bounds say exactly: one millisecond decides.
    for (deadline, healed) in [(50_000, true), (49_000, false)] {
        let plan = straight(Class::Probed).with(|p| {
            p.limits.deadline_ms = deadline;
            p.bounds.steps = vec![StepBound { admit_ms: 49_800, ..StepBound::default() }; 4];
        });
        let lab = Lab::heal(plan.build(), World::default());
        assert_eq!(lab.outcome().0 == "healed", healed, "{deadline} {:?}", lab.outcome());
    }
}

#[test]
fn the_deadline_ends_reads_and_tells() {
    let plan = straight(Class::Probed).with(|p| p.limits.deadline_ms = 60_000).build();
    let lab = Lab::heal(plan, World { read_ms: 500_000, ..World::default() });
    assert_eq!((lab.outcome(), lab.world.told.len()), (("no_data", 22), 1));
    assert!(lab.now <= 60_000);
}

#[test]
fn a_signal_leaves_the_run_open_and_says_what_is_left() {
    // Before a change; while it is out; while it is verified.
    for (at, deed, code) in [(60, None, 130), (300, Some(Deed::Ok(9_000)), 25), (5_000, None, 24)] {
        let mut lab = Lab::new(
            straight(Class::Probed).build(),
            World { deeds: deed.clone().into_iter().collect(), ..World::default() },
        );
        lab.open(opened());
        lab.run_until(at);
        lab.feed(order(OrderKind::Shutdown));
        lab.go();
        assert_eq!(lab.parked.as_ref().map(|p| p.1), Some(code), "at {at}");
        assert!(lab.now <= at + 5_000, "within five seconds");
        assert!(lab.world.told.len() <= 1 && lab.world.undone.is_empty());
        lab.resume(1_000, true);
        lab.go();
        assert_eq!((lab.outcome(), lab.world.landed.len()), (("healed", 0), 1), "at {at}");
    }
}

#[test]
fn a_signal_whose_page_nobody_hears_is_26_and_does_not_count_for_the_end() {
    let mut lab = Lab::new(straight(Class::Probed).build(), World { deaf: true, ..World::default() });
    lab.open(opened());
    lab.run_until(5_000);
    lab.feed(order(OrderKind::Shutdown));
    lab.go();
    assert_eq!(lab.parked.as_ref().map(|p| p.1), Some(26));

    // Heard at the signal, unheard at the end: nobody knows how it ended.
    let mut lab = Lab::new(straight(Class::Probed).build(), World { remedies: vec![], ..World::default() });
    lab.open(opened());
    lab.run_until(5_000);
    lab.feed(order(OrderKind::Shutdown));
    lab.go();
    assert_eq!((lab.parked.as_ref().map(|p| p.1), lab.world.told.len()), (Some(24), 1));
    lab.world.deaf = true;
    lab.resume(1_000, true);
    lab.go();
    assert_eq!((lab.outcome(), lab.closed.as_ref().and_then(|c| c.told)), (("not_healed", 26), Some(false)));
}

#[test]
fn a_lost_state_file_calls_a_person_once_a_fault_was_seen() {
    for (at, pages) in [(20, 0), (60, 1), (5_000, 1)] {
        let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
        lab.open(opened());
        lab.run_until(at);
        let landed = lab.world.landed.len();
        lab.feed(order(OrderKind::StateLost));
        lab.go();
        assert!(lab.parked.is_some() && lab.now <= at + 5_000, "at {at}");
        assert_eq!((lab.world.told.len(), lab.world.landed.len()), (pages, landed), "at {at}");
    }
}

#[test]
fn a_cancel_ends_what_is_open_and_starts_nothing() {
    for (at, outcome, landed) in [(60, ("cancelled", 130), 0), (350, ("healed", 0), 1), (5_000, ("healed", 0), 1)] {
        let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
        lab.open(opened());
        lab.run_until(at);
        lab.feed(order(OrderKind::Cancel));
        lab.go();
        assert_eq!((lab.outcome(), lab.world.landed.len()), (outcome, landed), "at {at}");
    }
}

#[test]
fn a_freeze_stops_changes_and_undo() {
    let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
    lab.open(opened());
    lab.run_until(60);
    lab.feed(order(OrderKind::Freeze));
    lab.go();
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("blocked", 23), 0));

    let mut lab = Lab::new(straight(Class::Probed).build(), World { guards: Verdict::No, ..World::default() });
    lab.open(opened());
    lab.run_until(2_000);
    lab.feed(order(OrderKind::Freeze));
    lab.go();
    assert_eq!((lab.outcome(), lab.world.undone.len()), (("unsafe", 25), 0));
    assert_eq!(lab.closed.as_ref().map(|c| c.world), Some(Left::Kept));
}

#[test]
fn who_lost_the_lease_sends_nothing_more() {
    let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
    lab.open(opened());
    lab.run_until(300);
    lab.feed(EventKind::LeaseLost);
    assert!(lab.is_phase(Phase::Fenced));
    let before = lab.notes.len();
    for _ in 0..5 {
        let Some((_, kind)) = lab.inbox.pop_first() else { break };
        let event = Event { v: 1, run: "run-1".into(), seq: 99, at: 0, now: 400, epoch: 1, kind };
        let commands = lab.run.step(&event);
        assert!(commands.iter().all(|c| matches!(c, Command::Note(_) | Command::Settle { .. })), "{commands:?}");
    }
    assert!(lab.notes.len() >= before);
    assert_eq!(lab.run.wake_at(), None);
}

#[test]
fn a_guard_store_that_never_confirms_leaves_the_world_dirty() {
    let mut lab = Lab::new(straight(Class::Probed).build(), World::default());
    lab.mute_guard = true;
    lab.open(opened());
    lab.go();
    assert_eq!(lab.outcome(), ("unsafe", 25));
}

#[test]
fn an_undo_that_meets_somebody_else_overwrites_nobody() {
    let plan = || {
        straight(Class::Probed).with_verify("up", |v| {
            v.handlers.insert(Exit::NotFixed, vec![HandlerOp::Undo, HandlerOp::Escalate]);
        })
    };
    let w = World { remedies: vec![], undo_deeds: [Deed::Conflict].into(), ..World::default() };
    let lab = Lab::heal(plan().build(), w);
    assert_eq!((lab.outcome(), lab.world.undone.len()), (("inconclusive", 24), 0));
    assert!(lab.closed.iter().flat_map(|c| &c.because).any(|b| b.kind == BecauseKind::UndoConflict));
    let w = World { remedies: vec![], undo_deeds: [Deed::Permanent].into(), ..World::default() };
    let lab = Lab::heal(plan().build(), w);
    assert_eq!(lab.outcome(), ("unsafe", 25));
    assert!(lab.closed.iter().flat_map(|c| &c.because).any(|b| b.kind == BecauseKind::UndoFailed));
}

#[test]
fn the_blast_radius_is_checked_again_right_before_the_change() {
    for (most, fan_out, outcome) in [(1, 1, "healed"), (1, 2, "refused"), (0, 1, "refused"), (2, 2, "healed")] {
        let plan = straight(Class::Probed).with(|p| {
            p.limits.blast_radius.insert("thing".to_owned(), most);
        });
        let lab = Lab::heal(plan.build(), World { fan_out, ..World::default() });
        assert_eq!(lab.outcome().0, outcome, "{most} {fan_out}");
    }
}

#[test]
fn a_reading_that_fails_for_good_leaves_the_judgement_without_it() {
    let reads = std::iter::repeat_n(Err(error(ErrorClass::Transient, Sent::Yes, false)), 3).collect();
    let lab = Lab::heal(straight(Class::Probed).build(), World { reads, ..World::default() });
    // The scripted driver judges all the same.
    assert_eq!((lab.outcome(), lab.run.view().nodes.first().map(|n| n.attempts)), (("healed", 0), Some(3)));
    assert!(lab.now > 3_000, "it waited one and two seconds");
}

#[test]
fn a_hint_that_does_not_fit_ends_the_step() {
    let w = World { deeds: [Deed::NotSent(Some(55_000))].into(), ..World::default() };
    let lab = Lab::heal(straight(Class::Probed).build(), w);
    assert_eq!((lab.outcome(), lab.exit("fix")), (("not_healed", 20), "failed"));
    assert!(lab.now < 2_000, "it did not wait for nothing");
}

#[test]
fn two_independent_changes_never_overlap_and_the_second_looks_again() {
    let plan = PlanBuilder::new()
        .detect("down")
        .remediate("a", vec![call("test.a", Class::Probed)])
        .remediate("b", vec![call("test.b", Class::Probed)])
        .verify("up", &["a", "b"]);
    let w = World { remedies: vec!["test.a".to_owned()], ..World::default() };
    let lab = Lab::heal(plan.build(), w);
    // The first one fixed it: the second finds nothing to do.
    assert_eq!((lab.outcome(), lab.exit("a"), lab.exit("b")), (("healed", 0), "changed", "resolved"));
    assert_eq!(lab.world.landed.len(), 1);
}
