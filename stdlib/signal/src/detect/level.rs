//! Residuals of exponential smoothing: EWMA and Holt.
//!
//! Holt, "Forecasting seasonals and trends by exponentially weighted moving averages", 1957; Roberts, "Control chart tests
//! based on geometric moving averages", Technometrics 1959.

use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Level`].
const VERSION: u32 = 1;

/// Settings of the smoother.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LevelParams {
    /// Weight of the newest value in the level, in (0, 1].
    pub alpha: f64,
    /// Weight of the newest slope in the trend, in [0, 1]; 0 has no trend (EWMA).
    pub beta: f64,
    /// Standard deviations from which a residual is anomalous.
    pub threshold: f64,
    /// Points before the first score.
    pub warm_up: usize,
}

impl Default for LevelParams {
    fn default() -> LevelParams {
        LevelParams { alpha: 0.2, beta: 0.05, threshold: 5.0, warm_up: 15 }
    }
}

/// State of the smoother: 64 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    version: u32,
    params: LevelParams,
    seen: u64,
    level: f64,
    trend: f64,
    spread: f64,
}

/// The residual of a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Residual {
    /// What was expected, in the unit of the series.
    pub expected: f64,
    /// Value less expectation in standard deviations of earlier residuals.
    pub z: f64,
    /// In [0, 1], 0.5 at the threshold.
    pub score: f64,
}

impl Level {
    /// A smoother that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: LevelParams) -> Result<Level, Reason> {
        let fine =
            params.alpha > 0.0 && params.alpha <= 1.0 && (0.0..=1.0).contains(&params.beta) && params.threshold > 0.0;
        if !fine {
            return Err(Reason::parameter("alpha, beta, threshold", "must be in (0, 1], in [0, 1] and above 0"));
        }
        Ok(Level { version: VERSION, params, seen: 0, level: 0.0, trend: 0.0, spread: 0.0 })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound =
            self.version == VERSION && self.level.is_finite() && self.trend.is_finite() && self.spread.is_finite();
        if sound { Ok(()) } else { Err(Reason::state("level of another version or damaged")) }
    }

    /// Takes a value in; a missing one moves the level along the trend and scores 0.
    pub fn push(&mut self, value: f64) -> Residual {
        let x = usable(value);
        if self.seen == 0 {
            if !x.is_nan() {
                self.level = x;
                self.seen = 1;
            }
            return Residual { expected: self.level, z: 0.0, score: 0.0 };
        }
        let expected = (self.level + self.trend).clamp(-1e120, 1e120);
        if x.is_nan() {
            self.level = expected;
            return Residual { expected, z: 0.0, score: 0.0 };
        }
        self.seen += 1;
        let residual = x - expected;
        let sigma = libm::sqrt(self.spread).max(1e-9 * expected.abs()).max(1e-150);
        let warm = self.seen > self.params.warm_up as u64;
        let z = if warm { (residual / sigma).clamp(-1e9, 1e9) } else { 0.0 };
        // Residuals count up to the threshold, so that one incident does not widen the band for the next.
        let most = self.params.threshold * sigma;
        let counted = if warm && self.spread > 0.0 { residual.clamp(-most, most) } else { residual };
        let rate = (1.0 / (self.seen as f64 - 1.0)).max(0.02);
        self.spread += rate * (counted * counted - self.spread);
        let before = self.level;
        self.level = expected + self.params.alpha * residual;
        self.trend += self.params.beta * ((self.level - before).clamp(-1e110, 1e110) - self.trend);
        Residual { expected, z, score: z.abs() / (z.abs() + self.params.threshold) }
    }
}
