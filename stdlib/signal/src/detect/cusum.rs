//! CUSUM and Page-Hinkley: small lasting shifts of a level.
//!
//! Page, "Continuous inspection schemes", Biometrika 1954; Hinkley, "Inference about the change-point from cumulative sum
//! tests", Biometrika 1971.

use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Cusum`].
const VERSION: u32 = 1;

/// Settings of the two-sided CUSUM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CusumParams {
    /// Shift that is not worth noticing, in standard deviations a point (k, often half the shift looked for).
    pub slack: f64,
    /// Sum from which a shift is reported, in standard deviations (h).
    pub limit: f64,
    /// Points from which level and spread are estimated before anything is reported (at least 3).
    pub warm_up: usize,
    /// Whether sums use the running mean of all points (Page-Hinkley) instead of the mean of the warm-up (CUSUM).
    pub running: bool,
}

impl Default for CusumParams {
    fn default() -> CusumParams {
        CusumParams { slack: 0.5, limit: 8.0, warm_up: 30, running: false }
    }
}

/// What a point did to the sums.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CusumReading {
    /// Sum of upward excess, in standard deviations.
    pub up: f64,
    /// Sum of downward excess, in standard deviations.
    pub down: f64,
    /// The larger sum over itself plus the limit: in [0, 1], 0.5 at the limit.
    pub score: f64,
    /// Whether a sum passed the limit at this point; the sums start again from 0 then.
    pub alarm: bool,
}

/// State of the test: 80 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cusum {
    version: u32,
    params: CusumParams,
    seen: f64,
    mean: f64,
    square: f64,
    up: f64,
    down: f64,
}

impl Cusum {
    /// A test that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: CusumParams) -> Result<Cusum, Reason> {
        let fine = params.slack >= 0.0 && params.slack.is_finite() && params.limit > 0.0 && params.limit.is_finite();
        if !fine || params.warm_up < 3 {
            return Err(Reason::parameter("slack, limit, warm_up", "must be at least 0, above 0 and at least 3"));
        }
        Ok(Cusum { version: VERSION, params, seen: 0.0, mean: 0.0, square: 0.0, up: 0.0, down: 0.0 })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let finite = [self.seen, self.mean, self.square, self.up, self.down].iter().all(|v| v.is_finite());
        if self.version == VERSION && finite {
            Ok(())
        } else {
            Err(Reason::state("cusum of another version or damaged"))
        }
    }

    /// Takes a value in; a missing one changes nothing.
    pub fn push(&mut self, value: f64) -> CusumReading {
        let x = usable(value);
        let none = CusumReading { up: self.up, down: self.down, score: 0.0, alarm: false };
        if x.is_nan() {
            return none;
        }
        let warming = self.seen < self.params.warm_up as f64;
        let z = {
            let sigma = libm::sqrt(self.square / self.seen.max(1.0)).max(1e-9 * self.mean.abs()).max(1e-150);
            ((x - self.mean) / sigma).clamp(-1e6, 1e6)
        };
        if warming || self.params.running {
            self.seen += 1.0;
            let off = x - self.mean;
            self.mean += off / self.seen;
            self.square += off * (x - self.mean);
        }
        if warming {
            return none;
        }
        self.up = (self.up + z - self.params.slack).max(0.0);
        self.down = (self.down - z - self.params.slack).max(0.0);
        let top = self.up.max(self.down);
        let reading = CusumReading {
            up: self.up,
            down: self.down,
            score: top / (top + self.params.limit),
            alarm: top >= self.params.limit,
        };
        if reading.alarm {
            (self.up, self.down) = (0.0, 0.0);
        }
        reading
    }
}
