//! Ridge autoregression on short and seasonal lags, on levels or differences, plain or logarithmic.
//!
//! Coefficients solve the weighted ridge normal equations on standardised data (Hoerl and Kennard, "Ridge regression",
//! 1970); forecasts are recursive. Fit: O(n p²) time and 3 n + p² numbers for p lags; forecast: O(p) a
//! step.

use crate::math::solve::dot;
use crate::math::{solve, stats};

/// What to regress on.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Work on logarithms (only when every value is well above 0; otherwise plain values are used).
    pub log: bool,
    /// Difference at this lag first; 0 for none.
    pub difference: usize,
    /// Lags of the (differenced) series, rising, at least 1 each.
    pub lags: Vec<usize>,
    /// Ridge weight relative to the variance of the series.
    pub ridge: f64,
    /// Points after which an observation counts half; `None` weighs all alike.
    pub half_life: Option<f64>,
    /// Whether a constant is fitted (a drift, for differences).
    pub intercept: bool,
}

/// A fitted autoregression; forecasts from any history of the same series.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    log: bool,
    difference: usize,
    lags: Vec<usize>,
    coefficients: Vec<f64>,
    constant: f64,
    centre: f64,
    scale: f64,
    low: f64,
    high: f64,
    /// Size of the lasting trend, a step.
    drift: f64,
}

/// Whether logarithms of these values are sensible.
#[must_use]
pub fn log_suits(value: &[f64]) -> bool {
    let (low, high) = bounds(value);
    low > 0.0 && high / low < 1e4
}

fn bounds(value: &[f64]) -> (f64, f64) {
    value.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)))
}

/// Fits a specification; `None` when there are fewer than the longest lag plus 20 points, or no variation.
#[must_use]
pub fn fit(spec: &Spec, value: &[f64]) -> Option<Fitted> {
    let log = spec.log && log_suits(value);
    let z: Vec<f64> = if log { value.iter().map(|&v| libm::log(v)).collect() } else { value.to_vec() };
    let longest = spec.lags.iter().copied().max()?;
    let d = spec.difference;
    if z.len() < d + longest + 20 || spec.lags.contains(&0) {
        return None;
    }
    let (low, high) = bounds(&z);
    let quarter = z.len() / 4;
    let drift = (stats::mean(&z[z.len() - quarter..]) - stats::mean(&z[..quarter])).abs() / (0.75 * z.len() as f64);
    let mut u: Vec<f64> = if d == 0 { z } else { (d..z.len()).map(|t| z[t] - z[t - d]).collect() };
    let (centre, scale) = (stats::mean(&u), stats::deviation(&u));
    if scale <= 1e-12 * centre.abs() || scale <= 0.0 {
        return None;
    }
    for v in &mut u {
        *v = (*v - centre) / scale;
    }
    let p = spec.lags.len();
    let rows = u.len() - longest;
    let weights: Vec<f64> = match spec.half_life {
        Some(half) => {
            let step = libm::exp2(-1.0 / half.max(1.0));
            let mut w = vec![1.0; rows];
            for t in (0..rows.saturating_sub(1)).rev() {
                w[t] = w[t + 1] * step;
            }
            w
        }
        None => vec![1.0; rows],
    };
    let total: f64 = weights.iter().sum();
    let target = &u[longest..];
    let column = |j: usize| &u[longest - spec.lags[j]..longest - spec.lags[j] + rows];
    let weighted_mean = |x: &[f64]| x.iter().zip(&weights).map(|(a, w)| a * w).sum::<f64>() / total;
    let means: Vec<f64> = (0..p).map(|j| if spec.intercept { weighted_mean(column(j)) } else { 0.0 }).collect();
    let target_mean = if spec.intercept { weighted_mean(target) } else { 0.0 };
    let mut a = vec![0.0; p * p];
    let mut b = vec![0.0; p];
    let mut weighted = vec![0.0; rows];
    for i in 0..p {
        for ((slot, x), w) in weighted.iter_mut().zip(column(i)).zip(&weights) {
            *slot = (x - means[i]) * w;
        }
        for j in i..p {
            let sum = dot(&weighted, column(j)) - means[j] * weighted.iter().sum::<f64>();
            a[i * p + j] = sum;
            a[j * p + i] = sum;
        }
        b[i] = dot(&weighted, target) - target_mean * weighted.iter().sum::<f64>();
        a[i * p + i] += spec.ridge * total;
    }
    let coefficients = solve::cholesky(a, b)?;
    let constant = target_mean - coefficients.iter().zip(&means).map(|(c, m)| c * m).sum::<f64>();
    Some(Fitted {
        log,
        difference: d,
        lags: spec.lags.clone(),
        coefficients,
        constant,
        centre,
        scale,
        low,
        high,
        drift,
    })
}

impl Fitted {
    /// Points of history that a forecast needs.
    #[must_use]
    pub fn needs(&self) -> usize {
        self.difference + self.lags.iter().copied().max().unwrap_or(0)
    }

    /// Forecasts `horizon` values after `history`; each is held within the fitted range widened by a quarter on both
    /// sides, or by twice the lasting trend over the horizon. With a history shorter than [`Fitted::needs`], the last value is repeated.
    #[must_use]
    pub fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        let needs = self.needs();
        if history.len() < needs || needs == 0 {
            return vec![history.last().copied().unwrap_or(0.0); horizon];
        }
        let tail = &history[history.len() - needs..];
        let low_value = if self.log { libm::exp(self.low) } else { 0.0 };
        let mut z: Vec<f64> = Vec::with_capacity(needs + horizon);
        z.extend(tail.iter().map(|&v| if self.log { libm::log(v.max(low_value)) } else { v }));
        let d = self.difference;
        let mut u: Vec<f64> = Vec::with_capacity(needs + horizon);
        u.extend((d..needs).map(|t| {
            let w = if d == 0 { z[t] } else { z[t] - z[t - d] };
            (w - self.centre) / self.scale
        }));
        let range = self.high - self.low;
        let margin = (0.25 * range).max(2.0 * self.drift * horizon as f64);
        let (floor, ceiling) = (self.low - margin, self.high + margin);
        let mut out = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            let n = u.len();
            let mut next = self.constant;
            for (c, &lag) in self.coefficients.iter().zip(&self.lags) {
                next += c * u[n - lag];
            }
            let next = next.clamp(-1e12, 1e12);
            u.push(next);
            let mut level = next * self.scale + self.centre;
            if d > 0 {
                level += z[z.len() - d];
                z.push(level);
            }
            let held = level.clamp(floor, ceiling);
            out.push(if self.log { libm::exp(held) } else { held });
        }
        out
    }
}
