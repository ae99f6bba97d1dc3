//! The alarm layer: from surprises to scores, alarms and their end.
//!
//! Any detector whose surprise is a decimal logarithm of one over a probability can pass through it. Alarms are sparse: one
//! at the onset, the next only when something rarer happens or after a pause; a series that alarms often has to be more
//! surprising each time. An alarm starts after `debounce` rows beyond the gate (debounce), holds until the surprise has been
//! under a lower bound for some rows in a row (hysteresis, re-arm), and keeps the next one off for `pause` rows (cool-down).

use crate::Reason;
use serde::{Deserialize, Serialize};

/// Version of the saved form of an [`Alarm`].
const VERSION: u32 = 1;

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
    /// Cool-down: points after an alarm in which another one must be rarer by `rise`.
    pub pause: usize,
    /// Factor on the last alarm's surprise that breaks the pause.
    pub rise: f64,
    /// Surprise that each alarm adds to what the next one needs, and the share of it that is forgotten a point.
    pub habit: f64,
    /// See `habit`.
    pub forget: f64,
    /// Points before the first alarm.
    pub warm_up: usize,
    /// Points in a row beyond the gate that an onset needs, at least 1.
    pub debounce: usize,
    /// Share of the gate that the surprise has to stay under for an alarm to end, in (0, 1] (hysteresis).
    pub release: f64,
    /// Points in a row under `release` after which an alarm ends (0 ends it at once).
    pub calm: usize,
    /// Whether a new onset, unless rarer by `rise`, has to wait until the alarm before has ended (re-arm), besides the
    /// cool-down.
    pub rearm: bool,
}

impl Default for AlarmParams {
    fn default() -> AlarmParams {
        AlarmParams {
            gate: 4.5,
            half: 5.2,
            pause: 100,
            rise: 1.5,
            habit: 0.15,
            forget: 0.001,
            warm_up: 200,
            debounce: 1,
            release: 0.5,
            calm: 5,
            rearm: false,
        }
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
    /// Whether an alarm holds at this point: it has started, and has not been calm for long enough since.
    pub active: bool,
    /// How far beyond the alarm threshold, in [0, 1]; 0 without an alarm.
    pub grade: f64,
    /// The surprise less the habit.
    pub surprise: f64,
    /// The tail probability that the surprise stands for: about how often ordinary data would look as odd.
    pub probability: f64,
}

/// State of the layer: 72 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    version: u32,
    params: AlarmParams,
    habit: f64,
    seen: u64,
    since: Option<u64>,
    peak: f64,
    /// Points in a row beyond the gate.
    beyond: usize,
    active: bool,
    /// Points in a row under the release bound while an alarm holds.
    calm: usize,
}

impl Alarm {
    /// A layer that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: AlarmParams) -> Result<Alarm, Reason> {
        let positive = [params.gate, params.half, params.rise, params.release];
        if positive.iter().any(|v| !v.is_finite() || *v <= 0.0) || params.release > 1.0 {
            return Err(Reason::parameter("gate, half, rise, release", "must be above 0; release at most 1"));
        }
        if !(0.0..=1.0).contains(&params.forget) || !(0.0..1e6).contains(&params.habit) {
            return Err(Reason::parameter("habit, forget", "must not be negative; forget at most 1"));
        }
        if params.debounce == 0 {
            return Err(Reason::parameter("debounce", "must be at least 1"));
        }
        Ok(Alarm {
            version: VERSION,
            params,
            habit: 0.0,
            seen: 0,
            since: None,
            peak: 0.0,
            beyond: 0,
            active: false,
            calm: 0,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound = self.version == VERSION
            && self.habit.is_finite()
            && self.peak.is_finite()
            && self.since.is_none_or(|s| s <= self.seen)
            && Alarm::new(self.params.clone()).is_ok();
        if sound { Ok(()) } else { Err(Reason::state("alarm of another version or damaged")) }
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
        let raw = if warm { (given - self.habit).clamp(0.0, 1e9) } else { 0.0 };
        self.habit *= 1.0 - p.forget;
        let score = raw / (raw + p.half);
        self.beyond = if raw < p.gate { 0 } else { self.beyond + 1 };
        let cooling = self.since.is_some_and(|s| self.seen - s <= p.pause as u64);
        let shadowed = cooling || (p.rearm && self.active);
        if self.active {
            self.calm = if raw < p.release * p.gate { self.calm + 1 } else { 0 };
            self.active = self.calm < p.calm;
        }
        if self.beyond < p.debounce || (shadowed && raw <= self.peak * p.rise) {
            return self.reading(0.9 * self.edge() * score, false, raw);
        }
        if !shadowed {
            self.habit += p.habit;
        }
        self.since = Some(self.seen);
        self.peak = raw;
        if score >= THRESHOLD {
            (self.active, self.calm) = (true, 0);
        }
        self.reading(score, true, raw)
    }

    fn reading(&self, score: f64, onset: bool, surprise: f64) -> Reading {
        let alarm = onset && score >= THRESHOLD;
        Reading {
            score,
            onset,
            alarm,
            active: self.active,
            grade: if alarm { ((score - THRESHOLD) / (1.0 - THRESHOLD)).clamp(0.0, 1.0) } else { 0.0 },
            surprise,
            probability: libm::exp(-surprise * std::f64::consts::LN_10),
        }
    }
}
