//! What was seen at the same time of a day or of a week.

use serde::{Deserialize, Serialize};

/// Number of quantities whose range is kept by phase.
pub(crate) const KEPT: usize = 5;
/// Marks a phase in which nothing was seen; larger than any value.
const UNSET: f64 = f64::MAX;
/// Slowest rate of the mean squared difference, a point.
const SLOW: f64 = 0.0005;

/// Mean of the value, and smallest and largest of [`KEPT`] quantities, by phase of one period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Season {
    /// [`UNSET`] where nothing was seen.
    mean: Vec<f64>,
    low: Vec<[f64; KEPT]>,
    high: Vec<[f64; KEPT]>,
    /// Mean squared difference to the mean of the phase, and the number of points in it.
    error: f64,
    count: f64,
}

impl Season {
    pub(crate) fn new(slots: usize) -> Season {
        Season {
            mean: vec![UNSET; slots],
            low: vec![[UNSET; KEPT]; slots],
            high: vec![[-UNSET; KEPT]; slots],
            error: 0.0,
            count: 0.0,
        }
    }

    pub(crate) fn slots(&self) -> usize {
        self.mean.len()
    }

    pub(crate) fn mean(&self, phase: usize) -> Option<f64> {
        let m = self.mean[phase];
        (m < UNSET).then_some(m)
    }

    /// How badly the means fit, in squared units of the value; infinite before ten points were compared.
    pub(crate) fn error(&self) -> f64 {
        if self.count < 10.0 { f64::INFINITY } else { self.error }
    }

    /// Whether any point was compared with its phase yet.
    pub(crate) fn started(&self) -> bool {
        self.count > 0.0
    }

    /// Signed distance of `x` outside the range of quantity `which` at the phase and `reach` phases either side.
    pub(crate) fn outside(&self, phase: usize, reach: usize, which: usize, x: f64) -> Option<f64> {
        let l = self.slots();
        let reach = reach.min(l / 2);
        let (mut low, mut high) = (UNSET, -UNSET);
        let mut i = (phase + l - reach) % l;
        for _ in 0..=2 * reach {
            low = low.min(self.low[i][which]);
            high = high.max(self.high[i][which]);
            i = if i + 1 == l { 0 } else { i + 1 };
        }
        if low > high {
            None
        } else if x > high {
            Some(x - high)
        } else if x < low {
            Some(x - low)
        } else {
            Some(0.0)
        }
    }

    /// Takes the kept quantities in; `rate` is the weight of the newest value in the mean of a phase.
    pub(crate) fn add(&mut self, phase: usize, values: [f64; KEPT], rate: f64) {
        let x = values[0];
        let m = self.mean[phase];
        if m < UNSET {
            let r = x - m;
            self.count += 1.0;
            self.error += (1.0 / self.count).max(SLOW) * (r * r - self.error);
            self.mean[phase] = m + rate * r;
        } else {
            self.mean[phase] = x;
        }
        let (low, high) = (&mut self.low[phase], &mut self.high[phase]);
        for (which, &v) in values.iter().enumerate() {
            low[which] = low[which].min(v);
            high[which] = high[which].max(v);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.mean.len() * (8 + 2 * KEPT * 8)
    }

    pub(crate) fn sound(&self) -> bool {
        !self.mean.is_empty() && self.low.len() == self.mean.len() && self.high.len() == self.mean.len()
    }
}
