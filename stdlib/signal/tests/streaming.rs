//! Properties of every streaming detector: causal, the same after saving and loading, the same bytes out, never NaN.

#![allow(clippy::unwrap_used)]

use heal_signal::Series;
use heal_signal::detect::alarm::{Alarm, AlarmParams};
use heal_signal::detect::auto::{self, Auto, AutoParams};
use heal_signal::detect::cusum::{Cusum, CusumParams};
use heal_signal::detect::flatline::Flatline;
use heal_signal::detect::level::{Level, LevelParams};
use heal_signal::detect::peers;
use heal_signal::forest::{Forest, ForestParams};
use heal_signal::math::rng::Rng;
use heal_signal::rcf::{Rcf, RcfParams};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -100.0..100.0_f64,
        2 => Just(5.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(1e300),
        1 => Just(-1e300),
        1 => Just(1e-300),
    ]
}

fn small() -> RcfParams {
    RcfParams { trees: 6, sample: 16, shingle: 3, ..RcfParams::default() }
}

/// Runs a detector over a series, saved and loaded at `cut`.
fn through<D>(
    mut detector: D,
    pairs: &[(i64, f64)],
    cut: usize,
    push: impl Fn(&mut D, i64, f64) -> f64,
) -> (Vec<f64>, String)
where
    D: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut out = Vec::new();
    for (i, &(at, v)) in pairs.iter().enumerate() {
        if i == cut {
            let text = serde_json::to_string(&detector).unwrap();
            detector = serde_json::from_str(&text).unwrap();
        }
        out.push(push(&mut detector, at, v));
    }
    (out, serde_json::to_string(&detector).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn saved_and_loaded_is_never_stopped_and_nothing_is_nan(
        pairs in prop::collection::vec((-1_000_000_000_000_i64..1_000_000_000_000, value()), 0..150), cut in 0_usize..150,
    ) {
        let never = usize::MAX;
        let auto = || Auto::new(AutoParams::default()).unwrap();
        let rcf = || Rcf::new(small()).unwrap();
        let cusum = || Cusum::new(CusumParams::default()).unwrap();
        let level = || Level::new(LevelParams::default()).unwrap();
        let a = (through(auto(), &pairs, never, |d, t, v| d.push(t, v).score), through(auto(), &pairs, cut, |d, t, v| d.push(t, v).score));
        let b = (through(rcf(), &pairs, never, |d, _, v| d.push(v)), through(rcf(), &pairs, cut, |d, _, v| d.push(v)));
        let c = (through(cusum(), &pairs, never, |d, _, v| d.push(v).score), through(cusum(), &pairs, cut, |d, _, v| d.push(v).score));
        let d = (through(level(), &pairs, never, |d, _, v| d.push(v).score), through(level(), &pairs, cut, |d, _, v| d.push(v).score));
        let e = (through(Flatline::new(), &pairs, never, |d, t, v| d.push(t, v).score), through(Flatline::new(), &pairs, cut, |d, t, v| d.push(t, v).score));
        for ((whole, state), (parts, other)) in [a, b.clone(), c, d, e] {
            prop_assert!(whole.iter().all(|s| s.is_finite() && *s >= 0.0));
            prop_assert_eq!(whole, parts);
            prop_assert_eq!(state, other);
        }
        let loaded: Rcf = serde_json::from_str(&b.0.1).unwrap();
        prop_assert!(loaded.check().is_ok());
    }

    /// Shift and a power of two of scale change no score of the forest; the clock's origin changes none of the layer's.
    #[test]
    fn the_forest_ignores_shift_and_scale(values in prop::collection::vec(-1000_i32..1000, 1..120), power in -20_i32..20) {
        let run = |scale: f64, shift: f64| {
            let mut rcf = Rcf::new(small()).unwrap();
            values.iter().map(|&v| rcf.push((f64::from(v) + shift) * scale)).collect::<Vec<f64>>()
        };
        prop_assert_eq!(run(1.0, 0.0), run(libm::exp2(f64::from(power)), 0.0));
        prop_assert_eq!(run(1.0, 0.0), run(1.0, 4096.0));
    }
}

