//! Batch detectors: they look at the whole series, later points included, and are therefore never used for alarms.
//!
//! Uses `math` and `series` alone.

pub mod decomposed;
pub mod discord;
pub mod residual;
pub mod spectral;
pub mod subspace;

use serde::{Deserialize, Serialize};

/// Scores of a batch method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// One score a point, in [0, 1], by rank of unusualness; missing points score as filled ones.
    pub score: Vec<f64>,
    /// Always false: a point's score depends on later points.
    pub causal: bool,
    /// Window used, in points.
    pub window: usize,
}

/// Distances to scores: 0.5 at three times the median distance.
pub(crate) fn scale(distance: &[f64], window: usize) -> Scores {
    let middle = crate::math::stats::median(&mut distance.to_vec()).unwrap_or(0.0);
    let top = distance.iter().fold(0.0_f64, |a, &d| a.max(d));
    let unit = (3.0 * middle).max(1e-9 * top).max(1e-300);
    Scores { score: distance.iter().map(|&d| d / (d + unit)).collect(), causal: false, window }
}

/// The mean, for each point, of the values of the windows that cover it: `value[i]` belongs to the points `i..i + window`.
pub(crate) fn spread(value: &[f64], window: usize) -> Vec<f64> {
    let n = value.len() + window - 1;
    let mut sums = vec![0.0; value.len() + 1];
    for (i, v) in value.iter().enumerate() {
        sums[i + 1] = sums[i] + v;
    }
    (0..n)
        .map(|i| {
            let (from, to) = ((i + 1).saturating_sub(window), (i + 1).min(value.len()));
            ((sums[to] - sums[from]) / (to - from) as f64).max(0.0)
        })
        .collect()
}
