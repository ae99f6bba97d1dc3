//! R42 over every combination of its inputs.

use heal_engine::outcome::*;
use std::collections::BTreeSet;

const CHANGES: [ChangeEnd; 4] = [ChangeEnd::Nothing, ChangeEnd::Succeeded, ChangeEnd::Partial, ChangeEnd::Unknown];
const UNDOS: [UndoEnd; 4] = [UndoEnd::NotRun, UndoEnd::Ok, UndoEnd::Failed, UndoEnd::Conflict];
const VERIFIES: [VerifyFold; 5] =
    [VerifyFold::Fixed, VerifyFold::NotFixed, VerifyFold::CannotTell, VerifyFold::NotRun, VerifyFold::Worse];
const REASONS: [Reason; 15] = [
    Reason::NotFired,
    Reason::SelfResolved,
    Reason::Joined,
    Reason::Waiting,
    Reason::Observed,
    Reason::Suggested,
    Reason::LockHeld,
    Reason::Blocked,
    Reason::Refused,
    Reason::NoData,
    Reason::NotHealed,
    Reason::Cancelled,
    Reason::Invalid,
    Reason::State,
    Reason::Internal,
];
const DELIVERED: [Option<bool>; 3] = [None, Some(true), Some(false)];

/// How bad a code is: a milder one may never follow from worse inputs.
fn severity(code: u8) -> u8 {
    match code {
        0 => 0,
        75 => 1,
        20..=23 => 2,
        24 => 3,
        26 => 4,
        25 => 5,
        _ => 2,
    }
}

struct Case {
    changes: Vec<(ChangeEnd, UndoEnd)>,
    verify: VerifyFold,
    reason: Reason,
    delivered: Option<bool>,
}

fn end(case: &Case) -> (World, VerifyFold, End, u8) {
    let mut world = World::Untouched;
    let mut verify = case.verify;
    for (i, (change, undo)) in case.changes.iter().enumerate() {
        let (of, unverified) = world_of(*change, *undo);
        world = world.max(of);
        if unverified && i + 1 == case.changes.len() {
            verify = verify.max(VerifyFold::NotRun);
        }
    }
    let end = fold(FoldInput { world, verify, reason: case.reason });
    (world, verify, end, after_delivery(end, case.delivered))
}

fn cases() -> Vec<Case> {
    let mut steps: Vec<Vec<(ChangeEnd, UndoEnd)>> = vec![vec![]];
    for change in CHANGES {
        for undo in UNDOS {
            steps.push(vec![(change, undo)]);
            for second in CHANGES {
                for second_undo in UNDOS {
                    steps.push(vec![(change, undo), (second, second_undo)]);
                }
            }
        }
    }
    let mut all = Vec::new();
    for changes in steps {
        for verify in VERIFIES {
            for reason in REASONS {
                for delivered in DELIVERED {
                    all.push(Case { changes: changes.clone(), verify, reason, delivered });
                }
            }
        }
    }
    all
}

#[test]
fn the_properties_hold_over_every_combination() {
    let all = cases();
    assert!(all.len() > 60_000, "{}", all.len());
    for case in &all {
        let (world, verify, end, code) = end(case);
        let said = format!("{:?} {verify:?} {:?} {:?} → {end:?} {code}", case.changes, case.reason, case.delivered);
        let touched = world != World::Untouched;
        if touched {
            // Exit 0 with a change exactly where it was kept and is fixed.
            assert_eq!(code == 0, world == World::Kept && verify == VerifyFold::Fixed, "{said}");
            // A change that was not verified.
            if !matches!(verify, VerifyFold::Fixed | VerifyFold::NotFixed | VerifyFold::Worse) {
                assert!(matches!(code, 24..=26), "{said}");
            }
        }
        if world == World::Dirty {
            assert_eq!(code, 25, "{said}");
        }
        // Silence only where a quiet end is allowed, or where nobody could be told and the code says so.
        if matches!(code, 20..=25) && !end.tell {
            assert_eq!((world, case.reason), (World::Untouched, Reason::LockHeld), "{said}");
        }
        if case.delivered == Some(false) && end.tell {
            assert!(matches!(code, 25 | 26), "{said}");
        }
        if case.delivered != Some(false) {
            assert_eq!(code, exit_code(end.outcome), "{said}");
        }
    }
}

#[test]
fn worse_inputs_never_give_a_milder_exit() {
    for reason in REASONS {
        for delivered in DELIVERED {
            let code = |world, verify| severity(after_delivery(fold(FoldInput { world, verify, reason }), delivered));
            for chain in [[World::Kept, World::Partial, World::Dirty], [World::Undone, World::Partial, World::Dirty]] {
                for verify in VERIFIES {
                    for pair in chain.windows(2) {
                        assert!(code(pair[0], verify) <= code(pair[1], verify), "{pair:?} {verify:?} {reason:?}");
                    }
                }
            }
            for world in [World::Undone, World::Kept, World::Partial, World::Dirty] {
                for pair in VERIFIES.windows(2) {
                    // An approval that is outstanding is said before what the last rung came to.
                    let waits = reason == Reason::Waiting && pair.contains(&VerifyFold::NotFixed);
                    if !waits {
                        assert!(code(world, pair[0]) <= code(world, pair[1]), "{world:?} {pair:?} {reason:?}");
                    }
                }
            }
        }
        for verify in VERIFIES {
            for world in [World::Untouched, World::Undone, World::Kept, World::Partial, World::Dirty] {
                let end = fold(FoldInput { world, verify, reason });
                let (told, untold) = (after_delivery(end, Some(true)), after_delivery(end, Some(false)));
                assert!(severity(told) <= severity(untold), "{end:?}");
            }
        }
    }
}

