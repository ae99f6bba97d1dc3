//! The alarm layer: from surprises to scores, alarms and their end.
//!
//! Any detector whose surprise is a decimal logarithm of one over a probability can pass through it. Alarms are sparse: one
//! at the onset, the next only when something rarer happens or after a pause; a series that alarms often has to be more
//! surprising each time.

use crate::Reason;
use serde::{Deserialize, Serialize};

/// The score from which a row counts as an alarm.
pub const THRESHOLD: f64 = 0.5;

/// Settings of the layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlarmParams {
    /// Surprise from which a row stands out: rows below it, and rows in the shadow of one above it, score lower than it.
    pub gate: f64,
    /// Surprise whose score is 0.5, where the alarm starts; at least `gate`.
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
        AlarmParams { gate: 4.5, half: 5.2, pause: 50, rise: 1.5, habit: 0.15, forget: 0.001, warm_up: 200 }
    }
}

/// What the layer says about a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// In [0, 1]: rows of an alarm score higher than all others, those among themselves by surprise.
    pub score: f64,
    /// Whether the row stands out: the surprise passed the gate outside the shadow of an earlier one.
    pub onset: bool,
    /// Whether an alarm starts here: the row stands out and scores at least 0.5.
    pub alarm: bool,
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

    /// The score of a surprise right at the gate.
    fn edge(&self) -> f64 {
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
            return Reading { score: 0.9 * self.edge() * score, onset: false, alarm: false, surprise: raw };
        }
        if !paused {
            self.habit += p.habit;
        }
        self.since = Some(self.seen);
        self.peak = raw;
        Reading { score, onset: true, alarm: score >= THRESHOLD, surprise: raw }
    }
}
