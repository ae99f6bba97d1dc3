//! Discords: windows whose nearest other window is far, by the matrix profile.
//!
//! Yeh et al., "Matrix profile I", ICDM 2016; the diagonal order of Zhu et al., "Matrix profile II (STOMP)", ICDM 2016.

use super::{Scores, scale, spread};
use crate::{Reason, Series};

/// Scores each point by the mean profile of the windows that cover it: z-normalised Euclidean distance of a window to its
/// nearest neighbour that does not overlap it. `window` 4 to 2000 points. Needs four windows and at most 20 000 points.
/// O(n²) time, O(n) memory.
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a window out of range; [`Reason::Limit`] for too long ones.
pub fn scores(series: &Series, window: usize) -> Result<Scores, Reason> {
    if !(4..=2000).contains(&window) {
        return Err(Reason::parameter("window", "must be 4 to 2000"));
    }
    series.require(4 * window)?;
    let raw = series.filled()?;
    if raw.len() > 20_000 {
        return Err(Reason::Limit { done: 20_000 });
    }
    let top = raw.iter().fold(0.0_f64, |a, v| a.max(v.abs())).max(1e-300);
    let x: Vec<f64> = raw.iter().map(|v| v / top).collect();
    Ok(scale(&spread(&profile(&x, window), window), window))
}

/// The matrix profile of values of magnitude at most 1: for each window of `w` points the distance to its nearest window
/// that does not overlap it. Two constant windows are equal; a constant and another one are as far as uncorrelated ones.
#[must_use]
pub fn profile(x: &[f64], w: usize) -> Vec<f64> {
    if w == 0 || x.len() < w {
        return Vec::new();
    }
    let n = x.len() - w + 1;
    let size = w as f64;
    let (mut mean, mut deviation) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let part = &x[i..i + w];
        let m = part.iter().sum::<f64>() / size;
        mean[i] = m;
        deviation[i] = libm::sqrt(part.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / size);
    }
    let flat = |d: f64| d < 1e-9;
    // Best correlation so far of each window.
    let mut best = vec![-1.0_f64; n];
    for lag in w..n {
        let mut product: f64 = x[..w].iter().zip(&x[lag..lag + w]).map(|(a, b)| a * b).sum();
        for i in 0..n - lag {
            let j = i + lag;
            if i > 0 {
                product += x[i + w - 1] * x[j + w - 1] - x[i - 1] * x[j - 1];
            }
            let c = match (flat(deviation[i]), flat(deviation[j])) {
                (true, true) => 1.0,
                (true, false) | (false, true) => 0.0,
                (false, false) => {
                    ((product - size * mean[i] * mean[j]) / (size * deviation[i] * deviation[j])).clamp(-1.0, 1.0)
                }
            };
            best[i] = best[i].max(c);
            best[j] = best[j].max(c);
        }
    }
    best.iter().map(|c| libm::sqrt(2.0 * size * (1.0 - c))).collect()
}
