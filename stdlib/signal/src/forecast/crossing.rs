//! When a series will cross a limit (a disk that fills), and how much capacity it will need (replicas for the next hour).
//!
//! Both follow the courses of [`auto::scenarios`]: the forecast plus and less the errors of past forecasts, whole paths and
//! not single steps, so that a first crossing counts what happens before it (a bootstrap of paths, as Hyndman et al., "Forecasting
//! with exponential smoothing", 2008, section 6.1, draws them from one-step errors). How often the answers hold is tested on simulated
//! series.

use super::{Params, auto};
use crate::math::stats;
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// Which way the limit is crossed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From below, a disk that fills.
    #[default]
    Above,
    /// From above, a budget that runs out.
    Below,
}

/// Distribution of the first crossing. Times are Unix milliseconds; `None` means later than the horizon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Time before which one in ten courses crosses.
    pub p10: Option<i64>,
    /// Time before which half of the courses cross.
    pub p50: Option<i64>,
    /// Time before which nine in ten courses cross.
    pub p90: Option<i64>,
    /// Share of the courses that do not cross within the horizon, in [0, 1].
    pub none: f64,
    /// Probability of having crossed by each step, rising.
    pub by_step: Vec<f64>,
    /// Courses that were followed.
    pub courses: usize,
}

/// When the series first crosses `limit`, over the courses of [`auto::scenarios`]. A series that is beyond the limit already
/// crosses at its next step; a gap longer than the usual step counts as filled. Needs 4 present values. Cost of
/// [`auto::forecast`] and 96 courses of the horizon, in time and memory.
///
/// # Errors
/// [`Reason`] as for [`auto::forecast`]; [`Reason::Parameter`] for a limit that is not finite.
pub fn crossing(series: &Series, limit: f64, direction: Direction, params: &Params) -> Result<Crossing, Reason> {
    if !limit.is_finite() {
        return Err(Reason::parameter("limit", "must be finite"));
    }
    series.require(4)?;
    let value = series.filled()?;
    let (_, courses) = auto::scenarios(&value, params)?;
    let beyond = |v: f64| match direction {
        Direction::Above => v >= limit,
        Direction::Below => v <= limit,
    };
    let already = value.last().is_some_and(|&v| beyond(v));
    let first: Vec<Option<usize>> =
        courses.iter().map(|c| if already { Some(0) } else { c.iter().position(|&v| beyond(v)) }).collect();
    let n = first.len().max(1) as f64;
    let by_step: Vec<f64> =
        (0..params.horizon).map(|k| first.iter().flatten().filter(|&&f| f <= k).count() as f64 / n).collect();
    let step = series.step_ms().unwrap_or(1);
    let newest = series.at.last().copied().unwrap_or(0);
    let time = |share: f64| {
        let k = by_step.iter().position(|&p| p >= share)?;
        Some(newest.saturating_add(step.saturating_mul(k as i64 + 1)))
    };
    Ok(Crossing {
        p10: time(0.1),
        p50: time(0.5),
        p90: time(0.9),
        none: 1.0 - by_step.last().copied().unwrap_or(0.0),
        by_step,
        courses: courses.len(),
    })
}

/// Units (replicas, nodes) needed so that each carries at most `each`, for the `quantile` (0.95 for P95) of the highest
/// value over the horizon: for the P95 of the next hour of values a minute apart, a horizon of 60. `each` is in the unit of the
/// series; at least 1 unit, at most 10¹⁵. Cost as [`crossing`].
///
/// # Errors
/// [`Reason`] as for [`auto::forecast`]; [`Reason::Parameter`] for `each` not above 0 or a quantile outside [0, 1].
pub fn units(series: &Series, each: f64, quantile: f64, params: &Params) -> Result<u64, Reason> {
    if !(each > 0.0 && each.is_finite()) {
        return Err(Reason::parameter("each", "must be above 0"));
    }
    if !(0.0..=1.0).contains(&quantile) {
        return Err(Reason::parameter("quantile", "must be 0 to 1"));
    }
    let value = series.filled()?;
    let (_, courses) = auto::scenarios(&value, params)?;
    let mut peaks: Vec<f64> = courses.iter().map(|c| c.iter().copied().fold(f64::NEG_INFINITY, f64::max)).collect();
    peaks.sort_by(f64::total_cmp);
    let peak = stats::quantile_sorted(&peaks, quantile).unwrap_or(0.0);
    Ok((libm::ceil(peak / each - 1e-9).clamp(1.0, 1e15)) as u64)
}
