//! Rates of log templates through the alarm layer; the masked difference.

#![allow(clippy::unwrap_used)]

use heal_signal::Reason;
use heal_signal::logs::diff;
use heal_signal::logs::rate::{RateAnomaly, RateKind, RateParams, Rates};
use heal_signal::math::rng::Rng;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

/// Feeds minutes of ordinary traffic: about 20 requests and 2 retries a minute.
fn ordinary(rates: &mut Rates, rng: &mut Rng, minutes: std::ops::Range<i64>) -> Vec<RateAnomaly> {
    let mut alarms = Vec::new();
    for minute in minutes {
        let (requests, retries) = (16 + rng.below(9), rng.below(5));
        for k in 0..requests {
            let line = format!("request {} answered in {} ms", rng.below(1_000), rng.below(90));
            alarms.extend(rates.push(minute * MINUTE + k as i64, &line));
        }
        for k in 0..retries {
            alarms.extend(rates.push(minute * MINUTE + 100 + k as i64, &format!("retrying upstream attempt {k}")));
        }
    }
    alarms
}

#[test]
fn ordinary_traffic_is_quiet_and_a_burst_a_silence_and_a_new_error_are_not() {
    let mut rates = Rates::new(RateParams::default()).unwrap();
    let mut rng = Rng::new(3);
    assert_eq!(ordinary(&mut rates, &mut rng, 0..200), Vec::new());
    // A burst of retries and an error never seen.
    for k in 0..40 {
        rates.push(200 * MINUTE + k, &format!("retrying upstream attempt {k}"));
        rates.push(200 * MINUTE + k, "connection refused by upstream");
    }
    let alarms = rates.advance(201 * MINUTE);
    let kinds: Vec<(RateKind, &str, u64)> = alarms.iter().map(|a| (a.kind, a.text.as_str(), a.count)).collect();
    assert!(kinds.contains(&(RateKind::More, "retrying upstream attempt <*>", 40)), "{kinds:?}");
    assert!(kinds.contains(&(RateKind::New, "connection refused by upstream", 40)), "{kinds:?}");
    assert!(kinds.iter().any(|k| k.0 == RateKind::Less && k.1.starts_with("request")), "{kinds:?}");
    assert!(alarms.iter().all(|a| a.at == 200 * MINUTE));
    rates.check().unwrap();
}

#[test]
fn silence_is_noticed_by_the_clock_alone() {
    let mut rates = Rates::new(RateParams::default()).unwrap();
    let mut rng = Rng::new(5);
    ordinary(&mut rates, &mut rng, 0..100);
    let alarms = rates.advance(103 * MINUTE);
    assert_eq!(alarms.iter().filter(|a| a.kind == RateKind::Less).count(), 1, "{alarms:?}");
    // Long after, nothing is counted one by one.
    assert!(rates.advance(i64::MAX).len() <= 2);
    assert!(rates.advance(i64::MIN).is_empty());
}

#[test]
fn a_merged_template_keeps_the_rate_of_its_parts() {
    let mut rates = Rates::new(RateParams::default()).unwrap();
    let names = ["alice.x", "bob.x", "carol.x"];
    let mut alarms = Vec::new();
    for minute in 0..60 {
        // The third name, which merges the three, comes late.
        for name in &names[..if minute < 40 { 2 } else { 3 }] {
            for k in 0..5 {
                alarms.extend(rates.push(minute * MINUTE + k, &format!("login of user {name} at the front door")));
            }
        }
    }
    assert_eq!(alarms, Vec::new());
}

#[test]
fn settings_out_of_range_are_refused() {
    for bad in [
        RateParams { interval_ms: 0, ..RateParams::default() },
        RateParams { most: 0, ..RateParams::default() },
        RateParams { slow: 0.0, ..RateParams::default() },
    ] {
        assert!(matches!(Rates::new(bad), Err(Reason::Parameter { .. })));
    }
}

#[test]
fn only_what_the_passing_run_never_said_is_new() {
    let pass = ["compiled 12 files in 3.1 s", "ok"];
    let fail = ["compiled 14 files in 2.9 s", "", "cannot find symbol Foo", "ok"];
    assert_eq!(diff::new_lines(&fail, &pass), vec![3]);
    assert_eq!(diff::new_lines(&[], &pass), Vec::<usize>::new());
    assert_eq!(diff::new_lines(&fail, &[]), vec![1, 3, 4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn saved_and_loaded_is_never_stopped(
        lines in prop::collection::vec((-3_i64..200, "[a-c]{1,3} [a-b]{1,2} [0-9]{0,2}"), 0..80), cut in 0_usize..80,
    ) {
        let mut whole = Rates::new(RateParams::default()).unwrap();
        let mut parts = whole.clone();
        for (i, (minute, line)) in lines.iter().enumerate() {
            if i == cut {
                parts = serde_json::from_str(&serde_json::to_string(&parts).unwrap()).unwrap();
                prop_assert!(parts.check().is_ok());
            }
            let alarms = whole.push(minute * MINUTE, line);
            prop_assert!(alarms.iter().all(|a| a.expected.is_finite() && a.expected >= 0.0 && a.reading.surprise.is_finite()));
            prop_assert_eq!(alarms, parts.push(minute * MINUTE, line));
        }
        prop_assert_eq!(serde_json::to_string(&whole).unwrap(), serde_json::to_string(&parts).unwrap());
    }
}
