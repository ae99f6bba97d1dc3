//! The layers around the streaming detectors: counters before them, calibration and alarms behind them; and the simple
//! detectors that stand alone.

#![allow(clippy::unwrap_used)]

use heal_signal::Series;
use heal_signal::detect::alarm::{Alarm, AlarmParams};
use heal_signal::detect::auto::{self, Auto, AutoParams};
use heal_signal::detect::calibrated::{Calibrated, CalibratedParams};
use heal_signal::detect::input::{Input, Kind};
use heal_signal::detect::novelty::{Novelty, NoveltyParams};
use heal_signal::detect::seasonal::{Seasonal, SeasonalParams};
use heal_signal::math::rng::Rng;

/// A counter that grows by about 10 a second and is reset at `reset`.
fn counter(points: usize, reset: usize) -> Vec<(i64, f64)> {
    let mut rng = Rng::new(5);
    let mut total = 0.0;
    (0..points)
        .map(|i| {
            total = if i == reset { 3.0 } else { total + 100.0 + 20.0 * rng.unit() };
            (i as i64 * 10_000, total)
        })
        .collect()
}

#[test]
fn a_counter_becomes_its_rate_which_is_unknown_over_a_reset() {
    let mut input = Input::new(Kind::Counter);
    let rates: Vec<f64> = counter(50, 20).iter().map(|&(t, v)| input.push(t, v)).collect();
    for (i, rate) in rates.iter().enumerate() {
        assert_eq!(rate.is_nan(), i == 0 || i == 20, "{i}");
        assert!(rate.is_nan() || (10.0..=12.0).contains(rate), "{i}: {rate}");
    }
    assert_eq!(input.resets(), 1);
    // A stamp that repeats or goes back says nothing about a rate.
    assert!(input.push(490_000, 1e9).is_nan());
    input.check().unwrap();
}

#[test]
fn a_reset_counter_raises_no_alarm_and_a_gauge_that_falls_does() {
    for kind in [Kind::Auto, Kind::Counter] {
        let mut auto = Auto::new(AutoParams { kind, ..AutoParams::default() }).unwrap();
        for (i, (t, v)) in counter(600, 400).into_iter().enumerate() {
            assert!(!auto.push(t, v).onset, "{kind:?} at {i}");
        }
    }
    // A series that falls now and then is no counter: its fall to zero is one.
    let mut rng = Rng::new(8);
    let values: Vec<f64> = (0..300).map(|i| if i < 290 { 50.0 + rng.unit() } else { 0.0 }).collect();
    assert!(auto::judge(&Series::from_values(&values, 60_000), &AutoParams::default()).unwrap().alarm);
}

#[test]
fn a_counter_that_is_reset_is_not_judged_anomalous_now() {
    let series = Series::from_pairs(&counter(200, 190));
    assert!(!auto::judge(&series, &AutoParams::default()).unwrap().alarm);
    let counted = AutoParams { kind: Kind::Counter, ..AutoParams::default() };
    assert!(!auto::judge(&series, &counted).unwrap().alarm);
}

/// Surprises through a layer without warm-up and habit; onsets and what is active.
fn readings(params: AlarmParams, surprises: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut alarm = Alarm::new(AlarmParams { warm_up: 0, habit: 0.0, ..params }).unwrap();
    let all: Vec<_> = surprises.iter().map(|&s| alarm.push(s)).collect();
    let which = |f: &dyn Fn(usize) -> bool| (0..all.len()).filter(|&i| f(i)).collect();
    (which(&|i| all[i].alarm), which(&|i| all[i].active))
}

#[test]
fn debounce_waits_for_several_rows_in_a_row() {
    let surprises = [9.0, 0.0, 9.0, 9.0, 9.0, 0.0];
    let (alarms, _) = readings(AlarmParams { debounce: 3, ..AlarmParams::default() }, &surprises);
    assert_eq!(alarms, [4]);
    let (alarms, _) = readings(AlarmParams::default(), &surprises);
    assert_eq!(alarms, [0]);
}

#[test]
fn an_alarm_holds_until_it_has_been_calm_for_some_rows() {
    let surprises = [0.0, 9.0, 3.0, 1.0, 3.0, 1.0, 1.0, 1.0, 1.0];
    let params = AlarmParams { calm: 2, ..AlarmParams::default() };
    assert_eq!(readings(params, &surprises).1, [1, 2, 3, 4, 5]);
}

