//! The process dies after any row of the journal, before or after it carried out that row's commands, once or twice;
//! another one resumes. A guarded or probed change happens exactly once, a blind one at most once and never in silence.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::outcome::World as Left;
use heal_lang::catalogue::Class;
use heal_lang::plan::*;
use std::sync::Arc;
use support::plans::{call, laddered, straight};
use support::*;

fn rows(plan: &Arc<Plan>, world: &World) -> usize {
    Lab::heal(Arc::clone(plan), world.clone()).journal.len()
}

/// Runs with cuts: (row, carried out) each counted over the whole journal.
fn cut(plan: &Arc<Plan>, world: &World, cuts: &[(usize, bool)], later: u64, owner_dead: bool) -> Lab {
    let mut lab = Lab::new(Arc::clone(plan), world.clone());
    let mut cuts = cuts.iter();
    lab.cut = cuts.next().copied();
    lab.open(opened());
    lab.go();
    while lab.closed.is_none() {
        assert!(lab.dead, "parked? {:?}", lab.parked);
        let after = lab.journal.len();
        lab.resume_with(later, owner_dead, cuts.next().map(|(row, carried)| (after + row, *carried)));
        lab.go();
    }
    lab
}

#[test]
fn a_change_happens_exactly_once_wherever_the_process_dies() {
    for class in [Class::Guarded, Class::Probed] {
        for deeds in
            [vec![], vec![Deed::Ok(5_000)], vec![Deed::Lost(Some(4_000))], vec![Deed::NotSent(None), Deed::Ok(300)]]
        {
            let plan = straight(class).build();
            let w = World { deeds: deeds.clone().into(), ..World::default() };
            let n = rows(&plan, &w);
            assert!(n > 15, "{n}");
            for row in 1..=n {
                for carried in [false, true] {
                    for (later, owner_dead) in [(500, true), (500, false), (90_000, false)] {
                        let lab = cut(&plan, &w, &[(row, carried)], later, owner_dead);
                        let case =
                            format!("{class:?} {deeds:?} row {row} carried {carried} later {later} dead {owner_dead}");
                        assert_eq!(lab.world.landed.len(), 1, "{case} {:#?}", lab.run.view());
                        assert_eq!(lab.outcome(), ("healed", 0), "{case} {:#?}", lab.run.view());
                        assert!(lab.world.told.is_empty(), "{case}");
                        assert!(lab.guard.open.is_empty() && lab.guard.locks.is_empty(), "{case} {:#?}", lab.guard);
                    }
                }
            }
        }
    }
}

#[test]
fn two_deaths_are_no_worse_than_one() {
    let plan = straight(Class::Probed).build();
    let w = World { deeds: [Deed::Ok(3_000)].into(), ..World::default() };
    let n = rows(&plan, &w);
    for first in 1..=n {
        for second in 1..=n {
            let lab = cut(&plan, &w, &[(first, true), (second, true)], 700, true);
            assert_eq!(lab.world.landed.len(), 1, "rows {first}, {second} {:#?}", lab.run.view());
            assert_eq!(lab.outcome(), ("healed", 0), "rows {first}, {second} {:#?}", lab.run.view());
        }
    }
}

#[test]
fn a_blind_change_happens_at_most_once_and_doubt_ends_with_a_person() {
    let plan = straight(Class::Blind).build();
    let w = World::default();
    let n = rows(&plan, &w);
    let mut doubts = 0;
    for row in 1..=n {
        for carried in [false, true] {
            let lab = cut(&plan, &w, &[(row, carried)], 500, true);
            assert!(lab.world.landed.len() <= 1, "row {row}");
            match lab.outcome() {
                ("healed", 0) => assert_eq!(lab.world.landed.len(), 1, "row {row}"),
                ("unsafe", 25) => {
                    doubts += 1;
                    assert_eq!(lab.world.told.len(), 1, "row {row}");
                    let report = lab.closed.as_ref();
                    assert_eq!(report.map(|r| (r.world, r.open_intents.len())), Some((Left::Dirty, 1)), "row {row}");
                }
                other => panic!("row {row} {other:?} {:#?}", lab.run.view()),
            }
        }
    }
    assert!((1..=4).contains(&doubts), "only between intent and answer: {doubts}");
}

#[test]
fn an_undo_happens_exactly_once_wherever_the_process_dies() {
    let plan = straight(Class::Probed)
        .with_verify("up", |v| {
            v.handlers.insert(Exit::NotFixed, vec![HandlerOp::Undo, HandlerOp::Escalate]);
        })
        .build();
    let w = World { remedies: vec![], ..World::default() };
    let n = rows(&plan, &w);
    for row in 1..=n {
        for carried in [false, true] {
            let lab = cut(&plan, &w, &[(row, carried)], 500, true);
            let case = format!("row {row} carried {carried} {:#?}", lab.run.view());
            assert_eq!((lab.world.landed.len(), lab.world.undone.len()), (1, 1), "{case}");
            assert_eq!(lab.outcome(), ("not_healed", 20), "{case}");
            assert!((1..=2).contains(&lab.world.told.len()), "{case}");
            let keys: std::collections::BTreeSet<&String> = lab.world.told.iter().map(|t| &t.key).collect();
            assert_eq!(keys.len(), 1, "one page, however often it is sent: {case}");
        }
    }
}

#[test]
fn a_ladder_goes_on_where_it_was() {
    let plan = laddered(Class::Probed).build();
    let w = World { remedies: vec!["test.hard".to_owned()], ..World::default() };
    let n = rows(&plan, &w);
    for row in 1..=n {
        for carried in [false, true] {
            let lab = cut(&plan, &w, &[(row, carried)], 500, true);
            let case = format!("row {row} carried {carried} {:#?}", lab.run.view());
            let actions: Vec<&str> = lab.world.landed.iter().map(|(_, a, _)| a.as_str()).collect();
            assert_eq!(actions, ["test.mild", "test.hard"], "{case}");
            assert_eq!(lab.outcome(), ("healed", 0), "{case}");
            assert_eq!(lab.world.undone.len(), 1, "{case}");
        }
    }
}

#[test]
fn several_changes_of_a_step_are_each_made_at_most_once() {
    let plan =
        straight(Class::Probed).with_remediate("fix", |r| r.calls.push(call("test.second", Class::Probed))).build();
    let w = World::default();
    let n = rows(&plan, &w);
    for row in 1..=n {
        for carried in [false, true] {
            let lab = cut(&plan, &w, &[(row, carried)], 500, true);
            let count = |action: &str| lab.world.landed.iter().filter(|(_, a, _)| a == action).count();
            let case = format!("row {row} carried {carried} {:#?}", lab.run.view());
            assert_eq!(count("test.fix"), 1, "{case}");
            assert!(count("test.second") <= 1, "{case}");
            let whole = count("test.second") == 1;
            assert_eq!(lab.outcome(), if whole { ("healed", 0) } else { ("inconclusive", 24) }, "{case}");
        }
    }
}
