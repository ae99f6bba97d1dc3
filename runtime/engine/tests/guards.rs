//! The shared document: locks, rates, breakers, storms, approvals, leases.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, reason = "a test may")]

mod support;

use heal_engine::command::{AdmitRequest, IntentId};
use heal_engine::event::{BecauseKind, Facts, ResolvedChange, SettledAs};
use heal_engine::guard::*;
use heal_lang::catalogue::{Class, Effect};
use heal_lang::plan::{Breaker, NodeId, Quota};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

fn change(target: &str) -> ResolvedChange {
    ResolvedChange {
        call: 0,
        item: 0,
        action: "fix".to_owned(),
        effect: Effect::Change,
        class: Class::Probed,
        target: target.to_owned(),
        noun: None,
        summary: String::new(),
        args: serde_json::Value::Null,
        before: serde_json::Value::Null,
        undo: Vec::new(),
        baseline: Facts::new(),
        read_lag_ms: 0,
        max_in_flight_ms: 0,
        tells: false,
    }
}

fn ask(run: &str, intent: u32, target: &str) -> AdmitAsk {
    AdmitAsk {
        run: run.to_owned(),
        epoch: 1,
        lease_ms: 60_000,
        tier: Tier::A,
        local_guards: false,
        limits: GuardLimits::default(),
        request: AdmitRequest {
            intent: IntentId(intent),
            node: NodeId(0),
            fingerprint: String::new(),
            change: Box::new(change(target)),
            undoes: None,
            locks: vec![target.to_owned()],
            approvals: Vec::new(),
            rate: None,
            breaker: Breaker { failures: 2, within_ms: 3_600_000, open_for_ms: 1_800_000, written: false },
            max_hold_ms: 0,
            class: Class::Probed,
            written_guards: false,
            first_of_run: true,
            send_window_ms: 2_000,
        },
    }
}

struct Store(GuardDoc);

impl Store {
    fn admit(&mut self, ask: &AdmitAsk, now: i64) -> Result<u64, BecauseKind> {
        let (doc, verdict) = apply(&self.0, &GuardRequest::Admit(Box::new(ask.clone())), now);
        self.0 = doc;
        match verdict {
            GuardVerdict::Admitted { fence, .. } => Ok(fence),
            GuardVerdict::Denied { because, .. } => Err(because.kind),
            other => panic!("{other:?}"),
        }
    }

    fn settle(&mut self, run: &str, intent: u32, result: SettledAs, vote: Option<bool>, now: i64) -> GuardVerdict {
        self.settle_as(1, run, intent, result, vote, now)
    }

    fn settle_as(
        &mut self,
        epoch: u64,
        run: &str,
        intent: u32,
        result: SettledAs,
        vote: Option<bool>,
        now: i64,
    ) -> GuardVerdict {
        let request = GuardRequest::Settle {
            run: run.to_owned(),
            epoch,
            intent: IntentId(intent),
            result,
            vote,
            cool_down_ms: 0,
        };
        let (doc, verdict) = apply(&self.0, &request, now);
        let again = apply(&doc, &request, now).0;
        assert_eq!(again, doc, "settling twice is settling once");
        self.0 = doc;
        verdict
    }

    /// A whole change, with its vote.
    fn change(&mut self, run: &str, vote: Option<bool>, now: i64) -> Result<u64, BecauseKind> {
        let fence = self.admit(&ask(run, 1, "t"), now)?;
        self.settle(run, 1, SettledAs::Applied, None, now);
        self.settle(run, 1, SettledAs::Verdict, vote, now);
        Ok(fence)
    }

    fn do_(&mut self, request: GuardRequest, now: i64) -> GuardVerdict {
        let (doc, verdict) = apply(&self.0, &request, now);
        self.0 = doc;
        verdict
    }
}

fn store() -> Store {
    Store(GuardDoc::default())
}

