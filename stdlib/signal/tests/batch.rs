//! Batch detectors find what was planted, and refuse or survive the rest.

use heal_signal::batch::{discord, residual, subspace};
use heal_signal::math::rng::Rng;
use heal_signal::{Reason, Series};
use proptest::prelude::*;

/// A noisy wave of 400 points with a flat piece at 200..230 and a spike at 300.
fn planted() -> Series {
    let mut rng = Rng::new(4);
    let values: Vec<f64> = (0..400)
        .map(|i| {
            let wave = libm::sin(f64::from(i) * 0.3) + 0.1 * rng.unit();
            if (200..230).contains(&i) {
                0.9
            } else if i == 300 {
                wave + 4.0
            } else {
                wave
            }
        })
        .collect();
    Series::from_values(&values, 1_000)
}

fn top(score: &[f64]) -> usize {
    (0..score.len()).max_by(|&a, &b| score[a].total_cmp(&score[b])).unwrap_or(0)
}

#[test]
fn what_was_planted_is_found() {
    let series = planted();
    assert_eq!(top(&residual::scores(&series, 5).unwrap().score), 300);
    let found = top(&discord::scores(&series, 20).unwrap().score);
    assert!((190..240).contains(&found) || (280..320).contains(&found), "{found}");
    let found = top(&subspace::scores(&series, Some(20)).unwrap().score);
    assert!((280..320).contains(&found), "{found}");
    assert!(!subspace::scores(&series, None).unwrap().causal);
}

#[test]
fn constants_and_short_series_are_refused() {
    let flat = Series::from_values(&[3.0; 200], 1);
    assert!(matches!(subspace::scores(&flat, None), Err(Reason::Constant { .. })));
    assert!(matches!(discord::scores(&Series::from_values(&[1.0; 10], 1), 4), Err(Reason::TooFewPoints { .. })));
    assert!(matches!(residual::scores(&flat, 1), Err(Reason::Parameter { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn scores_are_in_range(values in prop::collection::vec(prop_oneof![4 => -10.0..10.0_f64, 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(0.0), 1 => Just(-1e-300)], 0..140)) {
        let series = Series::from_values(&values, 1_000);
        let results = [subspace::scores(&series, Some(8)), discord::scores(&series, 8), residual::scores(&series, 4)];
        for scores in results.into_iter().flatten() {
            prop_assert_eq!(scores.score.len(), series.len());
            prop_assert!(scores.score.iter().all(|s| (0.0..=1.0).contains(s)), "{:?}", scores);
        }
    }
}
