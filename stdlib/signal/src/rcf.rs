//! The streaming Random Cut Forest detector: values in, score out; and a judgement of the end of a series.

use crate::episode::{self, EpisodeParams};
use crate::forest::{Attribution, Forest, ForestParams};
use crate::{Judgement, Reason, Series};
use serde::{Deserialize, Serialize};

/// Version of the saved form of an [`Rcf`].
const VERSION: u32 = 1;

/// Settings of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RcfParams {
    /// Number of trees, 1 to 1000.
    pub trees: usize,
    /// Points that each tree keeps, 2 to 4096.
    pub sample: usize,
    /// Consecutive values that make up one point, 1 to 48 (more lags see shapes, fewer see levels).
    pub shingle: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// Decay of the sampling weight a point; `None` takes 0.1 / `sample`.
    pub decay: Option<f64>,
    /// Points before the first alarm.
    pub warm_up: usize,
    /// Standard deviations of the recent scores above their mean from which a score is anomalous.
    pub deviations: f64,
    /// Changes smaller than this (in the series' unit) never raise an alarm.
    pub least_change: f64,
}

impl Default for RcfParams {
    fn default() -> RcfParams {
        RcfParams {
            trees: 50,
            sample: 256,
            shingle: 1,
            seed: 7,
            decay: None,
            warm_up: 20,
            deviations: 4.0,
            least_change: 0.0,
        }
    }
}

/// A Random Cut Forest over the last `shingle` values of one series. State: see [`Forest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rcf {
    version: u32,
    params: RcfParams,
    forest: Forest,
    /// The last `shingle` values, oldest first, shifted and scaled.
    window: Vec<f32>,
    filled: usize,
    origin: f64,
    unit: f64,
    fixed: bool,
    early: Vec<f64>,
}

impl Rcf {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: RcfParams) -> Result<Rcf, Reason> {
        if !(1..=48).contains(&params.shingle) {
            return Err(Reason::parameter("shingle", "must be 1 to 48"));
        }
        let forest = Forest::new(ForestParams {
            trees: params.trees,
            sample: params.sample,
            width: params.shingle,
            decay: params.decay,
            seed: params.seed,
        })?;
        Ok(Rcf {
            version: VERSION,
            window: vec![0.0; params.shingle],
            params,
            forest,
            filled: 0,
            origin: 0.0,
            unit: 1.0,
            fixed: false,
            early: Vec::new(),
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if self.version != VERSION {
            return Err(Reason::state("rcf of another version"));
        }
        if self.window.len() != self.params.shingle
            || self.filled > self.params.shingle
            || self.forest.width() != self.params.shingle
        {
            return Err(Reason::state("rcf with a damaged window"));
        }
        self.forest.check()
    }

    /// Bytes of state.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.forest.bytes() + self.window.len() * 4 + self.early.len() * 8
    }

    /// Scores a value against what was seen before, then takes it in. About 1 for ordinary values, several for outliers;
    /// 0 for a missing value and until the first shingle is full.
    pub fn push(&mut self, value: f64) -> f64 {
        if !self.shift(value) {
            return 0.0;
        }
        let score = self.forest.score(&self.window);
        self.forest.update(&self.window);
        score
    }

    /// The score of the newest shingle by lag: entry 0 is the oldest value of the shingle.
    #[must_use]
    pub fn attribution(&mut self) -> Attribution {
        self.forest.attribution(&self.window)
    }

    /// The displacement of the newest shingle, see [`Forest::displacement`].
    #[must_use]
    pub fn displacement(&mut self) -> f64 {
        self.forest.displacement(&self.window)
    }

    /// Moves the window on; whether it is full.
    fn shift(&mut self, value: f64) -> bool {
        let value = crate::series::usable(value);
        if value.is_nan() {
            return false;
        }
        // f32 has 24 bits: values are taken relative to the first one, in a power of two near the first spread seen.
        if !self.fixed {
            if self.early.is_empty() {
                self.origin = value;
            }
            self.early.push(value);
            let spread = self.early.iter().fold(0.0_f64, |a, v| a.max((v - self.origin).abs()));
            if spread > 0.0 {
                let (_, exponent) = libm::frexp(spread);
                self.unit = libm::ldexp(1.0, -exponent);
                self.fixed = true;
                self.early = Vec::new();
            } else {
                self.early.truncate(1);
            }
        }
        let scaled = ((value - self.origin) * self.unit).clamp(-1e30, 1e30) as f32;
        self.window.rotate_left(1);
        if let Some(last) = self.window.last_mut() {
            *last = scaled;
        }
        self.filled = (self.filled + 1).min(self.params.shingle);
        self.filled == self.params.shingle
    }
}

/// The detector with a threshold of its own: state machine from values to scores in [0, 1], 0.5 at the threshold. The score
/// is raw / (raw + threshold), where the threshold is the running mean of the raw scores plus `deviations` of their
/// standard deviations, at least 1.5. State: see [`Rcf`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scorer {
    rcf: Rcf,
    counted: f64,
    mean: f64,
    spread: f64,
}

impl Scorer {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: RcfParams) -> Result<Scorer, Reason> {
        if params.deviations.is_nan() || params.deviations <= 0.0 {
            return Err(Reason::parameter("deviations", "must be above 0"));
        }
        Ok(Scorer { rcf: Rcf::new(params)?, counted: 0.0, mean: 0.0, spread: 0.0 })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if [self.counted, self.mean, self.spread].iter().any(|v| !v.is_finite()) {
            return Err(Reason::state("rcf with a damaged threshold"));
        }
        self.rcf.check()
    }

    /// Scores a value against what was seen before, then takes it in; a missing value scores 0.
    pub fn push(&mut self, value: f64) -> f64 {
        let raw = self.rcf.push(value);
        let threshold = (self.mean + self.rcf.params.deviations * libm::sqrt(self.spread)).max(1.5);
        let level = raw / (raw + threshold);
        if raw > 0.0 {
            // Anomalous scores count only up to the threshold, so that one incident does not hide the next.
            let counted = raw.min(threshold);
            self.counted = (self.counted + 1.0).min(500.0);
            let rate = 1.0 / self.counted;
            let step = counted - self.mean;
            self.mean += rate * step;
            self.spread += rate * (step * (counted - self.mean) - self.spread);
        }
        level
    }
}

/// Scores of all present values of a series by a fresh [`Scorer`].
///
/// # Errors
/// [`Reason::Parameter`] when a parameter is out of range.
pub fn scores(value: &[f64], params: &RcfParams) -> Result<Vec<f64>, Reason> {
    let mut scorer = Scorer::new(params.clone())?;
    Ok(value.iter().map(|&v| scorer.push(v)).collect())
}

/// Judges the end of a series. Needs `warm_up` + `shingle` present points. O(n · trees · ln sample).
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a parameter out of range.
pub fn judge(series: &Series, params: &RcfParams) -> Result<Judgement, Reason> {
    let warm_up = params.warm_up.max(params.shingle).max(5);
    let (at, value) = series.require(warm_up + 1)?;
    let score = scores(&value, params)?;
    let episode = EpisodeParams { least_change: params.least_change.max(0.0), ..EpisodeParams::default() };
    let basis =
        format!("random cut forest, {} trees of {} points, shingle {}", params.trees, params.sample, params.shingle);
    Ok(episode::judge(&at, &value, &score, warm_up, &episode, &basis))
}
