//! Robust z-score: how far a point lies from the median of the points before it, in robust standard deviations.
//!
//! Iglewicz and Hoaglin, "How to detect and handle outliers", 1993. Causal: a point is compared with earlier points only.

use crate::episode::{self, EpisodeParams};
use crate::math::stats;
use crate::{Judgement, Reason, Series};
use serde::{Deserialize, Serialize};

/// Settings of the robust z-score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ZscoreParams {
    /// Robust standard deviations from which a point is anomalous (above 0).
    pub threshold: f64,
    /// Earlier points that a point is compared with (at least 5).
    pub window: usize,
    /// Points that must have been seen before an alarm.
    pub warm_up: usize,
    /// Changes smaller than this (in the series' unit) never raise an alarm.
    pub least_change: f64,
}

impl Default for ZscoreParams {
    fn default() -> ZscoreParams {
        ZscoreParams { threshold: 5.0, window: 300, warm_up: 15, least_change: 0.0 }
    }
}

/// Judges the end of a series. The score is |z| / (|z| + threshold): 0.5 at the threshold. Needs `warm_up` + 1 present
/// points. A level of zero spread (constant, all zero) makes any different value anomalous.
/// O(n · window) time, O(n) memory.
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a parameter out of range.
pub fn judge(series: &Series, params: &ZscoreParams) -> Result<Judgement, Reason> {
    let (at, value) = series.require(params.warm_up.max(3) + 1)?;
    let score = scores(&value, params)?;
    let episode = EpisodeParams { least_change: params.least_change.max(0.0), ..EpisodeParams::default() };
    let basis = format!("robust z-score against the {} points before, threshold {}", params.window, params.threshold);
    Ok(episode::judge(&at, &value, &score, params.warm_up.max(3), &episode, &basis))
}

/// The score of every present point, in [0, 1], 0.5 at the threshold; the first `warm_up` points score 0.
///
/// # Errors
/// [`Reason::Parameter`] for a parameter out of range.
pub fn scores(value: &[f64], params: &ZscoreParams) -> Result<Vec<f64>, Reason> {
    if params.threshold.is_nan() || params.threshold <= 0.0 {
        return Err(Reason::parameter("threshold", "must be above 0"));
    }
    if params.window < 5 {
        return Err(Reason::parameter("window", "must be at least 5"));
    }
    let warm_up = params.warm_up.max(3);
    let mut normal: Vec<f64> = Vec::with_capacity(value.len());
    let mut held: Vec<f64> = Vec::new();
    let mut out = Vec::with_capacity(value.len());
    for (i, &v) in value.iter().enumerate() {
        if i < warm_up || normal.len() < warm_up {
            normal.push(v);
            out.push(0.0);
            continue;
        }
        let from = normal.len().saturating_sub(params.window);
        let (centre, scale) = stats::robust_location(&normal[from..]).unwrap_or((v, 0.0));
        let scale = scale.max(centre.abs() * 1e-9).max(1e-300);
        let distance = (v - centre).abs();
        let z = if distance < params.least_change { 0.0 } else { (distance / scale).min(1e12) };
        out.push(z / (z + params.threshold));
        if z < params.threshold {
            held.clear();
            normal.push(v);
        } else {
            // Anomalous points do not become part of the level until they have lasted for a whole window.
            held.push(v);
            if held.len() >= params.window {
                normal.append(&mut held);
            }
        }
    }
    Ok(out)
}
