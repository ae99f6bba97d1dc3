//! Several series at once: found together, attributed, scaled, saved.

#![allow(clippy::unwrap_used)]

use heal_signal::detect::multivariate::{self, Joint, Multivariate, MultivariateParams};
use heal_signal::math::rng::Rng;
use heal_signal::{Reason, Series};
use proptest::prelude::*;

fn small(series: usize, shingle: usize) -> Multivariate {
    Multivariate::new(MultivariateParams { series, shingle, trees: 20, sample: 128, ..MultivariateParams::default() })
        .unwrap()
}

/// Load and its processor time in another unit, which go together, and a third that does not care.
fn row(rng: &mut Rng, scale: f64) -> [f64; 3] {
    let load = rng.unit();
    [load, scale * (load + 0.02 * rng.unit()), rng.unit()]
}

#[test]
fn what_no_series_shows_alone_is_found_and_attributed() {
    let mut detector = small(3, 1);
    let mut rng = Rng::new(4);
    for _ in 0..1_000 {
        detector.push(&row(&mut rng, 1e6)).unwrap();
    }
    let usual = detector.push(&[0.9, 0.91e6, 0.5]).unwrap();
    // Both values are ordinary by themselves.
    let odd = detector.push(&[0.9, 0.1e6, 0.5]).unwrap();
    assert!(odd.score > 1.5 * usual.score, "{} {}", odd.score, usual.score);
    let loud = detector.push(&[0.9, 50.0e6, 0.5]).unwrap();
    assert!(loud.reading.alarm, "{loud:?}");
    assert!(loud.by_series[1] > 0.8 && (loud.by_series.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{loud:?}");
    detector.check().unwrap();
}

#[test]
fn the_lag_of_an_outlier_is_named() {
    let mut detector = small(2, 4);
    let mut rng = Rng::new(6);
    for _ in 0..800 {
        detector.push(&[rng.unit(), 5.0 + rng.unit()]).unwrap();
    }
    let first = detector.push(&[30.0, 5.5]).unwrap();
    assert!(first.reading.onset && first.by_series[0] > 0.8 && first.by_lag[0] > 0.8, "{first:?}");
}

#[test]
fn a_series_that_was_constant_counts_like_the_others_once_it_moves() {
    let mut detector = small(2, 1);
    let mut rng = Rng::new(7);
    let mut scores = Vec::new();
    for i in 0..3_000 {
        let still = if i < 1_000 { 5.0 } else { 5.0 + 1e-3 * rng.unit() };
        scores.push(detector.push(&[1e9 * rng.unit(), still]).unwrap().score);
    }
    assert!(scores[1_000] > 2.0, "its first move is news: {}", scores[1_000]);
    let late = scores[2_500..].iter().sum::<f64>() / 500.0;
    assert!(late < 1.3, "later ones are not: {late}");
    assert!(detector.push(&[5e8, 5.01]).unwrap().score > 1.5);
}

#[test]
fn rows_of_another_width_are_refused_and_gaps_carried_on() {
    let mut detector = small(2, 1);
    assert_eq!(detector.push(&[1.0]).unwrap_err(), Reason::Shape { have: 1, need: 2 });
    assert_eq!(detector.push(&[1.0, f64::NAN]).unwrap().score, 0.0);
    detector.push(&[f64::INFINITY, 2.0]).unwrap();
    let seen = detector.push(&[1.0, f64::NAN]).unwrap();
    assert!(seen.score.is_finite());
    for bad in [
        MultivariateParams { series: 0, ..MultivariateParams::default() },
        MultivariateParams { series: 1024, shingle: 2, ..MultivariateParams::default() },
        MultivariateParams { shingle: 0, ..MultivariateParams::default() },
    ] {
        assert!(Multivariate::new(bad).is_err());
    }
    assert_eq!(multivariate::scores(&[], &MultivariateParams::default()).unwrap_err(), Reason::Empty);
}

#[test]
fn series_with_stamps_of_their_own_are_joined() {
    let mut rng = Rng::new(1);
    let pairs = |shift: i64, rng: &mut Rng| -> Series {
        Series::from_pairs(&(0..200).map(|i| (i * 1_000 + shift, rng.unit())).collect::<Vec<_>>())
    };
    let all = [pairs(0, &mut rng), pairs(0, &mut rng), pairs(500, &mut rng)];
    let rows = multivariate::scores(&all, &MultivariateParams::default()).unwrap();
    assert_eq!(rows.len(), 400);
    assert!(rows.windows(2).all(|w| w[0].0 < w[1].0));
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![6 => -100.0..100.0_f64, 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(-1e-300), 1 => Just(0.0)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn saved_and_loaded_is_never_stopped_and_nothing_is_nan(
        rows in prop::collection::vec((value(), value()), 0..120), cut in 0_usize..120,
    ) {
        let mut whole = small(2, 2);
        let mut parts = whole.clone();
        for (i, &(a, b)) in rows.iter().enumerate() {
            if i == cut {
                parts = serde_json::from_str(&serde_json::to_string(&parts).unwrap()).unwrap();
                prop_assert!(parts.check().is_ok());
            }
            let (x, y): (Joint, Joint) = (whole.push(&[a, b]).unwrap(), parts.push(&[a, b]).unwrap());
            prop_assert!(x.score.is_finite() && x.score >= 0.0 && (0.0..=1.0).contains(&x.reading.score));
            prop_assert_eq!(x, y);
        }
        prop_assert_eq!(serde_json::to_string(&whole).unwrap(), serde_json::to_string(&parts).unwrap());
    }

    /// A power of two of the unit of one series changes nothing.
    #[test]
    fn units_do_not_matter(rows in prop::collection::vec((-1000_i32..1000, -1000_i32..1000), 1..150), power in -30_i32..30) {
        let run = |factor: f64| {
            let mut detector = small(2, 1);
            rows.iter().map(|&(a, b)| detector.push(&[f64::from(a), factor * f64::from(b)]).unwrap().score).collect::<Vec<f64>>()
        };
        prop_assert_eq!(run(1.0), run(libm::exp2(f64::from(power))));
    }
}
