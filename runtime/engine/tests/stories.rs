//! Whole runs against a scripted world.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::event::*;
use heal_engine::run::IntentStage;
use heal_lang::catalogue::Class;
use heal_lang::plan::*;
use support::plans::{call, laddered, straight};
use support::*;

fn world() -> World {
    World::default()
}

#[test]
fn a_fault_is_detected_explained_changed_and_verified() {
    let lab = Lab::heal(straight(Class::Probed).build(), world());
    assert_eq!(lab.outcome(), ("healed", 0));
    assert_eq!(lab.world.landed.len(), 1);
    assert!(lab.world.told.is_empty());
    assert_eq!(
        (lab.exit("down"), lab.exit("cause"), lab.exit("fix"), lab.exit("up")),
        ("fired", "found", "changed", "fixed")
    );
    assert!(lab.guard.open.is_empty() && lab.guard.locks.is_empty());
}

#[test]
fn nothing_fires_and_nothing_happens() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { broken: false, ..world() });
    assert_eq!(lab.outcome(), ("healthy", 0));
    assert!(lab.world.landed.is_empty() && lab.world.told.is_empty());
}

#[test]
fn no_data_is_not_healthy() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { detect: Some(Verdict::NoData), ..world() });
    assert_eq!(lab.outcome(), ("no_data", 22));
    assert_eq!(lab.world.told.len(), 1);
}

#[test]
fn a_remedy_that_does_not_help_is_kept_and_a_person_called() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { remedies: vec![], ..world() });
    assert_eq!(lab.outcome(), ("not_healed", 20));
    assert_eq!((lab.exit("up"), lab.world.told.len(), lab.world.undone.len()), ("not_fixed", 1, 0));
}

#[test]
fn undo_follows_where_the_playbook_says_so() {
    let plan = straight(Class::Probed).with_verify("up", |v| {
        v.handlers.insert(Exit::NotFixed, vec![HandlerOp::Undo, HandlerOp::Escalate]);
    });
    let lab = Lab::heal(plan.build(), World { remedies: vec![], ..world() });
    assert_eq!(lab.outcome(), ("not_healed", 20));
    let report = lab.closed.as_ref().map(|c| c.world);
    assert_eq!(report, Some(heal_engine::outcome::World::Undone));
    assert_eq!((lab.world.landed.len(), lab.world.undone.len(), lab.world.told.len()), (1, 1, 1));
    assert!(lab.guard.open.is_empty() && lab.guard.locks.is_empty(), "{:#?}", lab.guard);
}

#[test]
fn a_guard_that_fails_twice_undoes_at_once() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { guards: Verdict::No, ..world() });
    assert_eq!(lab.outcome(), ("unsafe", 25));
    assert_eq!((lab.exit("up"), lab.world.undone.len(), lab.world.told.len()), ("worse", 1, 1));
}

#[test]
fn blind_after_the_change_keeps_it() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { until: Some(Verdict::NoData), ..world() });
    assert_eq!(lab.outcome(), ("inconclusive", 24));
    assert_eq!((lab.exit("up"), lab.world.undone.len(), lab.world.told.len()), ("cannot_tell", 0, 1));
}

#[test]
fn two_causes_too_close_are_for_a_person() {
    let causes = vec![cause("bad", 0.95, Verdict::Yes), cause("other", 0.90, Verdict::NoData)];
    let mut w = World { causes, ..world() };
    w.when.insert("fix".to_owned(), Verdict::No);
    let lab = Lab::heal(straight(Class::Probed).build(), w);
    assert_eq!(lab.outcome(), ("not_healed", 20));
    assert_eq!(lab.exit("cause"), "undecided");
    assert!(lab.closed.iter().flat_map(|c| &c.because).any(|b| b.kind == BecauseKind::Ambiguous));
    assert!(lab.world.landed.is_empty());
}

#[test]
fn an_undelivered_page_is_26() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { remedies: vec![], deaf: true, ..world() });
    assert_eq!(lab.outcome(), ("not_healed", 26));
    assert_eq!(lab.closed.as_ref().and_then(|c| c.told), Some(false));
}

#[test]
fn a_call_that_was_not_sent_is_tried_again() {
    let deeds = [Deed::NotSent(None), Deed::NotSent(Some(3_000)), Deed::Ok(100)].into();
    let lab = Lab::heal(straight(Class::Probed).build(), World { deeds, ..world() });
    assert_eq!(lab.outcome(), ("healed", 0));
    assert_eq!(lab.world.landed.len(), 1);
    assert_eq!(lab.run.view().changes.first().map(|c| c.attempts), Some(3));
}

#[test]
fn a_refusal_is_not_tried_again() {
    for deed in [Deed::Permanent, Deed::Denied] {
        let lab = Lab::heal(straight(Class::Probed).build(), World { deeds: [deed].into(), ..world() });
        assert_eq!(lab.outcome(), ("not_healed", 20));
        assert_eq!((lab.exit("fix"), lab.run.view().changes.first().map(|c| c.attempts)), ("failed", Some(1)));
        assert!(lab.guard.open.is_empty() && lab.guard.locks.is_empty() && lab.guard.changes.is_empty());
    }
}

