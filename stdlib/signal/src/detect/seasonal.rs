//! Residual to the same time of earlier seasons.
//!
//! The usual value of a phase is the median of the last values seen there, so a few odd days do not move it; the scale
//! is the larger of the median absolute deviation of the phase and a running one of all residuals.

use crate::Reason;
use crate::math::stats::MAD_TO_SIGMA;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Seasonal`].
const VERSION: u32 = 1;

/// Most values kept of a phase.
const MOST: usize = 64;

/// Settings of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeasonalParams {
    /// Length of a season in milliseconds, at least 1.
    pub period_ms: i64,
    /// Phases that a season is cut into, 1 to 20 000.
    pub phases: usize,
    /// Values kept of each phase, 3 to 64.
    pub keep: usize,
    /// Values that a phase must have before it is judged, 2 to `keep`.
    pub warm_up: usize,
    /// Standard deviations from which a residual is anomalous.
    pub threshold: f64,
}

impl Default for SeasonalParams {
    fn default() -> SeasonalParams {
        SeasonalParams { period_ms: 86_400_000, phases: 288, keep: 9, warm_up: 3, threshold: 5.0 }
    }
}

/// State of the detector: `phases · keep · 8` bytes and a few more; O(keep) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seasonal {
    version: u32,
    params: SeasonalParams,
    /// Ring of the values of each phase: `keep` a phase.
    rings: Vec<f64>,
    /// Values ever put into each ring.
    counts: Vec<u32>,
    /// Running mean of absolute residuals, clipped, and the residuals in it.
    spread: f64,
    residuals: u64,
}

/// A value against its phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Departure {
    /// What was usual at this time of the season, in the unit of the series; `None` while the phase is warming up.
    pub expected: Option<f64>,
    /// Value less expectation in robust standard deviations.
    pub z: f64,
    /// In [0, 1], 0.5 at the threshold.
    pub score: f64,
}

impl Seasonal {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: SeasonalParams) -> Result<Seasonal, Reason> {
        if params.period_ms < 1 || !(1..=20_000).contains(&params.phases) {
            return Err(Reason::parameter("period_ms, phases", "must be at least 1, and 1 to 20000"));
        }
        if !(3..=MOST).contains(&params.keep) || !(2..=params.keep).contains(&params.warm_up) {
            return Err(Reason::parameter("keep, warm_up", "must be 3 to 64, and 2 to `keep`"));
        }
        if params.threshold.is_nan() || params.threshold <= 0.0 {
            return Err(Reason::parameter("threshold", "must be above 0"));
        }
        Ok(Seasonal {
            version: VERSION,
            rings: vec![0.0; params.phases * params.keep],
            counts: vec![0; params.phases],
            params,
            spread: 0.0,
            residuals: 0,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound = self.version == VERSION
            && self.counts.len() == self.params.phases
            && self.rings.len() == self.params.phases.saturating_mul(self.params.keep)
            && self.rings.iter().all(|v| v.is_finite())
            && self.spread.is_finite()
            && Seasonal::new(self.params.clone()).is_ok();
        if sound { Ok(()) } else { Err(Reason::state("seasonal of another version or damaged")) }
    }

    /// Takes a stamp (Unix milliseconds) and a value; a missing one scores 0 and changes nothing.
    pub fn push(&mut self, at: i64, value: f64) -> Departure {
        let p = &self.params;
        let x = usable(value);
        let within = i128::from(at.rem_euclid(p.period_ms));
        let phase = (within * p.phases as i128 / i128::from(p.period_ms)) as usize;
        let seen = self.counts[phase] as usize;
        let ring = &mut self.rings[phase * p.keep..(phase + 1) * p.keep];
        let known = seen.min(p.keep);
        let warm = known >= p.warm_up;
        let centre = if warm { Some(centre_and_scale(&ring[..known])) } else { None };
        let expected = centre.map(|c| c.0);
        if x.is_nan() {
            return Departure { expected, z: 0.0, score: 0.0 };
        }
        let mut z = 0.0;
        if let Some((usual, own)) = centre {
            let residual = x - usual;
            // The mean absolute deviation of normal noise is 0.8 of its standard deviation.
            let overall = self.spread / 0.797_884_560_802_865_4;
            let scale = own.max(overall).max(1e-9 * usual.abs()).max(1e-150);
            z = (residual / scale).clamp(-1e9, 1e9);
            self.residuals += 1;
            // Residuals count up to the threshold, so that one incident does not widen the band for the next.
            let most = p.threshold * scale;
            let counted = if self.residuals > 10 { residual.abs().min(most) } else { residual.abs() };
            self.spread += (1.0 / self.residuals as f64).max(0.002) * (counted - self.spread);
            if self.residuals <= 10 {
                z = 0.0;
            }
        }
        ring[seen % p.keep] = x;
        // Whole turns of the ring are taken off before the count overflows.
        self.counts[phase] = if seen >= 1 << 30 { (seen % p.keep + p.keep) as u32 + 1 } else { seen as u32 + 1 };
        Departure { expected, z, score: z.abs() / (z.abs() + p.threshold) }
    }
}

/// Median and scaled median absolute deviation of at most [`MOST`] values, without an allocation.
fn centre_and_scale(values: &[f64]) -> (f64, f64) {
    let n = values.len();
    let mut room = [0.0; MOST];
    let sorted = &mut room[..n];
    sorted.copy_from_slice(values);
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = |x: &[f64]| 0.5 * x[(n - 1) / 2] + 0.5 * x[n / 2];
    let centre = middle(sorted);
    sorted.iter_mut().for_each(|v| *v = (*v - centre).abs());
    sorted.sort_unstable_by(f64::total_cmp);
    (centre, middle(sorted) * MAD_TO_SIGMA)
}
