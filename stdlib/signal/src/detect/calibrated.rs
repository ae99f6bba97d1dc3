//! Any detector's score through the alarm layer: score, tail probability, grade.
//!
//! How rare a score is follows from the largest scores that the detector gave before (a Pareto tail, Hill 1975), so scores
//! without a unit of their own (a forest's, a sum's, a distance) become comparable.

use super::alarm::{Alarm, AlarmParams, Reading};
use super::tail::Tail;
use crate::Reason;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Calibrated`].
const VERSION: u32 = 1;

/// Settings of the layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalibratedParams {
    /// Largest scores kept, 2 to 1000.
    pub keep: usize,
    /// Share of the scores that counts as tail, in (0, 1].
    pub tail: f64,
    /// Smallest tail shape, above 0: the larger, the less surprising a score far beyond all before.
    pub shape: f64,
    /// The alarm layer behind it.
    pub alarm: AlarmParams,
}

impl Default for CalibratedParams {
    fn default() -> CalibratedParams {
        CalibratedParams { keep: 40, tail: 0.01, shape: 0.05, alarm: AlarmParams::default() }
    }
}

/// State: `keep` · 8 bytes and the alarm layer; O(`keep`) a point in the worst case, usually a few comparisons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    version: u32,
    tail: Tail,
    share: f64,
    shape: f64,
    alarm: Alarm,
}

impl Calibrated {
    /// A layer that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: CalibratedParams) -> Result<Calibrated, Reason> {
        let fine = (2..=1000).contains(&params.keep)
            && params.tail > 0.0
            && params.tail <= 1.0
            && params.shape > 0.0
            && params.shape.is_finite();
        if !fine {
            return Err(Reason::parameter("keep, tail, shape", "must be 2 to 1000, in (0, 1] and above 0"));
        }
        Ok(Calibrated {
            version: VERSION,
            tail: Tail::new(params.keep),
            share: params.tail,
            shape: params.shape,
            alarm: Alarm::new(params.alarm)?,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if self.version != VERSION || !self.tail.sound() {
            return Err(Reason::state("calibration of another version or damaged"));
        }
        self.alarm.check()
    }

    /// Takes a detector's score, 0 for the ordinary and the larger the odder; one that is not finite counts as 0. The
    /// surprise is the decimal logarithm of one over the share of earlier scores that would be as large.
    pub fn push(&mut self, score: f64) -> Reading {
        let z = if score.is_finite() { score.clamp(0.0, 1e100) } else { 0.0 };
        let surprise = self.tail.rarity(z);
        self.tail.add(z, self.share, self.shape);
        self.alarm.push(surprise)
    }
}
