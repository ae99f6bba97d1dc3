//! Before and after: the size of an effect with an interval, for the verify step.
//!
//! The difference of medians with a moving-block bootstrap interval (Künsch, "The jackknife and the bootstrap for general
//! stationary observations", 1989), and Cliff's delta (1993).

use crate::Reason;
use crate::math::rng::Rng;
use crate::math::stats;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// The change from one window to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Median before, in the unit of the values.
    pub before: f64,
    /// Median after.
    pub after: f64,
    /// `after - before`.
    pub change: f64,
    /// Lower end of the interval of the change.
    pub lower: f64,
    /// Upper end of the interval of the change.
    pub upper: f64,
    /// Probability that the interval aims to cover.
    pub level: f64,
    /// Probability that a value after exceeds one before, less the reverse, in [-1, 1] (Cliff's delta).
    pub delta: f64,
    /// Whether the interval leaves out 0.
    pub clear: bool,
}

/// Compares the windows before and after an action, oldest first each, missing values left out. Needs 5 values each.
/// Deterministic: the bootstrap is seeded. O(400 · n + n log n).
///
/// # Errors
/// [`Reason::TooFewPoints`], [`Reason::Parameter`] when `level` is not between 0.5 and 1.
pub fn compare(before: &[f64], after: &[f64], level: f64) -> Result<Effect, Reason> {
    if !(0.5..1.0).contains(&level) {
        return Err(Reason::parameter("level", "must be at least 0.5 and below 1"));
    }
    let clean = |x: &[f64]| x.iter().map(|&v| usable(v)).filter(|v| !v.is_nan()).collect::<Vec<f64>>();
    let (a, b) = (clean(before), clean(after));
    let fewest = a.len().min(b.len());
    if fewest < 5 {
        return Err(Reason::TooFewPoints { have: fewest, need: 5 });
    }
    let middle = |x: &[f64]| stats::median(&mut x.to_vec()).unwrap_or(0.0);
    let mut rng = Rng::new(0x5EED);
    let mut draws: Vec<f64> =
        (0..400).map(|_| middle(&resample(&b, &mut rng)) - middle(&resample(&a, &mut rng))).collect();
    draws.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    let change = middle(&b) - middle(&a);
    let lower = stats::quantile_sorted(&draws, tail).unwrap_or(change).min(change);
    let upper = stats::quantile_sorted(&draws, 1.0 - tail).unwrap_or(change).max(change);
    let order = stats::sorted(&a);
    let delta: f64 = b
        .iter()
        .map(|v| order.partition_point(|x| x < v) as f64 - (order.len() - order.partition_point(|x| x <= v)) as f64)
        .sum::<f64>()
        / (a.len() as f64 * b.len() as f64);
    Ok(Effect {
        before: middle(&a),
        after: middle(&b),
        change,
        lower,
        upper,
        level,
        delta,
        clear: lower > 0.0 || upper < 0.0,
    })
}

/// A series of the same length out of blocks of the cube root of it.
fn resample(x: &[f64], rng: &mut Rng) -> Vec<f64> {
    let n = x.len();
    let block = (libm::cbrt(n as f64).ceil() as usize).clamp(1, n);
    let mut out = Vec::with_capacity(n + block);
    while out.len() < n {
        let from = rng.below(n - block + 1);
        out.extend_from_slice(&x[from..from + block]);
    }
    out.truncate(n);
    out
}