#[test]
fn an_outlier_scores_highest_and_is_attributed_to_its_lag() {
    let mut forest = Forest::new(ForestParams { width: 3, ..ForestParams::default() }).unwrap();
    let mut rng = Rng::new(1);
    for _ in 0..600 {
        let p = [rng.unit() as f32, rng.unit() as f32, rng.unit() as f32];
        forest.update(&p);
    }
    let usual = forest.score(&[0.5, 0.5, 0.5]);
    let odd = forest.score(&[0.5, 9.0, 0.5]);
    assert!(usual < 1.5 && odd > 3.0, "{usual} {odd}");
    let parts = forest.attribution(&[0.5, 9.0, 0.5]);
    assert!(parts.high[1] > 0.9 * odd, "{parts:?}");
    let sum: f64 = parts.high.iter().chain(&parts.low).sum();
    assert!((sum - odd).abs() < 1e-3 * odd, "{sum} {odd}");
    assert!(forest.displacement(&[0.5, 9.0, 0.5]) > 50.0 * forest.displacement(&[0.5, 0.5, 0.5]));
    forest.check().unwrap();
}

#[test]
fn a_damaged_state_is_refused() {
    let mut rcf = Rcf::new(small()).unwrap();
    for i in 0..50 {
        rcf.push(f64::from(i % 7));
    }
    let good = serde_json::to_string(&rcf).unwrap();
    let bad: Rcf = serde_json::from_str(&good.replacen("\"version\":1", "\"version\":9", 1)).unwrap();
    assert!(bad.check().is_err());
}

#[test]
fn alarms_are_sparse_and_need_more_each_time() {
    let mut alarm = Alarm::new(AlarmParams { warm_up: 0, ..AlarmParams::default() }).unwrap();
    let gate = AlarmParams::default().gate + 0.01;
    assert!(alarm.push(gate).onset);
    assert!(!alarm.push(gate).onset);
    assert!(alarm.push(gate * 2.0).onset);
    let params = AlarmParams { gate: 0.0, ..AlarmParams::default() };
    assert!(Alarm::new(params).is_err());
}

#[test]
fn a_shift_moves_the_sums_and_silence_shows() {
    let mut cusum = Cusum::new(CusumParams::default()).unwrap();
    let mut rng = Rng::new(3);
    let mut fired = None;
    for i in 0..200 {
        let shift = if i < 100 { 0.0 } else { 1.0 };
        if cusum.push(rng.unit() + shift).alarm && fired.is_none() {
            fired = Some(i);
        }
    }
    assert!(fired.is_some_and(|i| (100..110).contains(&i)), "{fired:?}");
    let mut flat = Flatline::new();
    for i in 0..50 {
        flat.push(i * 1000, (i % 5) as f64);
    }
    assert!(flat.push(50_000, 1.0).score < 0.5);
    assert!(flat.push(60_000, f64::NAN).score > 0.5);
}

#[test]
fn the_odd_pod_is_found() {
    let pods: Vec<Series> = (0..5)
        .map(|p| {
            let values: Vec<f64> =
                (0..30).map(|i| f64::from(i % 4) + if p == 3 { 5.0 } else { 0.1 * f64::from(p) }).collect();
            Series::from_values(&values, 1000)
        })
        .collect();
    let ranked = peers::rank(&pods).unwrap();
    assert_eq!(ranked[0].index, 3);
    assert!(ranked[0].score > 0.5 && ranked[1].score < 0.5, "{ranked:?}");
    assert!(peers::rank(&pods[..2]).is_err());
}

#[test]
fn auto_judges_short_series() {
    let mut rng = Rng::new(9);
    for (quiet, loud, base, high, noise) in
        [(60, 5, 0.0, 0.3, 0.0), (200, 20, 0.01, 0.4, 0.01), (200, 0, 5.0, 5.0, 1.0)]
    {
        let values: Vec<f64> =
            (0..quiet + loud).map(|i| if i < quiet { base } else { high } + noise * (rng.unit() - 0.5)).collect();
        let judgement = auto::judge(&Series::from_values(&values, 5_000), &AutoParams::default()).unwrap();
        assert_eq!(judgement.alarm, loud > 0, "{quiet} {base}: {judgement:?}");
    }
}
