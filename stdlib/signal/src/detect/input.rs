//! The input layer: what comes before any detector. Counters become rates or go on as if they had not been reset.
//!
//! A counter only rises, until its process starts again; then it falls to near zero. That fall is a reset, not an anomaly.

use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of an [`Input`].
const VERSION: u32 = 1;
/// Rises without a fall from which a series that is never negative is taken for a counter.
const RISES: u32 = 30;
/// Share of the last value that a reset counter is at most.
const NEAR_ZERO: f64 = 0.1;

/// What the values of a series are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Recognised: values pass as they are; a series that has only risen, 30 times at least, and falls to near zero goes
    /// on from where it was.
    #[default]
    Auto,
    /// Values pass as they are.
    Gauge,
    /// Values that only rise but for resets: what passes is the rate a second since the value before.
    Counter,
}

/// State of the layer: 56 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    version: u32,
    kind: Kind,
    last: Option<(i64, f64)>,
    rises: u32,
    /// Whether the series has fallen other than by a reset: it is no counter then.
    fell: bool,
    /// What the counter had counted before its resets.
    before: f64,
    resets: u64,
}

impl Input {
    /// A layer that has seen nothing.
    #[must_use]
    pub fn new(kind: Kind) -> Input {
        Input { version: VERSION, kind, last: None, rises: 0, fell: false, before: 0.0, resets: 0 }
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound = self.version == VERSION && self.before.is_finite() && self.last.is_none_or(|l| l.1.is_finite());
        if sound { Ok(()) } else { Err(Reason::state("input of another version or damaged")) }
    }

    /// Resets seen.
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// Takes a stamp (Unix milliseconds) and a value; gives the value for a detector, NaN for a missing one. Of a counter
    /// the first value, one whose stamp is not later than the last one's, and the first one after a reset are missing.
    pub fn push(&mut self, at: i64, value: f64) -> f64 {
        let x = usable(value);
        if x.is_nan() {
            return f64::NAN;
        }
        match self.kind {
            Kind::Gauge => x,
            Kind::Counter => self.rate(at, x),
            Kind::Auto => self.recognised(at, x),
        }
    }

    fn rate(&mut self, at: i64, x: f64) -> f64 {
        let Some((then, last)) = self.last else {
            self.last = Some((at, x));
            return f64::NAN;
        };
        let gap = at.saturating_sub(then);
        if gap <= 0 {
            return f64::NAN;
        }
        self.last = Some((at, x));
        // What was counted before the reset and since the last value is lost: no rate of this interval is known.
        if x < last {
            self.resets += 1;
            return f64::NAN;
        }
        (x - last) / (gap as f64 / 1_000.0)
    }

    fn recognised(&mut self, at: i64, x: f64) -> f64 {
        if self.fell {
            return x;
        }
        let last = self.last.map_or(x, |l| l.1);
        self.last = Some((at, x));
        if x >= last && x >= 0.0 {
            self.rises = if x > last { self.rises.saturating_add(1) } else { self.rises };
        } else if self.rises >= RISES && x >= 0.0 && x <= NEAR_ZERO * last {
            self.resets += 1;
            self.before = usable(self.before + last);
        } else {
            self.fell = true;
            return x;
        }
        usable(self.before + x)
    }
}
