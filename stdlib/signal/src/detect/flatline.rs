//! Flat lines and missing data: a sensor that repeats itself, a source that went silent.

use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Flatline`].
const VERSION: u32 = 1;

/// How long the newest value has repeated, and how long none has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Points in a row with the same value, the first one not counted.
    pub repeats: u64,
    /// The longest run of repeats that had ended before.
    pub longest: u64,
    /// Milliseconds since the last value that was not missing.
    pub silent_ms: i64,
    /// Usual milliseconds between values.
    pub step_ms: f64,
    /// In [0, 1]: how unusual the run or the silence is; 0.5 at twice the longest run, or at three usual steps.
    pub score: f64,
}

/// State of the detector: 64 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flatline {
    version: u32,
    last: Option<(i64, f64)>,
    repeats: u64,
    longest: u64,
    changes: u64,
    step: f64,
    steps: u64,
}

impl Default for Flatline {
    fn default() -> Flatline {
        Flatline::new()
    }
}

impl Flatline {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new() -> Flatline {
        Flatline { version: VERSION, last: None, repeats: 0, longest: 0, changes: 0, step: 0.0, steps: 0 }
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound = self.version == VERSION && self.step.is_finite() && self.last.is_none_or(|l| l.1.is_finite());
        if sound { Ok(()) } else { Err(Reason::state("flatline of another version or damaged")) }
    }

    /// Takes a stamp (Unix milliseconds) and a value, NaN for a missing one. A series that never changed yet has no flat
    /// line: being constant is its nature.
    pub fn push(&mut self, at: i64, value: f64) -> Silence {
        let x = usable(value);
        let silent = self.last.map_or(0, |(t, _)| at.saturating_sub(t).max(0));
        let usual = self.step;
        let steps = self.steps;
        if !x.is_nan() {
            if let Some((t, v)) = self.last {
                if v == x {
                    self.repeats += 1;
                } else {
                    self.longest = self.longest.max(self.repeats);
                    self.repeats = 0;
                    self.changes += 1;
                }
                let gap = at.saturating_sub(t);
                if gap > 0 {
                    // Gaps of more than ten steps are outages, not the usual step.
                    let counted = if self.steps >= 5 { (gap as f64).min(10.0 * self.step) } else { gap as f64 };
                    self.steps = (self.steps + 1).min(100);
                    self.step += (counted - self.step) / self.steps as f64;
                }
            }
            self.last = Some((at, x));
        }
        let flat = if self.changes >= 3 { self.repeats as f64 / (2.0 * (self.longest as f64 + 2.0)) } else { 0.0 };
        let quiet = if steps >= 5 && usual > 0.0 { (silent as f64 / usual - 1.0).max(0.0) / 2.0 } else { 0.0 };
        let worst = flat.max(quiet);
        Silence {
            repeats: self.repeats,
            longest: self.longest,
            silent_ms: silent,
            step_ms: self.step,
            score: worst / (worst + 1.0),
        }
    }
}
