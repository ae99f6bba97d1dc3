//! Robust z-score: how far a point lies from the median of the points before it, in robust standard deviations.
//!
//! Iglewicz and Hoaglin, "How to detect and handle outliers", 1993. Causal: a point is compared with earlier points only.

use crate::episode::{self, EpisodeParams};
use crate::math::stats;
use crate::series::usable;
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

/// State machine from values to scores. State: up to twice `window` values; O(window) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zscore {
    params: ZscoreParams,
    /// Values that make up the level, oldest first.
    normal: Vec<f64>,
    /// Anomalous values in a row, not yet part of the level.
    held: Vec<f64>,
}

impl Zscore {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] for a parameter out of range.
    pub fn new(params: ZscoreParams) -> Result<Zscore, Reason> {
        if params.threshold.is_nan() || params.threshold <= 0.0 {
            return Err(Reason::parameter("threshold", "must be above 0"));
        }
        if params.window < 5 {
            return Err(Reason::parameter("window", "must be at least 5"));
        }
        Ok(Zscore { params, normal: Vec::new(), held: Vec::new() })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let finite = self.normal.iter().chain(&self.held).all(|v| v.is_finite());
        if finite && self.params.window >= 5 && self.params.threshold > 0.0 {
            Ok(())
        } else {
            Err(Reason::state("zscore with damaged values"))
        }
    }

    /// The score of a value against those before it, in [0, 1], 0.5 at the threshold; the first `warm_up` values and missing
    /// ones score 0.
    pub fn push(&mut self, value: f64) -> f64 {
        let v = usable(value);
        if v.is_nan() {
            return 0.0;
        }
        let warm_up = self.params.warm_up.max(3);
        if self.normal.len() < warm_up {
            self.normal.push(v);
            return 0.0;
        }
        let from = self.normal.len().saturating_sub(self.params.window);
        let (centre, scale) = stats::robust_location(&self.normal[from..]).unwrap_or((v, 0.0));
        let scale = scale.max(centre.abs() * 1e-9).max(1e-300);
        let distance = (v - centre).abs();
        let z = if distance < self.params.least_change { 0.0 } else { (distance / scale).min(1e12) };
        if z < self.params.threshold {
            self.held.clear();
            self.normal.push(v);
        } else {
            // Anomalous points do not become part of the level until they have lasted for a whole window.
            self.held.push(v);
            if self.held.len() >= self.params.window {
                self.normal.append(&mut self.held);
            }
        }
        let most = self.params.window.max(warm_up);
        if self.normal.len() >= 2 * most {
            self.normal.drain(..self.normal.len() - most);
        }
        z / (z + self.params.threshold)
    }
}

/// The score of every present point by a fresh [`Zscore`].
///
/// # Errors
/// [`Reason::Parameter`] for a parameter out of range.
pub fn scores(value: &[f64], params: &ZscoreParams) -> Result<Vec<f64>, Reason> {
    let mut zscore = Zscore::new(params.clone())?;
    Ok(value.iter().map(|&v| zscore.push(v)).collect())
}
