//! A forecast from the parts of a series with several seasons.
//!
//! Bandara, Hyndman, Bergmeir, "MSTL: a seasonal-trend decomposition algorithm for time series with multiple seasonal
//! patterns", 2021.

use super::smooth;
use crate::Reason;
use crate::decompose::mstl::{Mstl, decompose};

/// Forecasts the series without its seasons by [`smooth::damped`] and adds the last period of every season. Cost of
/// [`decompose`] plus that of the smoothing.
///
/// # Errors
/// As [`decompose`]; [`Reason::TooFewPoints`] below 4 present values.
pub fn forecast(value: &[f64], periods: &[usize], horizon: usize) -> Result<Vec<f64>, Reason> {
    let parts = decompose(value, periods, &Mstl::default())?;
    let level: Vec<f64> = parts.trend.iter().zip(&parts.remainder).map(|(t, r)| t + r).collect();
    let mut out = smooth::damped(&level, horizon)?;
    let n = value.len();
    for (period, season) in &parts.seasonal {
        for (h, slot) in out.iter_mut().enumerate() {
            *slot += season[n - period + h % period];
        }
    }
    Ok(out)
}