#[test]
fn an_answer_that_was_lost_is_probed_after_the_quarantine_never_sent_again() {
    for (lands, outcome, landed) in [(Some(12_000), ("healed", 0), 1), (None, ("not_healed", 20), 0)] {
        let lab = Lab::heal(straight(Class::Probed).build(), World { deeds: [Deed::Lost(lands)].into(), ..world() });
        assert_eq!(lab.outcome(), outcome);
        assert_eq!(lab.world.landed.len(), landed);
        let change = lab.run.view().changes.remove(0);
        assert_eq!(change.attempts, 1);
        // Send window, timeout, in flight, lag: before that nothing is asked.
        assert!(change.ended.is_some_and(|e| e >= change.started + 2_000 + 10_000 + 3_000 + 500));
    }
}

#[test]
fn a_blind_action_in_doubt_ends_with_a_person() {
    let lab = Lab::heal(straight(Class::Blind).build(), World { deeds: [Deed::Lost(Some(11_000))].into(), ..world() });
    assert_eq!(lab.outcome(), ("unsafe", 25));
    assert_eq!((lab.exit("fix"), lab.world.landed.len(), lab.world.told.len()), ("unknown", 1, 1));
}

#[test]
fn a_call_that_is_never_answered_counts_as_unknown() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { deeds: [Deed::Silent(Some(500))].into(), ..world() });
    assert_eq!(lab.outcome(), ("healed", 0));
    assert_eq!(lab.world.landed.len(), 1);
}

#[test]
fn a_conflict_resolves_again_and_gives_up_when_the_world_moved() {
    let deeds = [Deed::Conflict, Deed::Conflict, Deed::Ok(10)].into();
    let lab = Lab::heal(straight(Class::Guarded).build(), World { deeds, ..world() });
    assert_eq!(lab.outcome(), ("healed", 0));
    assert_eq!(lab.run.view().changes.iter().filter(|c| c.stage == IntentStage::NotApplied).count(), 2);
    let deeds = std::iter::repeat_n(Deed::Conflict, 9).collect();
    let lab = Lab::heal(straight(Class::Guarded).build(), World { deeds, ..world() });
    assert_eq!(lab.outcome(), ("blocked", 23));
    assert_eq!(lab.run.view().changes.len(), 4, "once and three more");
}

#[test]
fn a_ladder_climbs_only_when_the_rung_below_did_not_fix() {
    let lab = Lab::heal(laddered(Class::Probed).build(), world());
    assert_eq!(lab.outcome(), ("healed", 0));
    assert_eq!((lab.exit("hard"), lab.exit("up_hard")), ("skipped", "skipped"));

    let w = World { remedies: vec!["test.hard".to_owned()], ..world() };
    let lab = Lab::heal(laddered(Class::Probed).build(), w);
    assert_eq!(lab.outcome(), ("healed", 0));
    assert_eq!((lab.exit("up_mild"), lab.exit("hard"), lab.exit("up_hard")), ("not_fixed", "changed", "fixed"));
    let actions: Vec<&str> = lab.world.landed.iter().map(|(_, a, _)| a.as_str()).collect();
    assert_eq!(actions, ["test.mild", "test.hard"]);
    assert_eq!(lab.world.undone.len(), 1, "the first rung is undone before the second");
    assert!(lab.world.told.is_empty());

    let w = World { deeds: [Deed::Permanent].into(), ..world() };
    let lab = Lab::heal(laddered(Class::Probed).build(), w);
    assert_eq!((lab.outcome(), lab.exit("mild"), lab.exit("hard")), (("healed", 0), "failed", "changed"));

    let w = World { until: Some(Verdict::NoData), ..world() };
    let lab = Lab::heal(laddered(Class::Probed).build(), w);
    assert_eq!(
        (lab.outcome(), lab.exit("up_mild"), lab.exit("hard")),
        (("inconclusive", 24), "cannot_tell", "skipped")
    );
}

#[test]
fn several_calls_are_admitted_one_by_one_and_a_late_failure_is_partial() {
    let plan = straight(Class::Probed).with_remediate("fix", |r| r.calls.push(call("test.second", Class::Probed)));
    let lab = Lab::heal(plan.build(), World { deeds: [Deed::Ok(10), Deed::Permanent].into(), ..world() });
    assert_eq!((lab.outcome(), lab.exit("fix")), (("inconclusive", 24), "partial"));
    let plan = straight(Class::Probed).with_remediate("fix", |r| r.calls.push(call("test.second", Class::Probed)));
    let lab = Lab::heal(plan.build(), world());
    assert_eq!((lab.outcome(), lab.world.landed.len()), (("healed", 0), 2));
}

#[test]
fn nothing_to_change_is_not_a_change() {
    let lab = Lab::heal(straight(Class::Probed).build(), World { deeds: [Deed::Unchanged].into(), ..world() });
    assert_eq!((lab.outcome(), lab.exit("fix"), lab.exit("up")), (("not_healed", 20), "unchanged", "skipped"));
}
