//! Residual of a local polynomial, over the local volatility: for single odd points.
//!
//! Savitzky and Golay, "Smoothing and differentiation of data", 1964, with the point itself left out; the scale is a running
//! median of absolute residuals (Li et al.'s POLY in TSB-AD uses a volatility model).

use super::{Scores, scale};
use crate::math::{solve, stats};
use crate::{Reason, Series};

/// Scores each point by its residual to a cubic through the `reach` points on both sides (3 to 200), over the median
/// absolute residual of the ten times wider neighbourhood. Needs four times `reach` points. O(n · reach).
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a reach out of range.
pub fn scores(series: &Series, reach: usize) -> Result<Scores, Reason> {
    if !(3..=200).contains(&reach) {
        return Err(Reason::parameter("reach", "must be 3 to 200"));
    }
    series.require(4 * reach)?;
    let x = series.filled()?;
    let weights = weights(reach).ok_or(Reason::parameter("reach", "leaves the cubic undetermined"))?;
    let n = x.len();
    // Mirrored at the ends.
    let at = |i: i64| -> f64 {
        let last = n as i64 - 1;
        let k = if i < 0 {
            -i
        } else if i > last {
            2 * last - i
        } else {
            i
        };
        x[k.clamp(0, last) as usize]
    };
    let residual: Vec<f64> = (0..n as i64)
        .map(|i| {
            let fit: f64 = weights.iter().enumerate().map(|(k, w)| w * at(i + k as i64 - reach as i64)).sum();
            (x[i as usize] - fit).abs()
        })
        .collect();
    let overall = stats::mean(&residual).max(1e-300);
    let wide = 10 * reach;
    let mut distance = vec![0.0; n];
    let mut from = 0;
    while from < n {
        let to = (from + wide).min(n);
        let near = &residual[from.saturating_sub(wide / 2)..(to + wide / 2).min(n)];
        let usual = stats::median(&mut near.to_vec()).unwrap_or(0.0).max(0.05 * overall);
        for i in from..to {
            distance[i] = residual[i] / usual;
        }
        from = to;
    }
    Ok(scale(&distance, 2 * reach + 1))
}

/// Weights of the points `-reach..=reach` (the middle one 0) for the value of their least-squares cubic at 0.
fn weights(reach: usize) -> Option<Vec<f64>> {
    let r = reach as i64;
    let power = |t: i64, p: usize| (0..p).fold(1.0, |a, _| a * (t as f64 / reach as f64));
    let mut normal = vec![0.0; 16];
    for t in -r..=r {
        if t == 0 {
            continue;
        }
        for i in 0..4 {
            for j in 0..4 {
                normal[i * 4 + j] += power(t, i + j);
            }
        }
    }
    // The value at 0 is the constant coefficient: the first row of the inverse normal matrix times the powers.
    let row = solve::cholesky(normal, vec![1.0, 0.0, 0.0, 0.0])?;
    Some((-r..=r).map(|t| if t == 0 { 0.0 } else { (0..4).map(|p| row[p] * power(t, p)).sum() }).collect())
}
