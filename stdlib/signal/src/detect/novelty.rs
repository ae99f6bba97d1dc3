//! Novelty: how far a value lies outside everything seen before.

use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Novelty`].
const VERSION: u32 = 1;

/// Settings of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoveltyParams {
    /// Distance outside the seen range, as a share of its width, that scores 0.5; above 0.
    pub half: f64,
    /// Share of the distance to the newest value by which either end of the range comes back each point, in [0, 1): 0
    /// never forgets, 0.001 forgets an extreme over about a thousand points.
    pub forget: f64,
    /// Points before the first score.
    pub warm_up: usize,
}

impl Default for NoveltyParams {
    fn default() -> NoveltyParams {
        NoveltyParams { half: 0.5, forget: 0.0, warm_up: 30 }
    }
}

/// State of the detector: 64 bytes, O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Novelty {
    version: u32,
    params: NoveltyParams,
    seen: u64,
    low: f64,
    high: f64,
}

/// Where a value lies relative to the range seen before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outside {
    /// Signed distance to the range in the unit of the series: above it positive, below it negative, 0 inside.
    pub distance: f64,
    /// In [0, 1], 0 inside the range.
    pub score: f64,
}

impl Novelty {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: NoveltyParams) -> Result<Novelty, Reason> {
        let fine = params.half > 0.0 && params.half.is_finite() && (0.0..1.0).contains(&params.forget);
        if !fine {
            return Err(Reason::parameter("half, forget", "must be above 0 and in [0, 1)"));
        }
        Ok(Novelty { version: VERSION, params, seen: 0, low: 0.0, high: 0.0 })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound = self.version == VERSION && self.low.is_finite() && self.high.is_finite() && self.low <= self.high;
        if sound { Ok(()) } else { Err(Reason::state("novelty of another version or damaged")) }
    }

    /// Takes a value in; a missing one scores 0 and changes nothing.
    pub fn push(&mut self, value: f64) -> Outside {
        let x = usable(value);
        if x.is_nan() {
            return Outside { distance: 0.0, score: 0.0 };
        }
        if self.seen == 0 {
            (self.low, self.high) = (x, x);
        }
        self.seen += 1;
        let distance = if x > self.high {
            x - self.high
        } else if x < self.low {
            x - self.low
        } else {
            0.0
        };
        // A range without width: anything else is as new as can be, rounding apart.
        let width = (self.high - self.low).max(1e-9 * self.high.abs().max(self.low.abs())).max(1e-150);
        let z = if self.seen > self.params.warm_up as u64 { distance.abs() / width } else { 0.0 };
        let (low, high) = (self.low.min(x), self.high.max(x));
        self.low = low + self.params.forget * (x - low);
        self.high = high - self.params.forget * (high - x);
        Outside { distance, score: z / (z + self.params.half) }
    }
}
