//! Exponential smoothing: damped trend and Theta, with parameters by grid search on the one-step error.

use crate::Reason;
use crate::series;

fn clean(value: &[f64], need: usize) -> Result<Vec<f64>, Reason> {
    let have = value.iter().filter(|v| v.is_finite()).count();
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    if have < need {
        return Err(Reason::TooFewPoints { have, need });
    }
    Ok(series::fill(value))
}

/// One pass of damped Holt smoothing: squared one-step error, level and trend at the end.
fn pass(y: &[f64], alpha: f64, beta: f64, phi: f64) -> (f64, f64, f64) {
    let (mut level, mut trend, mut sum) = (y[0], y[1] - y[0], 0.0);
    for &v in &y[1..] {
        let expected = level + phi * trend;
        let e = v - expected;
        sum += e * e;
        level = expected + alpha * e;
        trend = phi * trend + alpha * beta * e;
    }
    (sum, level, trend)
}

/// Damped-trend exponential smoothing (Gardner and McKenzie, "Forecasting trends in time series", 1985), no season.
/// Needs 4 present values. O(600 · n).
///
/// # Errors
/// [`Reason`] for an empty or too short series.
pub fn damped(value: &[f64], horizon: usize) -> Result<Vec<f64>, Reason> {
    let y = clean(value, 4)?;
    let mut best = (f64::INFINITY, 0.0, 0.0, 1.0);
    for a in 1..=12 {
        for b in 0..=9 {
            for phi in [0.8, 0.85, 0.9, 0.95, 0.98] {
                let (alpha, beta) = (f64::from(a) * 0.08, f64::from(b) * 0.06);
                let (sum, level, trend) = pass(&y, alpha, beta, phi);
                if sum < best.0 {
                    best = (sum, level, trend, phi);
                }
            }
        }
    }
    let (_, level, trend, phi) = best;
    let mut step = 0.0;
    let mut factor = 1.0;
    Ok((0..horizon)
        .map(|_| {
            factor *= phi;
            step += factor * trend;
            level + step
        })
        .collect())
}

/// The Theta method (Assimakopoulos and Nikolopoulos, 2000) in the form of Hyndman and Billah, "Unmasking the Theta
/// method", 2003: simple exponential smoothing plus half the slope of the fitted line. No season. Needs 4 present values.
/// O(50 · n).
///
/// # Errors
/// [`Reason`] for an empty or too short series.
pub fn theta(value: &[f64], horizon: usize) -> Result<Vec<f64>, Reason> {
    let y = clean(value, 4)?;
    let n = y.len() as f64;
    let (mut st, mut sy, mut stt, mut sty) = (0.0, 0.0, 0.0, 0.0);
    for (t, v) in y.iter().enumerate() {
        let t = t as f64;
        st += t;
        sy += v;
        stt += t * t;
        sty += t * v;
    }
    let slope = (n * sty - st * sy) / (n * stt - st * st);
    let mut best = (f64::INFINITY, y[0], 0.5);
    for a in 1..=50 {
        let alpha = f64::from(a) * 0.02;
        let (mut level, mut sum) = (y[0], 0.0);
        for v in &y[1..] {
            let e = v - level;
            sum += e * e;
            level += alpha * e;
        }
        if sum < best.0 {
            best = (sum, level, alpha);
        }
    }
    let (_, level, alpha) = best;
    let start = (1.0 - libm::pow(1.0 - alpha, n)) / alpha;
    Ok((0..horizon).map(|h| level + 0.5 * slope * (h as f64 + start)).collect())
}
