//! The alarm layer: from surprises to scores, alarms and their end.
//!
//! Any detector whose surprise is a decimal logarithm of one over a probability can pass through it. Alarms are sparse: one
//! at the onset, the next only when something rarer happens or after a pause; a series that alarms often has to be more
//! surprising each time.

use crate::Reason;
use serde::{Deserialize, Serialize};

/// Settings of the layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlarmParams {
    /// Surprise from which an alarm can start.
    pub gate: f64,
    /// Surprise whose score is 0.5.
    pub half: f64,
    /// Points after an alarm in which another one must be rarer by `rise`.
    pub pause: usize,
    /// Factor on the last alarm's surprise that breaks the pause.
    pub rise: f64,
    /// Surprise that each alarm adds to what the next one needs, and the share of it that is forgotten a point.
    pub habit: f64,
    /// See `habit`.
    pub forget: f64,
    /// Points before the first alarm.
    pub warm_up: usize,
}

impl Default for AlarmParams {
    fn default() -> AlarmParams {
        AlarmParams { gate: 3.5, half: 5.0, pause: 100, rise: 1.3, habit: 0.05, forget: 0.0002, warm_up: 200 }
    }
}

/// What the layer says about a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// In [0, 1]: rows of an alarm score higher than all others, those among themselves by surprise.
    pub score: f64,
    /// Whether an alarm starts here.
    pub onset: bool,
    /// The surprise less the habit.
    pub surprise: f64,
}

/// State of the layer: 40 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    params: AlarmParams,
    habit: f64,
    seen: u64,
    since: Option<u64>,
    peak: f64,
}

impl Alarm {
    /// A layer that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: AlarmParams) -> Result<Alarm, Reason> {
        let positive = [params.gate, params.half, params.rise];
        if positive.iter().any(|v| !v.is_finite() || *v <= 0.0) {
            return Err(Reason::parameter("gate, half, rise", "must be above 0"));
        }
        if !(0.0..=1.0).contains(&params.forget) || !(0.0..1e6).contains(&params.habit) {
            return Err(Reason::parameter("habit, forget", "must not be negative; forget at most 1"));
        }
        Ok(Alarm { params, habit: 0.0, seen: 0, since: None, peak: 0.0 })
    }

    /// The score from which a row counts as an alarm.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.params.gate / (self.params.gate + self.params.half)
    }

    /// Takes the surprise of a point.
    pub fn push(&mut self, surprise: f64) -> Reading {
        let p = &self.params;
        self.seen += 1;
        let warm = self.seen > p.warm_up as u64;
        let given = if surprise.is_finite() { surprise } else { 0.0 };
        let raw = if warm { (given - self.habit).max(0.0) } else { 0.0 };
        self.habit *= 1.0 - p.forget;
        let score = raw / (raw + p.half);
        let paused = self.since.is_some_and(|s| self.seen - s <= p.pause as u64);
        if raw < p.gate || (paused && raw <= self.peak * p.rise) {
            return Reading { score: 0.9 * self.threshold() * score, onset: false, surprise: raw };
        }
        if !paused {
            self.habit += p.habit;
        }
        self.since = Some(self.seen);
        self.peak = raw;
        Reading { score, onset: true, surprise: raw }
    }
}