#[test]
fn one_run_per_target_and_one_change_in_flight_per_environment() {
    let mut s = store();
    assert_eq!(s.admit(&ask("a", 1, "t"), 0), Ok(1));
    assert_eq!(s.admit(&ask("a", 1, "t"), 1), Ok(1), "asked again: the same answer");
    assert_eq!(s.admit(&ask("b", 1, "t"), 1), Err(BecauseKind::LockHeld));
    assert_eq!(s.admit(&ask("b", 1, "u"), 1), Err(BecauseKind::Budget));
    s.settle("a", 1, SettledAs::Applied, None, 2);
    assert_eq!(s.admit(&ask("b", 1, "u"), 3), Ok(2), "the slot is free at the answer");
    assert_eq!(s.admit(&ask("c", 1, "t"), 3), Err(BecauseKind::LockHeld), "the lock at the verdict");
    s.settle("a", 1, SettledAs::Verdict, None, 4);
    s.settle("b", 1, SettledAs::NotApplied, None, 4);
    assert_eq!(s.admit(&ask("c", 1, "t"), 5), Ok(3));
}

#[test]
fn a_run_that_died_with_a_change_in_doubt_leaves_a_dirty_lock() {
    let mut s = store();
    assert!(s.admit(&ask("a", 1, "t"), 0).is_ok());
    assert_eq!(s.admit(&ask("b", 1, "t"), 2 * HOUR), Err(BecauseKind::LockDirty));
    let take = GuardRequest::Takeover { run: "a".to_owned(), epoch: 2, lease_ms: 60_000 };
    assert_eq!(s.do_(take, 2 * HOUR), GuardVerdict::Done);
    assert_eq!(s.admit(&ask("b", 1, "t"), 2 * HOUR + 1), Err(BecauseKind::LockHeld));
    assert_eq!(s.settle("a", 1, SettledAs::Applied, None, 2 * HOUR), GuardVerdict::Fenced, "the old process");
    s.settle_as(2, "a", 1, SettledAs::NotApplied, None, 2 * HOUR + 2);
    assert!(s.admit(&ask("b", 1, "t"), 2 * HOUR + 3).is_ok());
    // A change whose end was known leaves a free one.
    let mut s = store();
    assert!(s.admit(&ask("a", 1, "t"), 0).is_ok());
    s.settle("a", 1, SettledAs::Applied, None, 1);
    assert!(s.admit(&ask("b", 1, "t"), 2 * HOUR).is_ok());
    // And a renewed one is held.
    let mut s = store();
    assert!(s.admit(&ask("a", 1, "t"), 0).is_ok());
    for minute in 0..90 {
        s.do_(GuardRequest::Renew { run: "a".to_owned(), epoch: 1, lease_ms: 90_000 }, minute * MINUTE);
    }
    assert_eq!(s.admit(&ask("b", 1, "t"), 90 * MINUTE), Err(BecauseKind::LockHeld));
}

#[test]
fn six_changes_an_hour_and_what_did_not_happen_does_not_count() {
    let mut s = store();
    for i in 0..20 {
        assert!(s.admit(&ask("a", i, &format!("t{i}")), i64::from(i)).is_ok());
        s.settle("a", i, SettledAs::NotApplied, None, i64::from(i));
    }
    for i in 0..6 {
        assert!(s.admit(&ask("b", i, &format!("t{i}")), 100 + i64::from(i)).is_ok());
        s.settle("b", i, SettledAs::Applied, None, 100);
    }
    assert_eq!(s.admit(&ask("c", 1, "x"), 200), Err(BecauseKind::RateExceeded));
    assert!(s.admit(&ask("c", 1, "x"), 100 + HOUR).is_ok(), "an hour later");
}

#[test]
fn a_rate_counts_per_target_over_all_runs() {
    let mut s = store();
    let with_rate = |run: &str, target: &str| {
        let mut a = ask(run, 1, target);
        a.request.rate = Some(Quota { count: 2, per_ms: 600_000 });
        a
    };
    for run in ["a", "b"] {
        assert!(s.admit(&with_rate(run, "t"), 0).is_ok());
        s.settle(run, 1, SettledAs::Applied, None, 1);
        s.settle(run, 1, SettledAs::Verdict, None, 1);
    }
    assert_eq!(s.admit(&with_rate("c", "t"), 2), Err(BecauseKind::RateExceeded));
    assert!(s.admit(&with_rate("c", "u"), 2).is_ok());
    s.settle("c", 1, SettledAs::NotApplied, None, 3);
    assert!(s.admit(&with_rate("d", "t"), 11 * MINUTE).is_ok());
}

