//! Drift between two samples: Kolmogorov-Smirnov, population stability index, Wasserstein distance.

use crate::Reason;
use crate::math::stats;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// How two samples differ in distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Largest difference of the two cumulative distributions, in [0, 1] (Kolmogorov-Smirnov statistic).
    pub ks: f64,
    /// Probability of such a statistic under equal distributions (asymptotic, Stephens' correction), in [0, 1].
    pub ks_probability: f64,
    /// Population stability index over ten bins of equal share of the first sample; above 0.25 is usually called a shift.
    pub psi: f64,
    /// Mean distance that the mass has to move, in the unit of the values (first Wasserstein distance).
    pub wasserstein: f64,
}

/// Compares two samples (order does not matter, missing values are left out). Needs 5 values each. O(n log n).
///
/// # Errors
/// [`Reason::Empty`], [`Reason::TooFewPoints`].
pub fn between(first: &[f64], second: &[f64]) -> Result<Drift, Reason> {
    let clean = |x: &[f64]| {
        let present: Vec<f64> = x.iter().map(|&v| usable(v)).filter(|v| !v.is_nan()).collect();
        stats::sorted(&present)
    };
    let (a, b) = (clean(first), clean(second));
    if a.is_empty() || b.is_empty() {
        return Err(Reason::Empty);
    }
    let fewest = a.len().min(b.len());
    if fewest < 5 {
        return Err(Reason::TooFewPoints { have: fewest, need: 5 });
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut ks, mut wasserstein) = (0, 0, 0.0_f64, 0.0);
    let mut last = a[0].min(b[0]);
    while i < a.len() || j < b.len() {
        let x = match (a.get(i), b.get(j)) {
            (Some(&p), Some(&q)) => p.min(q),
            (Some(&p), None) => p,
            (None, Some(&q)) => q,
            (None, None) => break,
        };
        wasserstein += (i as f64 / n - j as f64 / m).abs() * (x - last);
        while a.get(i).is_some_and(|&v| v <= x) {
            i += 1;
        }
        while b.get(j).is_some_and(|&v| v <= x) {
            j += 1;
        }
        ks = ks.max((i as f64 / n - j as f64 / m).abs());
        last = x;
    }
    let root = libm::sqrt(n * m / (n + m));
    let psi = {
        let mut edges: Vec<f64> = (1..10).filter_map(|k| stats::quantile_sorted(&a, f64::from(k) / 10.0)).collect();
        edges.dedup();
        let share = |x: &[f64], k: usize| {
            let upto = |e: Option<&f64>| e.map_or(x.len(), |&e| x.partition_point(|&v| v <= e));
            let low = if k == 0 { 0 } else { upto(edges.get(k - 1)) };
            // Half a count keeps empty bins finite.
            ((upto(edges.get(k)) - low) as f64 + 0.5) / (x.len() as f64 + 0.5 * (edges.len() as f64 + 1.0))
        };
        (0..=edges.len()).map(|k| (share(&b, k) - share(&a, k)) * libm::log(share(&b, k) / share(&a, k))).sum()
    };
    Ok(Drift { ks, ks_probability: kolmogorov((root + 0.12 + 0.11 / root) * ks), psi, wasserstein })
}

/// Survival function of the Kolmogorov distribution.
fn kolmogorov(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    let mut sign = 1.0;
    for k in 1..=100 {
        let term = libm::exp(-2.0 * f64::from(k * k) * x * x);
        sum += sign * term;
        sign = -sign;
        if term < 1e-18 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}
