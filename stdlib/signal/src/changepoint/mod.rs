//! Change points: when the level of a series changed, by how much, how surely. Batch: the whole series is looked at.

pub mod online;
mod pelt;

pub use pelt::{Cost, segments};

use crate::math::{normal, stats};
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// Settings of the change-point search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// What a change is a change of.
    pub cost: Cost,
    /// Fewest points between two changes (at least 1).
    pub least_points: usize,
    /// Factor on the penalty of one more change; 1 is the default (3 · ln n of the noise variance), more finds fewer.
    pub penalty: f64,
    /// Confidence in [0, 1] under which a change is not reported.
    pub least_confidence: f64,
}

impl Default for Params {
    fn default() -> Params {
        Params { cost: Cost::Mean, least_points: 3, penalty: 1.0, least_confidence: 0.95 }
    }
}

/// One change of level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Unix milliseconds of the first point of the new level.
    pub at: i64,
    /// Mean of the segment before, in the series' unit.
    pub before: f64,
    /// Mean of the segment after.
    pub after: f64,
    /// `after - before`.
    pub size: f64,
    /// One minus the probability of such a difference of means under equal levels (Welch's test, normal tail), in [0, 1].
    pub confidence: f64,
}

/// All significant changes, oldest first. Needs 2 · `least_points` present points. O(n) to O(n²) time, O(n) memory.
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a parameter out of range.
pub fn all(series: &Series, params: &Params) -> Result<Vec<Change>, Reason> {
    if params.penalty.is_nan() || params.penalty <= 0.0 {
        return Err(Reason::parameter("penalty", "must be above 0"));
    }
    let least = params.least_points.max(1);
    let (at, value) = series.require(2 * least)?;
    let starts = segments(&value, params.cost, least, params.penalty);
    let mut changes = Vec::new();
    for (k, &start) in starts.iter().enumerate().skip(1) {
        let end = starts.get(k + 1).copied().unwrap_or(value.len());
        let (old, new) = (&value[starts[k - 1]..start], &value[start..end]);
        let change = Change {
            at: at[start],
            before: stats::mean(old),
            after: stats::mean(new),
            size: stats::mean(new) - stats::mean(old),
            confidence: confidence(old, new, params.cost),
        };
        if change.confidence >= params.least_confidence {
            changes.push(change);
        }
    }
    Ok(changes)
}

/// The newest significant change, if there is one.
///
/// # Errors
/// As [`all`].
pub fn last(series: &Series, params: &Params) -> Result<Option<Change>, Reason> {
    Ok(all(series, params)?.pop())
}

/// Confidence that two neighbouring segments differ.
fn confidence(old: &[f64], new: &[f64], cost: Cost) -> f64 {
    let (n, m) = (old.len() as f64, new.len() as f64);
    let (v, w) = (stats::variance(old), stats::variance(new));
    let shift = (stats::mean(new) - stats::mean(old)).abs();
    let error = libm::sqrt(v / n + w / m);
    let by_mean = if shift == 0.0 {
        0.0
    } else if error <= shift * 1e-12 {
        1.0
    } else {
        1.0 - 2.0 * normal::tail(shift / error)
    };
    if cost == Cost::MeanAndVariance && v > 0.0 && w > 0.0 {
        let ratio = libm::log(w / v).abs() / libm::sqrt(2.0 / n + 2.0 / m);
        return by_mean.max(1.0 - 2.0 * normal::tail(ratio)).clamp(0.0, 1.0);
    }
    by_mean.clamp(0.0, 1.0)
}