#[test]
fn an_undo_never_improves_a_run() {
    for change in CHANGES {
        for verify in VERIFIES {
            for reason in REASONS {
                let code = |undo| {
                    let (world, unverified) = world_of(change, undo);
                    let verify = if unverified { verify.max(VerifyFold::NotRun) } else { verify };
                    severity(exit_code(fold(FoldInput { world, verify, reason }).outcome))
                };
                // Putting back a partial or unknown change that turned out badly is the one thing it may make milder:
                // the world is known again. It never turns into a success.
                for undo in [UndoEnd::Ok, UndoEnd::Failed, UndoEnd::Conflict] {
                    if change == ChangeEnd::Succeeded {
                        assert!(code(undo) >= code(UndoEnd::NotRun), "{undo:?} {verify:?}");
                    }
                    if change != ChangeEnd::Nothing && reason != Reason::Waiting {
                        assert!(code(undo) > 0, "{change:?} {undo:?} {verify:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_tables_of_section_e_cell_by_cell() {
    use VerifyFold as V;
    let rows = [
        (World::Kept, [("healed", 0), ("not_healed", 20), ("inconclusive", 24), ("inconclusive", 24), ("unsafe", 25)]),
        (
            World::Undone,
            [("undone", 20), ("not_healed", 20), ("inconclusive", 24), ("inconclusive", 24), ("unsafe", 25)],
        ),
        (World::Partial, [("inconclusive", 24), ("unsafe", 25), ("unsafe", 25), ("unsafe", 25), ("unsafe", 25)]),
        (World::Dirty, [("unsafe", 25); 5]),
    ];
    for (world, cells) in rows {
        for (verify, cell) in [V::Fixed, V::NotFixed, V::CannotTell, V::NotRun, V::Worse].into_iter().zip(cells) {
            let end = fold(FoldInput { world, verify, reason: Reason::NotHealed });
            assert_eq!((end.outcome.word(), end.exit_code), cell, "{world:?} {verify:?}");
        }
    }
    let ends = [
        (ChangeEnd::Nothing, [World::Untouched; 4]),
        (ChangeEnd::Succeeded, [World::Kept, World::Undone, World::Dirty, World::Kept]),
        (ChangeEnd::Partial, [World::Partial, World::Undone, World::Dirty, World::Partial]),
        (ChangeEnd::Unknown, [World::Dirty, World::Undone, World::Dirty, World::Dirty]),
    ];
    for (change, cells) in ends {
        for (undo, cell) in UNDOS.into_iter().zip(cells) {
            let (world, unverified) = world_of(change, undo);
            assert_eq!(world, cell, "{change:?} {undo:?}");
            assert_eq!(unverified, change == ChangeEnd::Succeeded && undo == UndoEnd::Conflict);
        }
    }
    let reasons = [
        (Reason::NotFired, "healthy", 0, false),
        (Reason::SelfResolved, "self_resolved", 0, false),
        (Reason::Joined, "joined", 0, false),
        (Reason::Observed, "observed", 20, true),
        (Reason::Suggested, "suggested", 20, true),
        (Reason::Waiting, "waiting", 75, false),
        (Reason::Refused, "refused", 21, true),
        (Reason::Blocked, "blocked", 23, true),
        (Reason::LockHeld, "blocked", 23, false),
        (Reason::NoData, "no_data", 22, true),
        (Reason::NotHealed, "not_healed", 20, true),
        (Reason::Cancelled, "cancelled", 130, false),
        (Reason::Internal, "internal", 70, true),
        (Reason::Invalid, "invalid", 2, false),
        (Reason::State, "state", 74, true),
    ];
    for (reason, word, code, tell) in reasons {
        let end = fold(FoldInput { world: World::Untouched, verify: V::NotRun, reason });
        assert_eq!((end.outcome.word(), end.exit_code, end.tell), (word, code, tell));
        let untold = match code {
            20 | 21 | 22 | 23 | 70 | 74 if tell => 26,
            75 => 26,
            code => code,
        };
        assert_eq!(after_delivery(end, Some(false)), untold, "{reason:?}");
    }
}

#[test]
fn exit_codes_can_be_remapped_by_outcome() {
    let words: BTreeSet<&str> = Outcome::ALL.iter().map(|o| o.word()).collect();
    assert_eq!(words.len(), Outcome::ALL.len());
    let remap = parse_exit_on("suggested=0, waiting=3").unwrap_or_default();
    assert_eq!(remap_exit(Outcome::Suggested, 20, &remap), 0);
    assert_eq!(remap_exit(Outcome::Waiting, 75, &remap), 3);
    assert_eq!(remap_exit(Outcome::NotHealed, 20, &remap), 20);
    assert_eq!(remap_exit(Outcome::Suggested, 26, &remap), 26, "silence is not what was asked for");
    assert_eq!(remap_exit(Outcome::Suggested, 26, &[(Outcome::Untold, 1)]), 1);
    assert!(parse_exit_on("nothing").is_err());
    assert!(parse_exit_on("nothing=1").is_err());
    assert!(parse_exit_on("healed=300").is_err());
}
