//! What one process keeps for itself.

use super::*;
use proptest::prelude::*;

const A: Address<'_> = Address { adapter: "http", endpoint: Some("a:80") };
const B: Address<'_> = Address { adapter: "http", endpoint: Some("b:80") };

/// A request that goes out, and fails with that class.
fn request(node: &mut Node, to: Address<'_>, attempt: u32, failed: Option<ErrorClass>, now: u64) {
    assert_eq!(node.ask(to, Want::Look, attempt, now), Pass::Go);
    node.freed(to.adapter);
    node.judged(to.endpoint.unwrap_or_default(), failed, None, now);
}

fn opened(now: u64) -> Node {
    let mut node = Node::new(NodeLimits::default());
    for _ in 0..10 {
        request(&mut node, A, 1, Some(ErrorClass::Transient), now);
    }
    node
}

#[test]
fn an_endpoint_opens_is_tried_once_and_closes_again() {
    let mut node = opened(0);
    assert_eq!(node.ask(A, Want::Look, 1, 1), Pass::Down(9_999));
    assert_eq!(node.ask(A, Want::Look, 1, 10_000), Pass::Go);
    assert_eq!(node.ask(A, Want::Look, 1, 10_000), Pass::Down(10_000), "one trial at a time");
    node.judged("a:80", None, None, 10_001);
    assert_eq!(node.ask(A, Want::Look, 1, 10_002), Pass::Go);
    assert_eq!(node.ask(B, Want::Look, 1, 10_002), Pass::Go, "another endpoint is not concerned");
}

#[test]
fn a_trial_that_fails_opens_it_again_and_one_that_nobody_knows_of_is_given_back() {
    let mut node = opened(0);
    assert_eq!(node.ask(A, Want::Look, 1, 10_000), Pass::Go);
    node.forgotten("a:80");
    assert_eq!(node.ask(A, Want::Look, 1, 10_000), Pass::Go);
    node.judged("a:80", Some(ErrorClass::Transient), None, 10_000);
    assert_eq!(node.ask(A, Want::Look, 1, 10_001), Pass::Down(9_999));
}

#[test]
fn what_must_go_goes_and_whether_anybody_answers_is_really_asked() {
    let mut node = opened(0);
    assert_eq!(node.ask(A, Want::Must, 1, 1), Pass::Go);
    assert_eq!(node.ask(A, Want::Presence, 1, 1), Pass::Go);
    for _ in 0..6 {
        assert_eq!(node.ask(B, Want::Look, 1, 1), Pass::Go);
    }
    assert_eq!(node.ask(B, Want::Presence, 1, 1), Pass::Queue, "all slots are taken");
    assert_eq!(node.ask(B, Want::Must, 1, 1), Pass::Go);
}

#[test]
fn a_refusal_is_an_answer() {
    let mut node = Node::new(NodeLimits::default());
    for at in 0..40 {
        request(&mut node, A, 1, Some(ErrorClass::Permanent), at * 100);
    }
}

#[test]
fn a_bulkhead_queues_and_retries_run_out() {
    let mut node = Node::new(NodeLimits { bulkhead: 2, budget: 2, ..NodeLimits::default() });
    assert_eq!(node.ask(A, Want::Look, 1, 0), Pass::Go);
    assert_eq!(node.ask(A, Want::Look, 1, 0), Pass::Go);
    assert_eq!(node.ask(A, Want::Look, 1, 0), Pass::Queue);
    node.freed("http");
    request(&mut node, A, 2, None, 0);
    request(&mut node, A, 2, None, 0);
    assert_eq!(node.ask(A, Want::Look, 2, 0), Pass::NoRetries);
    for _ in 0..5 {
        request(&mut node, A, 1, None, 0);
    }
    assert_eq!(node.ask(A, Want::Look, 2, 0), Pass::Go, "first attempts earn a retry");
}

#[test]
fn an_endpoint_that_asks_to_be_left_alone_is_but_not_for_ever() {
    let mut node = Node::new(NodeLimits::default());
    node.judged("a:80", Some(ErrorClass::Throttled), Some(5_000), 0);
    assert_eq!(node.ask(A, Want::Look, 1, 1_000), Pass::Held(4_000));
    assert_eq!(node.ask(A, Want::Must, 1, 1_000), Pass::Go);
    assert_eq!(node.ask(A, Want::Look, 1, 5_000), Pass::Go);
    node.judged("a:80", Some(ErrorClass::Throttled), Some(u64::MAX), 5_000);
    assert_eq!(node.ask(A, Want::Look, 1, 6_000), Pass::Held(59_000));
}

#[test]
fn an_endpoint_is_asked_so_often_and_no_more() {
    let mut node = Node::new(NodeLimits { per_second: 2, burst: 3, ..NodeLimits::default() });
    for _ in 0..3 {
        request(&mut node, A, 1, None, 0);
    }
    assert_eq!(node.ask(A, Want::Look, 1, 0), Pass::Wait(500));
    assert_eq!(node.ask(A, Want::Look, 1, 499), Pass::Wait(1));
    assert_eq!(node.ask(B, Want::Look, 1, 499), Pass::Go);
    request(&mut node, A, 1, None, 500);
}

#[derive(Clone, Debug)]
enum Step {
    Ask(Want, u32),
    Freed,
    Judged(Option<ErrorClass>, Option<u64>),
    Later(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let want = prop_oneof![Just(Want::Look), Just(Want::Presence), Just(Want::Must)];
    let class = prop_oneof![
        Just(None),
        Just(Some(ErrorClass::Transient)),
        Just(Some(ErrorClass::Throttled)),
        Just(Some(ErrorClass::Permanent)),
    ];
    let step = prop_oneof![
        (want, 1..4_u32).prop_map(|(want, attempt)| Step::Ask(want, attempt)),
        Just(Step::Freed),
        (class, proptest::option::of(0..100_000_u64)).prop_map(|(class, hint)| Step::Judged(class, hint)),
        (0..20_000_u64).prop_map(Step::Later),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    /// Whatever came before: what must go goes, looks never exceed the bulkhead, and every refusal names its end.
    #[test]
    fn no_history_starves_what_must_go(steps in steps()) {
        let limits = NodeLimits::default();
        let mut node = Node::new(limits);
        let (mut now, mut out) = (0_u64, 0_u32);
        for step in steps {
            match step {
                Step::Ask(want, attempt) => {
                    let pass = node.ask(A, want, attempt, now);
                    match pass {
                        Pass::Go => {
                            prop_assert!(want == Want::Must || out < limits.bulkhead);
                            out += 1;
                        }
                        Pass::Queue => prop_assert!(out >= limits.bulkhead),
                        Pass::Wait(ms) => prop_assert!((1..=10_000).contains(&ms)),
                        Pass::Down(ms) => prop_assert!((1..=limits.open_ms).contains(&ms)),
                        Pass::Held(ms) => prop_assert!((1..=limits.most_hold_ms).contains(&ms)),
                        Pass::NoRetries => prop_assert!(attempt > 1),
                    }
                    prop_assert!(want != Want::Must || pass == Pass::Go);
                }
                Step::Freed => {
                    node.freed("http");
                    out = out.saturating_sub(1);
                }
                Step::Judged(class, hint) => node.judged("a:80", class, hint, now),
                Step::Later(ms) => now += ms,
            }
        }
    }
}
