//! Several series at once: a Random Cut Forest over the last rows of all of them.
//!
//! Finds what no series shows alone (load without traffic), and says which series and which lag it was. Guha et al., ICML
//! 2016, see [`crate::forest`].

use super::alarm::Reading;
use super::calibrated::{Calibrated, CalibratedParams};
use crate::forest::{Forest, ForestParams};
use crate::series::usable;
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Multivariate`].
const VERSION: u32 = 1;
/// Slowest rate of the running spread of a series, a row.
const SLOW: f64 = 0.001;
/// Largest coordinate, in running deviations; and the grain of coordinates, so that powers of two scale them exactly.
const FAR: f64 = 1_048_576.0;
/// Powers of two by which the points of a forest may have been scaled in all before it starts again.
const MOST: i32 = 40;

/// Settings of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MultivariateParams {
    /// Number of series, at least 1; `series · shingle` at most 1024.
    pub series: usize,
    /// Consecutive rows that make up one point, 1 to 48.
    pub shingle: usize,
    /// Number of trees, 1 to 1000.
    pub trees: usize,
    /// Points that each tree keeps, 2 to 4096.
    pub sample: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// From scores to alarms.
    pub alarm: CalibratedParams,
}

impl Default for MultivariateParams {
    fn default() -> MultivariateParams {
        MultivariateParams {
            series: 2,
            shingle: 1,
            trees: 50,
            sample: 256,
            seed: 7,
            alarm: CalibratedParams::default(),
        }
    }
}

/// Running centre and spread of one series, and the power of two that brings it to about 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit {
    origin: Option<f64>,
    last: f64,
    mean: f64,
    variance: f64,
    rows: f64,
    power: i32,
    /// Powers of two by which the forest's points of this series were scaled.
    scaled: i32,
}

impl Unit {
    fn coordinate(&self, x: f64) -> f32 {
        let off = libm::ldexp(x - self.origin.unwrap_or(0.0), self.power).clamp(-FAR, FAR);
        (libm::rint(off * FAR) / FAR) as f32
    }

    /// Takes a value in; the power of two that the forest's coordinates have to be scaled by now.
    fn learn(&mut self, x: f64) -> i32 {
        self.rows += 1.0;
        let rate = (1.0 / self.rows).max(SLOW);
        let most = if self.rows > 20.0 && self.variance > 0.0 { 10.0 * libm::sqrt(self.variance) } else { f64::MAX };
        let off = (x - self.mean).clamp(-most, most);
        self.mean += rate * off;
        self.variance += rate * (off * off * (1.0 - rate) - self.variance);
        let spread = libm::sqrt(self.variance).max(1e-9 * self.mean.abs());
        if spread < 1e-120 {
            return 0;
        }
        let (_, exponent) = libm::frexp(spread);
        let change = -exponent - self.power;
        // A factor of four: the spread of a steady series moves less.
        if change.abs() < 2 {
            return 0;
        }
        self.power = -exponent;
        change
    }
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// The forest's score: about 1 for ordinary rows, several for outliers; 0 while the window fills.
    pub score: f64,
    /// The score through the alarm layer.
    pub reading: Reading,
    /// At an onset, the share of the score by series, sums to 1; else empty.
    pub by_series: Vec<f64>,
    /// At an onset, the share of the score by lag, 0 the newest row; else empty.
    pub by_lag: Vec<f64>,
}

/// The detector. State: see [`Forest`] with a width of `series · shingle`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Multivariate {
    version: u32,
    params: MultivariateParams,
    forest: Forest,
    units: Vec<Unit>,
    /// The last rows, oldest first, in the unit of the series.
    rows: Vec<f64>,
    filled: usize,
    alarm: Calibrated,
}

impl Multivariate {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: MultivariateParams) -> Result<Multivariate, Reason> {
        if !(1..=48).contains(&params.shingle) {
            return Err(Reason::parameter("shingle", "must be 1 to 48"));
        }
        if !(1..=1024).contains(&params.series) || params.series * params.shingle > 1024 {
            return Err(Reason::parameter("series", "must be at least 1, and at most 1024 times the shingle"));
        }
        let unit = Unit { origin: None, last: 0.0, mean: 0.0, variance: 0.0, rows: 0.0, power: 0, scaled: 0 };
        Ok(Multivariate {
            version: VERSION,
            forest: Multivariate::forest(&params)?,
            units: vec![unit; params.series],
            rows: vec![0.0; params.series * params.shingle],
            filled: 0,
            alarm: Calibrated::new(params.alarm.clone())?,
            params,
        })
    }

    fn forest(params: &MultivariateParams) -> Result<Forest, Reason> {
        Forest::new(ForestParams {
            trees: params.trees,
            sample: params.sample,
            width: params.series * params.shingle,
            decay: None,
            seed: params.seed,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let width = self.params.series.saturating_mul(self.params.shingle);
        let sound = self.version == VERSION
            && self.units.len() == self.params.series
            && self.rows.len() == width
            && self.forest.width() == width
            && self.rows.iter().all(|v| v.is_finite());
        if !sound {
            return Err(Reason::state("multivariate of another version or damaged"));
        }
        self.alarm.check()?;
        self.forest.check()
    }

    /// Bytes of state.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.forest.bytes() + self.rows.len() * 8 + self.units.len() * std::mem::size_of::<Unit>()
    }

    /// Takes one value of each series, in the same order every time. A missing value counts as the last one of its series;
    /// rows are judged from the first on by which every series has had a value.
    ///
    /// # Errors
    /// [`Reason::Shape`] for a row of another width; nothing is taken in then.
    pub fn push(&mut self, row: &[f64]) -> Result<Joint, Reason> {
        let n = self.params.series;
        if row.len() != n {
            return Err(Reason::Shape { have: row.len(), need: n });
        }
        let mut present = false;
        for (unit, &v) in self.units.iter_mut().zip(row) {
            let x = usable(v);
            if !x.is_nan() {
                present = true;
                unit.origin.get_or_insert(x);
                unit.last = x;
            }
        }
        let quiet = |alarm: &mut Calibrated| Joint {
            score: 0.0,
            reading: alarm.push(0.0),
            by_series: Vec::new(),
            by_lag: Vec::new(),
        };
        if !present || self.units.iter().any(|u| u.origin.is_none()) {
            return Ok(quiet(&mut self.alarm));
        }
        self.rows.rotate_left(n);
        let from = self.rows.len() - n;
        for (slot, unit) in self.rows[from..].iter_mut().zip(&self.units) {
            *slot = unit.last;
        }
        self.filled = (self.filled + 1).min(self.params.shingle);
        if self.filled < self.params.shingle {
            self.learn()?;
            return Ok(quiet(&mut self.alarm));
        }
        // Judged in the units known before this row, learnt in those after it.
        let point = self.point();
        let score = self.forest.score(&point);
        let reading = self.alarm.push((score - 1.0).max(0.0));
        let (by_series, by_lag) = if reading.onset { self.shares(&point) } else { (Vec::new(), Vec::new()) };
        self.learn()?;
        let point = self.point();
        self.forest.update(&point);
        Ok(Joint { score, reading, by_series, by_lag })
    }

    fn point(&self) -> Vec<f32> {
        let n = self.params.series;
        self.rows.iter().enumerate().map(|(k, &x)| self.units[k % n].coordinate(x)).collect()
    }

    /// Updates the units by the newest row, and the forest by the units.
    fn learn(&mut self) -> Result<(), Reason> {
        let n = self.params.series;
        let mut again = false;
        for k in 0..n {
            let last = self.units[k].last;
            let change = self.units[k].learn(last);
            if change == 0 {
                continue;
            }
            self.units[k].scaled += change;
            if self.units[k].scaled.abs() > MOST || change.abs() > MOST {
                again = true;
            } else if !again {
                let coordinates: Vec<usize> = (0..self.params.shingle).map(|lag| lag * n + k).collect();
                self.forest.rescale(&coordinates, change);
            }
        }
        if again {
            // Points so far from the present scale can no longer be told apart.
            self.forest = Multivariate::forest(&self.params)?;
            for unit in &mut self.units {
                unit.scaled = 0;
            }
        }
        Ok(())
    }

    fn shares(&mut self, point: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let parts = self.forest.attribution(point);
        let (n, lags) = (self.params.series, self.params.shingle);
        let (mut series, mut lag) = (vec![0.0; n], vec![0.0; lags]);
        for k in 0..n * lags {
            let part = parts.high[k] + parts.low[k];
            series[k % n] += part;
            lag[lags - 1 - k / n] += part;
        }
        let total: f64 = series.iter().sum();
        if total > 0.0 {
            series.iter_mut().chain(lag.iter_mut()).for_each(|v| *v /= total);
        }
        (series, lag)
    }
}

/// Judges series together, row by row: every stamp that any of them has makes a row, a series without a value there keeps
/// its last one. `params.series` is taken from the number of series.
///
/// # Errors
/// [`Reason::Empty`] without series; [`Reason`] for a series that is empty or all missing, or a parameter out of range.
pub fn scores(series: &[Series], params: &MultivariateParams) -> Result<Vec<(i64, Joint)>, Reason> {
    if series.is_empty() {
        return Err(Reason::Empty);
    }
    let mut rows: std::collections::BTreeMap<i64, Vec<f64>> = std::collections::BTreeMap::new();
    for (k, one) in series.iter().enumerate() {
        one.require(1)?;
        for (&at, &value) in one.at.iter().zip(&one.value) {
            rows.entry(at).or_insert_with(|| vec![f64::NAN; series.len()])[k] = value;
        }
    }
    let mut detector = Multivariate::new(MultivariateParams { series: series.len(), ..params.clone() })?;
    rows.into_iter().map(|(at, row)| Ok((at, detector.push(&row)?))).collect()
}
