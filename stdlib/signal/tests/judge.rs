//! The judgements that playbooks ask for, on short operations-like series.

use heal_signal::math::rng::Rng;
use heal_signal::{Reason, Series, changepoint, rcf, zscore};
use proptest::prelude::*;

/// Uniform noise in ±0.5, the same for the same index.
fn wobble(i: usize) -> f64 {
    Rng::new(i as u64).unit() - 0.5
}

/// `quiet` points around a base, then `loud` points around another.
fn step(quiet: usize, loud: usize, base: f64, high: f64, noise: f64) -> Series {
    let values: Vec<f64> =
        (0..quiet + loud).map(|i| (if i < quiet { base } else { high }) + noise * wobble(i)).collect();
    Series::from_values(&values, 1_000)
}

#[test]
fn a_step_up_is_an_alarm_while_it_lasts() {
    for (quiet, loud) in [(60, 1), (60, 20), (40, 20), (120, 120), (200, 40)] {
        for (base, high, noise) in [(0.0, 0.3, 0.0), (0.01, 0.3, 0.01), (100.0, 180.0, 10.0)] {
            let series = step(quiet, loud, base, high, noise);
            let onset = Some(series.at[quiet]);
            let z = zscore::judge(&series, &zscore::ZscoreParams::default()).unwrap();
            assert!(z.alarm && z.since == onset, "zscore {quiet} {loud} {base}: {z:?}");
            let r = rcf::judge(&series, &rcf::RcfParams::default()).unwrap();
            assert!(r.alarm && r.since == onset, "rcf {quiet} {loud} {base}: {r:?}");
            if loud >= 3 {
                let c = changepoint::last(&series, &changepoint::Params::default()).unwrap().unwrap();
                assert_eq!(Some(c.at), onset, "{c:?}");
                assert!(c.size > 0.2 && c.confidence > 0.99);
            }
        }
    }
}

#[test]
fn quiet_series_raise_nothing() {
    for noise in [0.0, 1.0] {
        let series = step(240, 0, 5.0, 5.0, noise);
        assert!(!zscore::judge(&series, &zscore::ZscoreParams::default()).unwrap().alarm);
        assert!(!rcf::judge(&series, &rcf::RcfParams::default()).unwrap().alarm);
        assert_eq!(changepoint::last(&series, &changepoint::Params::default()).unwrap(), None);
    }
}

#[test]
fn an_alarm_ends_with_the_anomaly() {
    let values: Vec<f64> =
        (0..200).map(|i| if (100..130).contains(&i) { 0.3 } else { 0.0 } + 0.01 * wobble(i)).collect();
    let series = Series::from_values(&values, 30_000);
    assert!(!zscore::judge(&series, &zscore::ZscoreParams::default()).unwrap().alarm);
    assert!(!rcf::judge(&series, &rcf::RcfParams::default()).unwrap().alarm);
    let change = changepoint::last(&series, &changepoint::Params::default()).unwrap().unwrap();
    assert_eq!(change.at, 130 * 30_000);
    assert!(change.size < 0.0);
}

#[test]
fn reasons_instead_of_guesses() {
    let empty = Series::default();
    let missing = Series::from_values(&[f64::NAN, f64::INFINITY], 1_000);
    let short = Series::from_values(&[1.0, 2.0], 1_000);
    let params = zscore::ZscoreParams::default();
    assert_eq!(zscore::judge(&empty, &params), Err(Reason::Empty));
    assert_eq!(zscore::judge(&missing, &params), Err(Reason::AllMissing));
    assert!(matches!(zscore::judge(&short, &params), Err(Reason::TooFewPoints { have: 2, .. })));
    let bad = rcf::RcfParams { shingle: 0, ..rcf::RcfParams::default() };
    assert!(matches!(rcf::judge(&step(60, 1, 0.0, 1.0, 0.1), &bad), Err(Reason::Parameter { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever comes in, the answer is finite and within its range.
    #[test]
    fn answers_stay_in_range(
        pairs in prop::collection::vec(
            (any::<i64>(), prop_oneof![
                4 => -1e3..1e3_f64,
                1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(1e300), 1 => Just(-1e300), 1 => Just(0.0), 1 => Just(1e-300),
            ]),
            0..120,
        )
    ) {
        let series = Series::from_pairs(&pairs);
        for judgement in [
            zscore::judge(&series, &zscore::ZscoreParams::default()),
            rcf::judge(&series, &rcf::RcfParams { trees: 8, ..rcf::RcfParams::default() }),
        ].into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&judgement.score), "{judgement:?}");
            prop_assert!((0.0..=1.0).contains(&judgement.grade));
            prop_assert!((0.0..=1.0).contains(&judgement.confidence));
        }
        if let Ok(changes) = changepoint::all(&series, &changepoint::Params { least_confidence: 0.0, ..changepoint::Params::default() }) {
            for change in changes {
                prop_assert!(change.before.is_finite() && change.after.is_finite() && (0.0..=1.0).contains(&change.confidence));
            }
        }
    }
}

/// What a rate over five overlapping points looks like: a constant 0, a ramp, then a noisy plateau.
fn smoothed_plateau(zeros: usize, plateau: usize, seed: u64) -> Series {
    let mut state = seed;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let raw: Vec<f64> = (0..zeros + plateau).map(|i| if i < zeros { 0.0 } else { 0.25 + 0.08 * noise() }).collect();
    let value = (0..raw.len()).map(|i| raw[i.saturating_sub(4)..=i].iter().sum::<f64>() / 5.0).collect();
    Series { at: (0..raw.len()).map(|i| i as i64 * 1000).collect(), value }
}

#[test]
fn the_last_change_is_the_jump_and_no_wave_of_a_smoothed_plateau() {
    for seed in 0..200 {
        for (zeros, plateau) in [(26, 60), (60, 60), (60, 26), (30, 150)] {
            let series = smoothed_plateau(zeros, plateau, seed);
            let change = changepoint::last(&series, &changepoint::Params::default()).unwrap().unwrap();
            let late = change.at - zeros as i64 * 1000;
            assert!((0..=5000).contains(&late), "seed {seed}, {zeros} + {plateau}: {late} ms late, {change:?}");
        }
    }
}
