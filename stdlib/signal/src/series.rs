//! A series of stamped values, the one input type of this crate.

use crate::Reason;
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// The largest magnitude a value may have: larger finite values are clamped, so that squares and sums stay finite.
pub const LARGEST: f64 = 1e100;

/// A series ordered by time. `at` holds Unix milliseconds, strictly rising; `value` holds the values in the caller's unit,
/// NaN where a value is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Unix milliseconds, strictly rising.
    pub at: Vec<i64>,
    /// Values, NaN = missing; finite values lie within ±[`LARGEST`].
    pub value: Vec<f64>,
}

impl Series {
    /// Builds a series from stamped values in any order: sorted by stamp, of equal stamps the last one given wins,
    /// infinities become missing, magnitudes are clamped to [`LARGEST`]. O(n log n).
    #[must_use]
    pub fn from_pairs(pairs: &[(i64, f64)]) -> Series {
        let mut sorted: Vec<(i64, f64)> = pairs.to_vec();
        sorted.sort_by_key(|pair| pair.0);
        let mut series = Series::default();
        for (at, value) in sorted {
            if series.at.last() == Some(&at) {
                series.value.pop();
            } else {
                series.at.push(at);
            }
            series.value.push(usable(value));
        }
        series
    }

    /// Builds a series from parallel columns; refused when their lengths differ.
    ///
    /// # Errors
    /// [`Reason::Shape`] when the lengths differ.
    pub fn new(at: &[i64], value: &[f64]) -> Result<Series, Reason> {
        if at.len() != value.len() {
            return Err(Reason::Shape { have: value.len(), need: at.len() });
        }
        let pairs: Vec<(i64, f64)> = at.iter().copied().zip(value.iter().copied()).collect();
        Ok(Series::from_pairs(&pairs))
    }

    /// Builds a series from values at a constant step (milliseconds, at least 1), starting at stamp 0.
    #[must_use]
    pub fn from_values(value: &[f64], step_ms: i64) -> Series {
        let step = step_ms.max(1);
        Series {
            at: (0..value.len()).map(|i| (i as i64).saturating_mul(step)).collect(),
            value: value.iter().map(|&v| usable(v)).collect(),
        }
    }

    /// Number of points, missing ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there is no point at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The points that are not missing, oldest first.
    #[must_use]
    pub fn present(&self) -> (Vec<i64>, Vec<f64>) {
        self.at.iter().zip(&self.value).filter(|(_, v)| v.is_finite()).map(|(&a, &v)| (a, usable(v))).unzip()
    }

    /// The present points, refused when there are fewer than `need`.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::AllMissing`] or [`Reason::TooFewPoints`].
    pub fn require(&self, need: usize) -> Result<(Vec<i64>, Vec<f64>), Reason> {
        if self.is_empty() {
            return Err(Reason::Empty);
        }
        let (at, value) = self.present();
        if value.is_empty() {
            return Err(Reason::AllMissing);
        }
        if value.len() < need {
            return Err(Reason::TooFewPoints { have: value.len(), need });
        }
        Ok((at, value))
    }

    /// The usual step between stamps in milliseconds (the median), or `None` with fewer than two points. O(n log n).
    #[must_use]
    pub fn step_ms(&self) -> Option<i64> {
        let mut steps: Vec<f64> = self.at.windows(2).map(|w| w[1].saturating_sub(w[0]) as f64).collect();
        stats::median(&mut steps).map(|m| (m as i64).max(1))
    }

    /// The values with missing ones filled by straight lines between neighbours (ends: nearest value). O(n).
    ///
    /// # Errors
    /// [`Reason::Empty`] or [`Reason::AllMissing`].
    pub fn filled(&self) -> Result<Vec<f64>, Reason> {
        self.require(1)?;
        Ok(fill(&self.value))
    }
}

/// A value as this crate uses it: NaN for anything not finite, clamped to [`LARGEST`].
#[must_use]
pub fn usable(value: f64) -> f64 {
    if value.is_finite() { value.clamp(-LARGEST, LARGEST) } else { f64::NAN }
}

/// Fills missing values by straight lines between the nearest present ones; all zeros when none is present. O(n).
#[must_use]
pub fn fill(value: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = value.iter().map(|&v| usable(v)).collect();
    let mut last: Option<usize> = None;
    for i in 0..out.len() {
        if out[i].is_nan() {
            continue;
        }
        match last {
            None => {
                let first = out[i];
                out[..i].fill(first);
            }
            Some(k) if i > k + 1 => {
                let (a, b) = (out[k], out[i]);
                for (offset, slot) in out[k + 1..i].iter_mut().enumerate() {
                    *slot = a + (b - a) * (offset + 1) as f64 / (i - k) as f64;
                }
            }
            Some(_) => {}
        }
        last = Some(i);
    }
    match last {
        Some(k) => {
            let end = out[k];
            out[k + 1..].fill(end);
        }
        None => out.fill(0.0),
    }
    out
}