#[test]
fn a_breaker_opens_after_failures_and_is_tried_once_with_an_approval() {
    let mut s = store();
    assert!(s.change("a", Some(true), 0).is_ok());
    assert!(s.change("b", Some(true), 10 * MINUTE).is_ok());
    assert_eq!(s.change("c", None, 11 * MINUTE), Err(BecauseKind::BreakerOpen));
    let half = 41 * MINUTE;
    assert_eq!(s.change("c", None, half), Err(BecauseKind::BreakerOpen), "half-open needs an approval");
    let mut approved = ask("c", 1, "t");
    approved.request.approvals = vec!["yes".to_owned()];
    assert!(s.admit(&approved, half).is_ok());
    s.settle("c", 1, SettledAs::Applied, None, half);
    s.settle("c", 1, SettledAs::Verdict, Some(true), half);
    assert_eq!(s.change("d", None, half + MINUTE), Err(BecauseKind::BreakerOpen), "the trial failed");
    let mut again = ask("d", 1, "t");
    again.request.approvals = vec!["yes".to_owned()];
    assert_eq!(s.admit(&again, half + 31 * MINUTE), Err(BecauseKind::ApprovalVoid), "an approval is used once");
    again.request.approvals = vec!["yes again".to_owned()];
    assert!(s.admit(&again, half + 31 * MINUTE).is_ok());
    s.settle("d", 1, SettledAs::Applied, None, half + 31 * MINUTE);
    s.settle("d", 1, SettledAs::Verdict, Some(false), half + 31 * MINUTE);
    assert!(s.change("e", None, half + 33 * MINUTE + HOUR).is_ok(), "closed");
}

#[test]
fn a_remedy_that_heals_again_and_again_is_a_flap() {
    let mut s = store();
    assert!(s.change("a", Some(false), 0).is_ok());
    assert!(s.change("b", Some(false), 10 * MINUTE).is_ok(), "one recurrence");
    assert_eq!(s.change("c", Some(false), 20 * MINUTE), Err(BecauseKind::BreakerOpen), "two");
    let mut s = store();
    for hour in 0..5 {
        assert!(s.change("a", Some(false), hour * (HOUR + MINUTE)).is_ok(), "once an hour is no flap");
    }
}

#[test]
fn a_cool_down_holds_between_runs_and_not_within_one() {
    let mut s = store();
    assert!(s.admit(&ask("a", 1, "t"), 0).is_ok());
    s.settle("a", 1, SettledAs::Applied, None, 1);
    let verdict = GuardRequest::Settle {
        run: "a".to_owned(),
        epoch: 1,
        intent: IntentId(1),
        result: SettledAs::Verdict,
        vote: None,
        cool_down_ms: 60_000,
    };
    s.do_(verdict, 2);
    assert_eq!(s.admit(&ask("b", 1, "t"), 3), Err(BecauseKind::CoolDown));
    assert!(s.admit(&ask("b", 1, "u"), 3).is_ok());
    s.settle("b", 1, SettledAs::NotApplied, None, 3);
    assert!(s.admit(&ask("a", 2, "t"), 3).is_ok());
    s.settle("a", 2, SettledAs::NotApplied, None, 3);
    assert!(s.admit(&ask("b", 2, "t"), MINUTE + 2).is_ok());
}

