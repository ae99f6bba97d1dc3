//! Exponential smoothing: damped trend and Theta, with parameters fitted to the one-step errors.

use crate::math::minimise;
use crate::{Reason, series};

/// The values filled and brought to mean 0 and scale 1, with what it takes to go back.
struct Standard {
    y: Vec<f64>,
    centre: f64,
    scale: f64,
}

fn standard(value: &[f64], need: usize) -> Result<Standard, Reason> {
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    let have = value.iter().filter(|v| v.is_finite()).count();
    if have == 0 {
        return Err(Reason::AllMissing);
    }
    if have < need {
        return Err(Reason::TooFewPoints { have, need });
    }
    let mut y = series::fill(value);
    // The middle of the range and its half: exact under changes of the unit by powers of two, and never overflowing.
    let (low, high) = y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let (centre, scale) = (0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low);
    let scale = if scale > 0.0 { scale } else { 1.0 };
    for v in &mut y {
        *v = (*v - centre) / scale;
    }
    Ok(Standard { y, centre, scale })
}

/// A number from anywhere to (low, high), rising.
fn squeeze(u: f64, low: f64, high: f64) -> f64 {
    low + (high - low) / (1.0 + libm::exp(-u))
}

/// Damped-trend exponential smoothing (Gardner and McKenzie, "Forecasting trends in time series", Management Science
/// 1985), additive errors, no season, in the state-space form ETS(A,Ad,N) of Hyndman et al. (2008).
#[derive(Clone, Debug, PartialEq)]
pub struct Damped {
    /// Weight of a new value in the level, in (0, 1).
    pub alpha: f64,
    /// Weight of a new value in the trend, in (0, alpha).
    pub beta: f64,
    /// What is left of the trend after a step, in (0.8, 0.98).
    pub phi: f64,
    /// Level before the first value, in the unit of the series.
    pub level: f64,
    /// Trend before the first value, in that unit a step.
    pub trend: f64,
    /// Sum of the squared one-step errors, in that unit squared.
    pub squares: f64,
}

/// One pass: squared one-step errors, level and trend at the end.
fn pass(y: &[f64], alpha: f64, beta: f64, phi: f64, mut level: f64, mut trend: f64) -> (f64, f64, f64) {
    let mut sum = 0.0;
    for &v in y {
        let expected = level + phi * trend;
        let e = v - expected;
        sum += e * e;
        level = expected + alpha * e;
        trend = phi * trend + beta * e;
    }
    (sum, level, trend)
}

impl Damped {
    /// Fits the five parameters by least squares. Needs 4 present values; missing ones are filled by straight lines.
    /// O(500 · n) time, n numbers.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::AllMissing`], [`Reason::TooFewPoints`].
    pub fn fit(value: &[f64]) -> Result<Damped, Reason> {
        let Standard { y, centre, scale } = standard(value, 4)?;
        let unpack = |x: &[f64]| {
            let alpha = squeeze(x[0], 1e-4, 0.9999);
            (alpha, squeeze(x[1], 1e-4 * alpha, alpha), squeeze(x[2], 0.8, 0.98), x[3], x[4])
        };
        let cost = |x: &[f64]| {
            let (alpha, beta, phi, level, trend) = unpack(x);
            pass(&y, alpha, beta, phi, level, trend).0
        };
        // The surface has a valley for quick levels and one for slow ones: the search starts in the deeper.
        let early = &y[..y.len().min(10)];
        let (first, slope) = (crate::math::stats::mean(early), (y[1] - y[0]).clamp(-0.2, 0.2));
        let starts = [1.0, -1.0, -3.0].map(|a| [[a, -3.0, 1.0, y[0], slope], [a, -3.0, 1.0, first, 0.0]]);
        let start = starts.as_flattened().iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b)));
        let start = start.map_or(vec![0.0; 5], |s| s.to_vec());
        let at = minimise::simplex(cost, &start, 0.4, 1e-7, 500, &mut || false).at;
        let (alpha, beta, phi, level, trend) = unpack(&at);
        let squares = pass(&y, alpha, beta, phi, level, trend).0 * scale * scale;
        Ok(Damped { alpha, beta, phi, level: centre + scale * level, trend: scale * trend, squares })
    }

    /// Forecasts `horizon` values after a history that starts where the fitted series did, in its unit. O(n + horizon).
    #[must_use]
    pub fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        let (_, level, trend) = pass(history, self.alpha, self.beta, self.phi, self.level, self.trend);
        let (mut step, mut factor) = (0.0, 1.0);
        (0..horizon)
            .map(|_| {
                factor *= self.phi;
                step += factor * trend;
                level + step
            })
            .collect()
    }
}

