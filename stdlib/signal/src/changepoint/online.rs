//! Bayesian online change-point detection.
//!
//! Adams and MacKay, "Bayesian online changepoint detection", 2007: normal data with unknown mean and variance (Student
//! predictive), a constant hazard, run lengths pruned.

use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of an [`Online`].
const VERSION: u32 = 1;
/// Run lengths with less probability than this are dropped.
const PRUNE: f64 = 1e-6;

/// Settings of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineParams {
    /// Expected points between changes, above 1.
    pub every: f64,
    /// Most run lengths kept, at least 10.
    pub most: usize,
    /// Points from which the scale of the prior is taken, at least 4.
    pub warm_up: usize,
}

impl Default for OnlineParams {
    fn default() -> OnlineParams {
        OnlineParams { every: 250.0, most: 300, warm_up: 10 }
    }
}

/// One hypothesis: that the level has held for `length` points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    length: u64,
    probability: f64,
    mean: f64,
    count: f64,
    shape: f64,
    scale: f64,
}

/// What a point says about changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Points since the most probable last change.
    pub run: u64,
    /// Probability that the level changed within the last five points, in [0, 1].
    pub recent: f64,
    /// Mean of the level under the most probable run, in the unit of the values.
    pub level: f64,
}

/// State: at most `most` runs of 48 bytes; O(runs) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Online {
    version: u32,
    params: OnlineParams,
    early: Vec<f64>,
    origin: f64,
    unit: f64,
    runs: Vec<Run>,
}

impl Online {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: OnlineParams) -> Result<Online, Reason> {
        if !(params.every > 1.0 && params.every.is_finite()) || params.most < 10 || params.warm_up < 4 {
            return Err(Reason::parameter("every, most, warm_up", "must be above 1, at least 10 and at least 4"));
        }
        Ok(Online { version: VERSION, params, early: Vec::new(), origin: 0.0, unit: 0.0, runs: Vec::new() })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let sound = self.runs.iter().all(|r| r.probability.is_finite() && r.scale > 0.0 && r.shape > 0.0);
        if self.version == VERSION && sound {
            Ok(())
        } else {
            Err(Reason::state("online of another version or damaged"))
        }
    }

    fn fresh() -> Run {
        // Prior: one observation's worth of mean 0, variance around 1, in units of the early spread.
        Run { length: 0, probability: 1.0, mean: 0.0, count: 0.05, shape: 1.0, scale: 1.0 }
    }

    /// Takes a value in; `None` during the warm-up and for a missing value.
    pub fn push(&mut self, value: f64) -> Option<Held> {
        let x = usable(value);
        if x.is_nan() {
            return None;
        }
        if self.unit <= 0.0 {
            self.early.push(x);
            if self.early.len() < self.params.warm_up {
                return None;
            }
            let (centre, scale) = crate::math::stats::robust_location(&self.early)?;
            self.origin = centre;
            self.unit = scale.max(1e-6 * centre.abs()).max(1e-100);
            self.runs = vec![Online::fresh()];
            let early = std::mem::take(&mut self.early);
            return early.into_iter().map(|v| self.step(v)).last().flatten();
        }
        self.step(x)
    }

    fn step(&mut self, x: f64) -> Option<Held> {
        let z = ((x - self.origin) / self.unit).clamp(-1e9, 1e9);
        let hazard = 1.0 / self.params.every;
        let mut changed = 0.0;
        for run in &mut self.runs {
            let likelihood =
                student(z, run.mean, run.scale * (run.count + 1.0) / (run.shape * run.count), 2.0 * run.shape);
            let joint = run.probability * likelihood;
            changed += joint * hazard;
            run.probability = joint * (1.0 - hazard);
            run.length += 1;
            let off = z - run.mean;
            run.scale += 0.5 * run.count * off * off / (run.count + 1.0);
            run.mean += off / (run.count + 1.0);
            run.count += 1.0;
            run.shape += 0.5;
        }
        let mut fresh = Online::fresh();
        fresh.probability = changed;
        self.runs.insert(0, fresh);
        let total: f64 = self.runs.iter().map(|r| r.probability).sum();
        if total.is_nan() || total <= 0.0 || total.is_infinite() {
            self.runs = vec![Online::fresh()];
        } else {
            for r in &mut self.runs {
                r.probability /= total;
            }
            self.runs.retain(|r| r.probability > PRUNE);
            if self.runs.len() > self.params.most {
                self.runs.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.length.cmp(&b.length)));
                self.runs.truncate(self.params.most);
                self.runs.sort_by_key(|r| r.length);
            }
        }
        let best =
            self.runs.iter().max_by(|a, b| a.probability.total_cmp(&b.probability).then(b.length.cmp(&a.length)))?;
        let recent: f64 = self.runs.iter().filter(|r| r.length <= 5).map(|r| r.probability).sum();
        Some(Held { run: best.length, recent: recent.clamp(0.0, 1.0), level: best.mean * self.unit + self.origin })
    }
}

/// Density of Student's t with a location, a squared scale and degrees of freedom.
fn student(x: f64, location: f64, square: f64, freedom: f64) -> f64 {
    let off = (x - location) * (x - location) / (freedom * square);
    let log = libm::lgamma(0.5 * (freedom + 1.0))
        - libm::lgamma(0.5 * freedom)
        - 0.5 * libm::log(freedom * std::f64::consts::PI * square)
        - 0.5 * (freedom + 1.0) * libm::log1p(off);
    libm::exp(log)
}
