//! The last season again, moved to the level that the series has now.

use crate::math::stats;

/// The values one season ago, repeated over the horizon; the last value when the history is shorter than a season, zeros
/// for an empty one. O(horizon).
#[must_use]
pub fn seasonal(history: &[f64], period: usize, horizon: usize) -> Vec<f64> {
    let n = history.len();
    if n == 0 {
        return vec![0.0; horizon];
    }
    let period = if period == 0 || period > n { 1 } else { period };
    (0..horizon).map(|h| history[n - period + h % period]).collect()
}

/// A lasting change of level within the last season: how many of the newest points have the new level, and by how much it
/// is higher, in the unit of the series. It is the best single split of the differences to the season before, and counts
/// only when it is three points old and four times the noise of those differences on either side. `None` with fewer than two
/// seasons, or a period below 8. O(period).
#[must_use]
pub fn level_shift(history: &[f64], period: usize) -> Option<(usize, f64)> {
    const LEAST: usize = 3;
    let n = history.len();
    if period < 8 || n / 2 < period {
        return None;
    }
    let change: Vec<f64> = (n - period..n).map(|t| history[t] - history[t - period]).collect();
    let total: f64 = change.iter().sum();
    let (mut before, mut best, mut split) = (0.0, f64::NEG_INFINITY, LEAST);
    for k in 1..=period - LEAST {
        before += change[k - 1];
        let (left, right) = (k as f64, (period - k) as f64);
        let gap = (total - before) / right - before / left;
        let gain = gap * gap * left * right;
        if k >= LEAST && gain > best {
            (best, split) = (gain, k);
        }
    }
    let (old, old_noise) = stats::median_and_scale(&change[..split])?;
    let (new, new_noise) = stats::median_and_scale(&change[split..])?;
    let size = new - old;
    let noise = old_noise.max(new_noise).max(1e-9 * old.abs().max(new.abs()));
    (size.abs() > 4.0 * noise && size.is_finite()).then_some((period - split, size))
}

/// [`seasonal`], with the part of the season that is older than a [`level_shift`] moved to the new level.
/// O(period + horizon).
#[must_use]
pub fn shifted(history: &[f64], period: usize, horizon: usize) -> Vec<f64> {
    let mut out = seasonal(history, period, horizon);
    if let Some((new, size)) = level_shift(history, period) {
        for (h, slot) in out.iter_mut().enumerate() {
            if h % period < period - new {
                *slot += size;
            }
        }
    }
    out
}