/// [`Damped::fit`], then [`Damped::forecast`] of the same values.
///
/// # Errors
/// As [`Damped::fit`].
pub fn damped(value: &[f64], horizon: usize) -> Result<Vec<f64>, Reason> {
    Ok(Damped::fit(value)?.forecast(&series::fill(value), horizon))
}

/// The Theta method (Assimakopoulos and Nikolopoulos, "The theta model", Int. J. Forecasting 2000) in the form of Hyndman
/// and Billah ("Unmasking the Theta method", 2003): simple exponential smoothing plus half the slope of the fitted line. No
/// season.
#[derive(Clone, Debug, PartialEq)]
pub struct Theta {
    /// Weight of a new value in the level, in (0, 1].
    pub alpha: f64,
    /// Slope of the line through all values, in the unit of the series a step.
    pub slope: f64,
}

fn smoothed(y: &[f64], alpha: f64) -> (f64, f64) {
    let (mut level, mut sum) = (y[0], 0.0);
    for v in &y[1..] {
        let e = v - level;
        sum += e * e;
        level += alpha * e;
    }
    (sum, level)
}

impl Theta {
    /// Fits smoothing factor (least squares, the first value being the first level) and slope. Needs 4 present values;
    /// missing ones are filled by straight lines. O(80 · n) time, n numbers.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::AllMissing`], [`Reason::TooFewPoints`].
    pub fn fit(value: &[f64]) -> Result<Theta, Reason> {
        let Standard { y, scale, .. } = standard(value, 4)?;
        let middle = 0.5 * (y.len() as f64 - 1.0);
        let (mut along, mut spread) = (0.0, 0.0);
        for (t, v) in y.iter().enumerate() {
            let t = t as f64 - middle;
            along += t * v;
            spread += t * t;
        }
        let cost = |alpha: f64| smoothed(&y, alpha).0;
        let grid = (1..=40).map(|k| f64::from(k) * 0.025);
        let near = grid.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(0.5);
        let alpha = golden(cost, (near - 0.025).max(1e-4), (near + 0.025).min(1.0));
        Ok(Theta { alpha, slope: scale * along / spread })
    }

    /// Forecasts `horizon` values after a history that starts where the fitted series did, in its unit; zeros after an
    /// empty one. O(n + horizon).
    #[must_use]
    pub fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        if history.is_empty() {
            return vec![0.0; horizon];
        }
        let (_, level) = smoothed(history, self.alpha);
        let start = (1.0 - libm::pow(1.0 - self.alpha, history.len() as f64)) / self.alpha;
        (0..horizon).map(|h| level + 0.5 * self.slope * (h as f64 + start)).collect()
    }
}

/// The place of the least value between two ends of a valley, by golden sections.
fn golden(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const PART: f64 = 0.618_033_988_749_894_9;
    let (mut a, mut b) = (high - PART * (high - low), low + PART * (high - low));
    let (mut fa, mut fb) = (f(a), f(b));
    for _ in 0..34 {
        if fa <= fb {
            (high, b, fb) = (b, a, fa);
            a = high - PART * (high - low);
            fa = f(a);
        } else {
            (low, a, fa) = (a, b, fb);
            b = low + PART * (high - low);
            fb = f(b);
        }
    }
    // The least value may lie on an end.
    let ends = [0.5 * (low + high), low, high];
    ends.into_iter().min_by(|x, y| f(*x).total_cmp(&f(*y))).unwrap_or(low)
}

/// [`Theta::fit`], then [`Theta::forecast`] of the same values.
///
/// # Errors
/// As [`Theta::fit`].
pub fn theta(value: &[f64], horizon: usize) -> Result<Vec<f64>, Reason> {
    Ok(Theta::fit(value)?.forecast(&series::fill(value), horizon))
}
