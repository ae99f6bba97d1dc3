//! Numbers that someone else's implementation gives (scipy and statsmodels, November 2026).

#![allow(clippy::unwrap_used)]

use heal_signal::changepoint::online::{Online, OnlineParams};
use heal_signal::compare::{drift, effect, lag};
use heal_signal::forecast::season;
use heal_signal::math::rng::Rng;
use heal_signal::math::{normal, stats};
use heal_signal::{Reason, Series};
use proptest::prelude::*;

const A: [f64; 10] = [1.0, 2.5, 3.1, 4.7, 5.2, 6.8, 7.1, 8.9, 9.4, 10.0];
const B: [f64; 8] = [3.3, 4.1, 5.9, 6.2, 8.8, 9.9, 11.5, 12.1];

fn near(have: f64, want: f64, within: f64) {
    assert!((have - want).abs() <= within, "{have} instead of {want}");
}

#[test]
fn scipy_agrees() {
    // scipy.stats: ks_2samp, wasserstein_distance, pearsonr, norm.ppf, norm.sf, median_abs_deviation(scale="normal").
    let drift = drift::between(&A, &B).unwrap();
    near(drift.ks, 0.3, 1e-12);
    near(drift.ks_probability, 0.7708, 0.1);
    near(drift.wasserstein, 1.855, 1e-12);
    near(stats::correlation(&A[..8], &B), 0.971_652_765_869_122_4, 1e-12);
    near(normal::quantile(0.975), 1.959_963_984_540_054, 1e-10);
    near(normal::tail(3.0), 0.001_349_898_031_630_093_3, 1e-15);
    near(stats::median_and_scale(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap().1, 1.482_602_218_505_602, 1e-12);
    // The definition of Cliff's delta, counted out.
    near(effect::compare(&A, &B, 0.9).unwrap().delta, 0.3, 1e-12);
}

#[test]
fn statsmodels_agrees() {
    // statsmodels.tsa.stattools.acf([...], fft=False)
    let x = [1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 8.0, 7.0, 9.0, 12.0];
    near(season::autocorrelation(&x, 1), 0.525_552_35, 1e-7);
    near(season::autocorrelation(&x, 3), 0.177_041_31, 1e-7);
}

#[test]
fn an_effect_has_an_interval_and_a_lead_is_found() {
    let mut rng = Rng::new(2);
    let before: Vec<f64> = (0..60).map(|_| 100.0 + rng.unit()).collect();
    let after: Vec<f64> = (0..60).map(|_| 80.0 + rng.unit()).collect();
    let effect = effect::compare(&before, &after, 0.95).unwrap();
    assert!(effect.clear && effect.lower > -21.0 && effect.upper < -19.0 && effect.delta == -1.0, "{effect:?}");
    let same = effect::compare(&before[..30], &before[30..], 0.95).unwrap();
    assert!(!same.clear, "{same:?}");
    let cause: Vec<f64> = (0..200).map(|_| rng.unit()).collect();
    let later: Vec<f64> = (0..200).map(|i| if i >= 3 { cause[i - 3] + 0.1 * rng.unit() } else { 0.5 }).collect();
    let lag = lag::find(&Series::from_values(&cause, 10_000), &Series::from_values(&later, 10_000), 100_000).unwrap();
    assert_eq!(lag.lead_ms, 30_000);
    assert!(lag.correlation > 0.9 && lag.confidence > 0.99, "{lag:?}");
    let flat = Series::from_values(&[1.0; 20], 10_000);
    assert!(matches!(lag::find(&flat, &flat, 0), Err(Reason::Constant { .. })));
}

#[test]
fn the_online_detector_sees_a_shift_and_resumes() {
    let mut rng = Rng::new(8);
    let values: Vec<f64> = (0..120).map(|i| if i < 80 { 10.0 } else { 14.0 } + rng.unit()).collect();
    let mut online = Online::new(OnlineParams::default()).unwrap();
    let mut copy = online.clone();
    for (i, &v) in values.iter().enumerate() {
        let held = online.push(v);
        if i == 60 {
            copy = serde_json::from_str(&serde_json::to_string(&copy).unwrap()).unwrap();
        }
        assert_eq!(copy.push(v), held);
        if let Some(h) = held {
            assert!(!(81..=84).contains(&i) || h.recent > 0.5, "{i} {h:?}");
            if i == 119 {
                assert!((38..=41).contains(&h.run), "{h:?}");
                near(h.level, 14.5, 0.3);
            }
        }
    }
    online.check().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn comparisons_never_give_nan(
        a in prop::collection::vec(prop_oneof![3 => -5.0..5.0_f64, 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(0.0)], 0..40),
        b in prop::collection::vec(prop_oneof![3 => -5.0..5.0_f64, 1 => Just(f64::INFINITY), 1 => Just(-1e300), 1 => Just(0.0)], 0..40),
    ) {
        if let Ok(d) = drift::between(&a, &b) {
            prop_assert!((0.0..=1.0).contains(&d.ks) && (0.0..=1.0).contains(&d.ks_probability) && d.psi.is_finite() && d.wasserstein.is_finite());
        }
        if let Ok(e) = effect::compare(&a, &b, 0.9) {
            prop_assert!(e.lower <= e.change && e.change <= e.upper && (-1.0..=1.0).contains(&e.delta));
        }
        if let Ok(l) = lag::find(&Series::from_values(&a, 5), &Series::from_values(&b, 7), 50) {
            prop_assert!((-1.0..=1.0).contains(&l.correlation) && (0.0..=1.0).contains(&l.confidence));
        }
        let mut online = Online::new(OnlineParams::default()).unwrap();
        for v in a.iter().chain(&b) {
            if let Some(h) = online.push(*v) {
                prop_assert!((0.0..=1.0).contains(&h.recent) && h.level.is_finite());
            }
        }
    }
}
