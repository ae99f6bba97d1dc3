//! A detector that goes on where it stopped: what is saved between two looks at a series that overlap.
//!
//! Points are taken once: those not newer than the newest one taken are left out. The newest scores are kept beside the
//! detector, so that an episode that began before this look is still open in it.

use crate::episode::{self, EpisodeParams};
use crate::method::{Detector, Method};
use crate::{Judgement, Reason, Series};
use serde::{Deserialize, Serialize};

/// Version of the saved form.
const VERSION: u32 = 1;
/// Most points kept beside the detector.
const TAIL: usize = 1_000;
/// Present points before anything is judged.
const FEWEST: u64 = 30;

/// A detector and its newest points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    detector: Detector,
    /// Stamp, value and score of the newest points that were not missing, oldest first.
    tail: Vec<(i64, f64, f64)>,
    /// Points taken that were not missing.
    present: u64,
}

impl Kept {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when the method is not causal.
    pub fn new(method: &Method) -> Result<Kept, Reason> {
        Ok(Kept { version: VERSION, detector: Detector::new(method)?, tail: Vec::new(), present: 0 })
    }

    /// Takes a state that was read from elsewhere, or says why not.
    ///
    /// # Errors
    /// [`Reason::State`] for a state of another version or one that is damaged.
    pub fn load(self) -> Result<Kept, Reason> {
        if self.version != VERSION {
            return Err(Reason::State {
                problem: format!("its form is {}, this program knows {VERSION}", self.version),
            });
        }
        let ordered = self.tail.windows(2).all(|w| w[0].0 < w[1].0);
        if !ordered || self.tail.len() > TAIL || self.tail.iter().any(|t| !t.1.is_finite() || !t.2.is_finite()) {
            return Err(Reason::state("its newest points are damaged"));
        }
        Ok(Kept { detector: self.detector.load()?, ..self })
    }

    /// The detector, to go on with by itself.
    #[must_use]
    pub fn into_detector(self) -> Detector {
        self.detector
    }

    /// The detector.
    #[must_use]
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// Takes the points that are newer than the newest one taken; how many they were. O(points).
    pub fn learn(&mut self, series: &Series) -> usize {
        let newest = self.detector.newest().unwrap_or(i64::MIN);
        let from = series.at.partition_point(|t| *t <= newest);
        for (&at, &value) in series.at[from..].iter().zip(&series.value[from..]) {
            let score = self.detector.push(at, value);
            if value.is_finite() {
                self.present += 1;
                self.tail.push((at, value, score));
            }
        }
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        series.len() - from
    }

    /// Judges the end of what was taken. O(`TAIL`).
    ///
    /// # Errors
    /// [`Reason::TooFewPoints`] before 30 present points were taken.
    pub fn judge(&self) -> Result<Judgement, Reason> {
        if self.present < FEWEST {
            return Err(Reason::TooFewPoints { have: self.present as usize, need: FEWEST as usize });
        }
        let at: Vec<i64> = self.tail.iter().map(|t| t.0).collect();
        let value: Vec<f64> = self.tail.iter().map(|t| t.1).collect();
        let score: Vec<f64> = self.tail.iter().map(|t| t.2).collect();
        let before = self.present - self.tail.len() as u64;
        let warm_up = FEWEST.saturating_sub(before) as usize;
        let basis = format!("`{}` over {} points, kept between runs", self.detector.method(), self.present);
        let judged = episode::judge(&at, &value, &score, warm_up, &EpisodeParams::default(), &basis);
        let seen = before as f64 + judged.confidence * 20.0 / (1.0 - judged.confidence).max(1e-9);
        Ok(Judgement { confidence: seen / (seen + 20.0), points: self.present as usize, ..judged })
    }
}
