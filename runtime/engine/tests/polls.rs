//! A verify leaves rows where its answer changes, not at every poll (R36), and its journal still is the run.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::event::*;
use heal_engine::mode::Model;
use heal_engine::run::Run;
use heal_lang::catalogue::Class;
use heal_lang::plan::*;
use proptest::prelude::*;
use std::sync::Arc;
use support::plans::{PlanBuilder, straight};
use support::*;

const MINUTE: u64 = 60_000;

fn watched(within_ms: u64) -> PlanBuilder {
    straight(Class::Probed).with_verify("up", |v| {
        v.every_ms = 1_000;
        v.holds_ms = Some(20_000);
        v.within_ms = within_ms;
    })
}

fn kinds(lab: &Lab) -> Vec<&'static str> {
    let word = |event: &Event| match event.kind {
        EventKind::Polled(_) => "polled",
        EventKind::Judged(ref j) if j.sample.is_some() => "sample",
        _ => "other",
    };
    lab.journal.iter().map(|(event, _)| word(event)).collect()
}

#[test]
fn a_long_verify_has_no_more_rows_than_a_short_one() {
    let rows = |within| {
        let lab = Lab::heal(watched(within).build(), World { remedies: vec![], ..World::default() });
        assert_eq!(lab.outcome(), ("not_healed", 20));
        let polls = lab.run.state().nodes.iter().map(|n| n.verify.polls).max();
        (lab.journal.len(), polls)
    };
    let (short, long) = (rows(MINUTE), rows(10 * MINUTE));
    assert_eq!(short.0, long.0);
    assert!(short.1 >= Some(50) && long.1 >= Some(500), "{short:?} {long:?}");
}

#[test]
fn the_first_and_the_deciding_poll_are_kept_whole() {
    let lab = Lab::heal(watched(5 * MINUTE).build(), World::default());
    assert_eq!(lab.outcome(), ("healed", 0));
    let kinds: Vec<_> = kinds(&lab).into_iter().filter(|k| *k != "other").collect();
    // The last that said nothing new, and the one that decided.
    assert_eq!(kinds, ["sample", "polled", "sample", "sample"]);
}

#[test]
fn a_change_of_the_answer_is_a_row_when_it_happens() {
    let mut lab = Lab::new(watched(5 * MINUTE).build(), World::default());
    lab.open(opened());
    lab.run_until(10_000);
    let before = lab.journal.len();
    lab.run_until(12_500);
    assert_eq!(lab.journal.len(), before, "nothing new, no row");
    lab.world.until = Some(Verdict::No);
    lab.run_until(14_500);
    assert!(kinds(&lab)[before..].contains(&"polled"));
    let bad = |e: &Event| matches!(&e.kind, EventKind::Judged(j) if j.verdict == Verdict::No && j.sample.is_some());
    assert_eq!(lab.journal.iter().filter(|(event, _)| bad(event)).count(), 1);
}

/// What the journal alone gives.
fn replayed(lab: &Lab) -> Run<Model> {
    let mut run = Run::new(Arc::clone(&lab.plan));
    for (event, hash) in &lab.journal {
        assert_eq!(heal_engine::commands_hash(&run.step(event)), *hash, "row {}", event.seq);
    }
    run
}

fn answers() -> impl Strategy<Value = Vec<(u64, Verdict, Verdict, bool)>> {
    let verdict = prop_oneof![4 => Just(Verdict::Yes), 2 => Just(Verdict::No), 1 => Just(Verdict::NoData)];
    let guards = prop_oneof![8 => Just(Verdict::Yes), 1 => Just(Verdict::No), 1 => Just(Verdict::NoData)];
    proptest::collection::vec((500..40_000_u64, verdict, guards, proptest::bool::weighted(0.2)), 1..8)
}

/// A run through these answers to its end, its journal checked on the way.
fn run(plan: &Arc<Plan>, answers: &[(u64, Verdict, Verdict, bool)], eager: bool) -> Lab {
    let mut lab = Lab::new(Arc::clone(plan), World::default());
    lab.eager = eager;
    lab.open(opened());
    let mut at = 1_000;
    for (wait, until, guards, fails) in answers {
        at += wait;
        lab.world.until = Some(*until);
        lab.world.guards = *guards;
        if *fails {
            lab.world.reads.extend(std::iter::repeat_n(Err(error(ErrorClass::Transient, Sent::No, true)), 3));
        }
        lab.run_until(at);
    }
    let live = lab.run.clone();
    lab.flush();
    assert!(lab.run.is_like(&live) && replayed(&lab).is_like(&live));
    lab.go();
    assert!(replayed(&lab).is_like(&lab.run));
    lab
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever the samples say and whenever it is asked, the journal replays to the run; and a run that folds is, but for
    /// its rows, the run that does not.
    #[test]
    fn the_journal_is_the_run(answers in answers(), detects in any::<bool>()) {
        let plan = watched(2 * MINUTE).with_verify("up", |v| if detects { v.until = None }).build();
        let (folded, whole) = (run(&plan, &answers, false), run(&plan, &answers, true));
        prop_assert_eq!(folded.run.view(), whole.run.view());
        prop_assert_eq!(folded.outcome(), whole.outcome());
        prop_assert!(folded.journal.len() <= whole.journal.len());
    }
}