#[test]
fn freeze_hands_off_storm_and_tier_c() {
    let mut s = store();
    s.do_(GuardRequest::Freeze { by: "ann".to_owned(), reason: "release".to_owned() }, 0);
    let mut undo = ask("a", 2, "t");
    undo.request.undoes = Some(IntentId(1));
    for a in [&ask("a", 1, "t"), &undo] {
        assert_eq!(s.admit(a, 1), Err(BecauseKind::Frozen));
    }
    s.do_(GuardRequest::Unfreeze, 2);
    let mark = GuardRequest::HandsOff { target: "t".into(), until: HOUR, by: "ann".into(), reason: "mine".into() };
    s.do_(mark, 3);
    for a in [&ask("a", 1, "t"), &undo] {
        assert_eq!(s.admit(a, 4), Err(BecauseKind::HandsOff));
    }
    assert!(s.admit(&ask("a", 1, "u"), 4).is_ok());
    s.settle("a", 1, SettledAs::NotApplied, None, 5);
    assert!(s.admit(&ask("a", 1, "t"), HOUR + 1).is_ok());
    s.settle("a", 1, SettledAs::NotApplied, None, HOUR + 1);

    let limits = GuardLimits::default();
    for i in 0..5 {
        let opened = GuardRequest::IncidentOpened { key: format!("i{i}"), limits };
        assert_eq!(s.do_(opened, 2 * HOUR), GuardVerdict::Incident { storm: i == 4 });
    }
    assert_eq!(s.admit(&ask("a", 3, "t"), 2 * HOUR), Err(BecauseKind::Storm));
    assert!(s.admit(&undo, 2 * HOUR).is_ok(), "an undo is outside it");
    s.settle("a", 2, SettledAs::Undone, None, 2 * HOUR);
    s.do_(GuardRequest::IncidentClosed { key: "i0".to_owned() }, 2 * HOUR);
    assert!(s.admit(&ask("a", 3, "t"), 2 * HOUR).is_ok());

    let mut s = store();
    let mut local = ask("a", 1, "t");
    local.tier = Tier::C;
    assert!(s.admit(&local, 0).is_ok(), "nothing was written: preconditions and keys hold");
    s.settle("a", 1, SettledAs::NotApplied, None, 0);
    local.request.written_guards = true;
    assert_eq!(s.admit(&local, 1), Err(BecauseKind::NoSharedGuards));
    local.local_guards = true;
    assert!(s.admit(&local, 2).is_ok());
}

#[test]
fn the_document_stays_small_and_survives_its_serialisation() {
    let mut s = store();
    let mut full = None;
    for i in 0..10_000u32 {
        let mut a = ask(&format!("run-{i}"), 1, &format!("target-{i}"));
        a.limits = GuardLimits { in_flight: u32::MAX, per_hour: u32::MAX, ..GuardLimits::default() };
        if let Err(kind) = s.admit(&a, i64::from(i)) {
            full = Some(kind);
            break;
        }
    }
    assert_eq!(full, Some(BecauseKind::Budget));
    let json = serde_json::to_string(&s.0).unwrap_or_default();
    assert!(json.len() <= MOST_BYTES);
    assert_eq!(serde_json::from_str::<GuardDoc>(&json).ok(), Some(s.0.clone()));
    assert_eq!(serde_json::from_str::<GuardDoc>("{}").ok(), Some(GuardDoc::default()));
}

mod random {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Move {
        Admit(u8, u8),
        Settle(u8, SettledAs, Option<bool>),
        Wait(i64),
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let results = prop_oneof![
            Just(SettledAs::Applied),
            Just(SettledAs::NotApplied),
            Just(SettledAs::Unknown),
            Just(SettledAs::Verdict)
        ];
        prop::collection::vec(
            prop_oneof![
                (0..3u8, 0..2u8).prop_map(|(r, t)| Move::Admit(r, t)),
                (0..3u8, results, any::<Option<bool>>()).prop_map(|(r, s, v)| Move::Settle(r, s, v)),
                (0..20 * MINUTE).prop_map(Move::Wait),
            ],
            1..80,
        )
    }

    proptest! {
        /// Whatever comes: two live runs never hold one target, the hour's budget holds, nothing panics.
        #[test]
        fn two_runs_never_change_one_target_at_once(moves in moves()) {
            let mut s = store();
            let mut now = 0;
            let mut admitted: Vec<i64> = Vec::new();
            let mut intent = [0u32; 3];
            for m in moves {
                match m {
                    Move::Wait(ms) => now += ms,
                    Move::Admit(run, target) => {
                        intent[run as usize] += 1;
                        let name = format!("run{run}");
                        let target = format!("t{target}");
                        let before = s.0.clone();
                        let verdict = s.admit(&ask(&name, intent[run as usize], &target), now);
                        if verdict.is_ok() {
                            let held = before.locks.get(&target).filter(|l| l.run != name);
                            prop_assert!(held.is_none_or(|l| l.until <= now && !before.is_dirty(&target, now)));
                            admitted.push(now);
                        } else {
                            prop_assert_eq!(&before.open.len(), &s.0.open.len());
                        }
                    }
                    Move::Settle(run, result, vote) => {
                        let name = format!("run{run}");
                        s.settle(&name, intent[run as usize], result, vote, now);
                        if result == SettledAs::NotApplied { admitted.clear(); }
                    }
                }
                admitted.retain(|at| at + HOUR > now);
                prop_assert!(admitted.len() <= 6);
            }
        }
    }
}
