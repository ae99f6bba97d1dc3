//! The rest of a seasonal decomposition over its robust scale: for points that are odd for their time.
//!
//! STL or MSTL (see [`crate::decompose`]) and the scaled median absolute deviation of the rest, as in the hybrid of Hochenbaum,
//! Vallis, Kejariwal, "Automatic anomaly detection in the cloud via statistical learning", 2017.

use super::Scores;
use crate::decompose::mstl::{self, Mstl};
use crate::math::stats;
use crate::{Reason, Series};

/// Robust standard deviations that score 0.5.
const HALF: f64 = 5.0;

/// Scores each point by its rest in robust standard deviations. `periods` are the seasons in points, each at least 2; those
/// longer than half the series are left out. O(n · longest period) a pass, 32 passes a season.
///
/// # Errors
/// [`Reason`] for an empty, all-missing or constant series; [`Reason::NoSeason`] when no period is usable.
pub fn scores(series: &Series, periods: &[usize]) -> Result<Scores, Reason> {
    let (_, present) = series.require(8)?;
    let raw = series.filled()?;
    let top = raw.iter().fold(0.0_f64, |a, v| a.max(v.abs())).max(1e-300);
    let x: Vec<f64> = raw.iter().map(|v| v / top).collect();
    if stats::deviation(&x) <= 1e-12 {
        return Err(Reason::Constant { value: present[0] });
    }
    // What is no season in points is left out like one that is too long.
    let usable: Vec<usize> = periods.iter().copied().filter(|p| *p >= 2).collect();
    let parts = mstl::decompose(&x, &usable, &Mstl { robust: true, ..Mstl::default() })?;
    let (centre, scale) = stats::median_and_scale(&parts.remainder).unwrap_or((0.0, 0.0));
    // A season that repeats to the bit leaves rounding errors: those are no deviations.
    let scale = scale.max(1e-9 * stats::deviation(&x));
    let score = parts.remainder.iter().map(|r| {
        let z = (r - centre).abs() / scale;
        z / (z + HALF)
    });
    let window = periods.iter().copied().filter(|p| 2 * p <= x.len()).max().unwrap_or(0);
    Ok(Scores { score: score.collect(), causal: false, window })
}