#[test]
fn the_next_alarm_waits_for_the_pause_and_when_asked_for_the_end_of_the_last() {
    let mut surprises = vec![8.0; 12];
    let short = AlarmParams { pause: 4, calm: 2, ..AlarmParams::default() };
    assert_eq!(readings(short.clone(), &surprises).0, [0, 5, 10]);
    let rearmed = AlarmParams { rearm: true, ..short };
    assert_eq!(readings(rearmed.clone(), &surprises).0, [0]);
    surprises[6] = 0.0;
    surprises[7] = 0.0;
    assert_eq!(readings(rearmed.clone(), &surprises).0, [0, 8]);
    // Something rarer by the rise breaks through.
    surprises[3] = 13.0;
    assert_eq!(readings(rearmed, &surprises).0, [0, 3, 8]);
}

#[test]
fn grade_and_probability_follow_the_surprise() {
    let mut alarm = Alarm::new(AlarmParams { warm_up: 0, ..AlarmParams::default() }).unwrap();
    let low = alarm.push(2.0);
    assert!((low.probability - 0.01).abs() < 1e-12 && low.grade == 0.0);
    let (high, higher) = (alarm.push(6.0), alarm.push(60.0));
    assert!(0.0 < high.grade && high.grade < higher.grade && higher.grade <= 1.0);
    for bad in [
        AlarmParams { debounce: 0, ..AlarmParams::default() },
        AlarmParams { release: 0.0, ..AlarmParams::default() },
        AlarmParams { release: 1.5, ..AlarmParams::default() },
        AlarmParams { forget: f64::NAN, ..AlarmParams::default() },
    ] {
        assert!(Alarm::new(bad).is_err());
    }
}

#[test]
fn any_score_becomes_a_probability_by_the_scores_before_it() {
    let mut layer = Calibrated::new(CalibratedParams::default()).unwrap();
    let mut rng = Rng::new(11);
    let mut ordinary = 0;
    for _ in 0..5_000 {
        ordinary += usize::from(layer.push(-libm::log(rng.unit())).alarm);
    }
    assert!(ordinary <= 2, "{ordinary}");
    // Of 5000 exponential variables the largest is about 8.5.
    let reading = layer.push(40.0);
    assert!(reading.alarm && reading.probability < 1e-5, "{reading:?}");
    layer.check().unwrap();
    assert!(Calibrated::new(CalibratedParams { keep: 1, ..CalibratedParams::default() }).is_err());
}

#[test]
fn novelty_is_zero_inside_the_seen_range_and_grows_outside() {
    let mut novelty = Novelty::new(NoveltyParams::default()).unwrap();
    for i in 0..100 {
        novelty.push(f64::from(i % 11));
    }
    assert_eq!(novelty.push(4.5).score, 0.0);
    let near = novelty.push(12.0);
    let far = novelty.push(40.0);
    assert_eq!((near.distance, far.distance), (2.0, 28.0));
    assert!(near.score < 0.5 && far.score > 0.5);
    assert_eq!(novelty.push(-3.0).distance, -3.0);
    assert_eq!(novelty.push(40.0).score, 0.0, "seen by now");
    let mut forgetful = Novelty::new(NoveltyParams { forget: 0.01, ..NoveltyParams::default() }).unwrap();
    forgetful.push(100.0);
    for i in 0..2_000 {
        forgetful.push(f64::from(i % 11));
    }
    assert!(forgetful.push(100.0).score > 0.5);
}

#[test]
fn what_is_usual_at_noon_is_odd_at_midnight() {
    let mut seasonal = Seasonal::new(SeasonalParams { phases: 24, ..SeasonalParams::default() }).unwrap();
    let mut rng = Rng::new(2);
    let hour = 3_600_000;
    let mut highest = 0.0_f64;
    for i in 0..24 * 14 {
        let level = if (9..17).contains(&(i % 24)) { 100.0 } else { 10.0 };
        highest = highest.max(seasonal.push(i * hour, level + rng.unit()).score);
    }
    assert!(highest < 0.5, "{highest}");
    let noon = seasonal.push((14 * 24 + 12) * hour, 100.5);
    let midnight = seasonal.push(15 * 24 * hour, 100.5);
    assert!(noon.score < 0.3 && midnight.score > 0.5 && midnight.z > 5.0, "{noon:?} {midnight:?}");
    assert!((midnight.expected.unwrap() - 10.5).abs() < 0.6);
    // A gap of a year moves no phase: hours are found by the stamp.
    assert!(seasonal.push((379 * 24 + 12) * hour, 100.5).score < 0.3);
    seasonal.check().unwrap();
    assert!(Seasonal::new(SeasonalParams { period_ms: 0, ..SeasonalParams::default() }).is_err());
}
