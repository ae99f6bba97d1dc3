//! Detectors against numbers that someone else's implementation gives (November 2026): rrcf 0.4 (mean of 4000 trees),
//! statsmodels 0.15 (Holt), numpy 2.4 (eigenvalues and inverse of the covariance of windows).

#![allow(clippy::unwrap_used)]

use heal_signal::Series;
use heal_signal::batch::subspace;
use heal_signal::detect::level::{Level, LevelParams};
use heal_signal::forest::{Forest, ForestParams};

/// `(31 t² + 7 t) mod m`: noise that both sides can compute.
fn rough(t: usize, m: usize) -> f64 {
    ((t * t * 31 + 7 * t) % m) as f64
}

#[test]
fn a_forest_of_many_trees_has_the_expectations_of_rrcf() {
    let params = ForestParams { trees: 1_000, sample: 64, width: 2, decay: Some(0.0), seed: 3 };
    let mut forest = Forest::new(params).unwrap();
    for i in 0..40 {
        let x = rough(i, 41) / 41.0;
        let y = 2.0 * ((i * 17 + i * i * 5) % 43) as f64 / 43.0;
        forest.update(&[x as f32, y as f32]);
    }
    // Displacement of the point when inserted; log2(40) times the mean of one over its depth. Both are means over random
    // trees: of 4000 there, whose standard errors are 0.04, 0.22, 0.21 and 0.003, 0.024, 0.024, and of 1000 here.
    for (point, displacement, score, within) in [
        ([0.5, 1.0], 2.152_5, 0.738_0, (0.3, 0.03)),
        ([1.5, 1.0], 18.369_5, 2.158_5, (1.5, 0.17)),
        ([3.0, 4.0], 30.614_8, 4.110_5, (1.5, 0.17)),
    ] {
        let have = (forest.displacement(&point), forest.score(&point));
        assert!((have.0 - displacement).abs() < within.0, "{point:?}: {} instead of {displacement}", have.0);
        assert!((have.1 - score).abs() < within.1, "{point:?}: {} instead of {score}", have.1);
    }
    forest.check().unwrap();
}

#[test]
fn holt_expects_what_statsmodels_fits() {
    // Holt(x[1:], initial_level=x[0], initial_trend=0).fit(smoothing_level=0.2, smoothing_trend=0.05, optimized=False)
    let mut holt = Level::new(LevelParams { alpha: 0.2, beta: 0.05, ..LevelParams::default() }).unwrap();
    let expected: Vec<f64> = (0..30).map(|i| holt.push(rough(i, 17) + 0.3 * i as f64).expected).collect();
    for (i, want) in [(0, 0.0), (5, 7.799_017_833_430_001), (15, 11.033_674_409_287_618), (28, 14.155_574_915_935_452)]
    {
        assert!((expected[i + 1] - want).abs() < 1e-9, "{i}: {} instead of {want}", expected[i + 1]);
    }
}

#[test]
fn the_subspace_distance_is_the_mahalanobis_distance_of_numpy() {
    let values: Vec<f64> =
        (0..200).map(|t| libm::sin(t as f64 * 0.3) + rough(t, 17) * 0.02 + if t == 120 { 2.0 } else { 0.0 }).collect();
    let scores = subspace::scores(&Series::from_values(&values, 1_000), Some(8)).unwrap().score;
    for (i, want) in [
        (0, 0.295_551_300_642_178_5),
        (50, 0.226_631_783_628_952_34),
        (120, 0.905_443_805_324_126_8),
        (125, 0.784_209_354_846_454_6),
        (199, 0.231_311_814_858_455_23),
    ] {
        assert!((scores[i] - want).abs() < 1e-6, "{i}: {} instead of {want}", scores[i]);
    }
}
