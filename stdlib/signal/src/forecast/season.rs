//! Finding the seasons of a series: plain values at a constant step, oldest first, none missing; periods in points.
//!
//! Seasonal differences against others, in the spirit of the strength of Wang, Smith, Hyndman ("Characteristic-based clustering for
//! time series data", 2006); autocorrelation as in Box and Jenkins, 1970.

use crate::math::stats;

/// Periods that operations data have, in points: days of hours, half hours, 15, 10, 5 and 1 minutes, weeks, years.
const USUAL: [usize; 16] = [7, 12, 24, 48, 52, 60, 96, 144, 168, 288, 336, 672, 1008, 1440, 2016, 10080];

/// Autocorrelation of a series at a lag, after removing its mean; 0 when the lag is too long or nothing varies. O(n).
#[must_use]
pub fn autocorrelation(x: &[f64], lag: usize) -> f64 {
    if lag >= x.len() {
        return 0.0;
    }
    let m = stats::mean(x);
    let whole: f64 = x.iter().map(|v| (v - m) * (v - m)).sum();
    if whole <= 0.0 {
        return 0.0;
    }
    let part: f64 = x[lag..].iter().zip(x).map(|(a, b)| (a - m) * (b - m)).sum();
    part / whole
}

/// How much alike points one period apart are, in [0, 1]: one minus the mean squared seasonal difference over the mean
/// squared difference at lags that are not of the period (half a period). 0 for too short series. O(n).
#[must_use]
pub fn strength(x: &[f64], period: usize) -> f64 {
    if period < 2 || period > x.len() || x.len() < 2 * period + 2 {
        return 0.0;
    }
    let spread = |lag: usize| {
        let sum: f64 = x[lag..].iter().zip(x).map(|(a, b)| (a - b) * (a - b)).sum();
        sum / (x.len() - lag) as f64
    };
    let (at, off) = (spread(period), spread(period / 2).max(spread(period - period / 4)));
    if off <= 0.0 { 0.0 } else { (1.0 - at / off).clamp(0.0, 1.0) }
}

/// The seasons of a series, shortest first, at most two: of the usual periods (and of the peaks of the autocorrelation)
/// those with a strength of at least `least` (0.05 is permissive, 0.3 is strict), preferring the strongest, and a longer
/// one that is seven times it (a day and a week). Needs two periods of data. O(n) a candidate, 17 of them; n numbers.
#[must_use]
pub fn find(x: &[f64], least: f64) -> Vec<usize> {
    let mut candidates: Vec<usize> = USUAL.to_vec();
    candidates.retain(|&p| 2 * p + 2 <= x.len());
    let mut scored: Vec<(usize, f64)> = candidates.iter().map(|&p| (p, strength(x, p))).collect();
    scored.retain(|&(_, s)| s >= least);
    if scored.is_empty() {
        return faint(x, &candidates);
    }
    let Some(&top) = scored.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) else {
        return Vec::new();
    };
    // The shortest period that explains nearly as much as the strongest is the base.
    let base =
        scored.iter().filter(|(p, s)| top.0 % p == 0 && *s >= 0.5 * top.1).map(|&(p, _)| p).min().unwrap_or(top.0);
    let mut out = vec![base];
    let longer =
        scored.iter().filter(|(p, _)| p % base == 0 && *p > base && p / base == 7).max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some(&(p, _)) = longer {
        out.push(p);
    }
    out
}

/// A season too weak to show in the levels: the usual period with the highest autocorrelation of the differences, when
/// that is above chance (three standard errors).
fn faint(x: &[f64], candidates: &[usize]) -> Vec<usize> {
    let steps: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let limit = 3.0 / libm::sqrt(x.len() as f64);
    let best = candidates
        .iter()
        .map(|&p| (p, autocorrelation(&steps, p)))
        .filter(|&(_, r)| r >= limit)
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
    best.map(|(p, _)| vec![p]).unwrap_or_default()
}
