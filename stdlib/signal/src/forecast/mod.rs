//! Forecasting: seasons, single models, their combination, intervals and crossing times.
//!
//! Models see plain values at a constant step, oldest first, missing ones filled; everything here is batch. Uses `math`
//! and `series` alone. [`method::forecast`] calls any of them by name; [`auto`] is the default.

pub mod arima;
pub mod auto;
pub mod covariate;
pub mod crossing;
mod frame;
pub mod intermittent;
pub mod linear;
pub mod method;
pub mod mstl;
pub mod naive;
mod origin;
pub mod season;
pub mod smooth;

use crate::Reason;
use serde::{Deserialize, Serialize};

/// A forecast of the next values, in the unit of the series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Expected value of each step, the next one first.
    pub value: Vec<f64>,
    /// Lower end of the interval of each step.
    pub lower: Vec<f64>,
    /// Upper end of the interval of each step.
    pub upper: Vec<f64>,
    /// Probability that a value falls inside its interval, as asked for.
    pub level: f64,
    /// Seasons used, in points, shortest first.
    pub seasons: Vec<usize>,
    /// The models that took part and their weights, which sum to 1.
    pub models: Vec<(String, f64)>,
}

/// What to forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// Steps ahead, 1 to 10 000.
    pub horizon: usize,
    /// Known seasons in points; empty lets [`season::find`] look for them.
    pub seasons: Vec<usize>,
    /// Probability that a value should fall inside its interval, in (0, 1).
    pub level: f64,
    /// Values never forecast below this (for example 0 for a count), if any.
    pub least: Option<f64>,
    /// Values never forecast above this (for example 100 for a percentage), if any.
    pub most: Option<f64>,
}

impl Default for Params {
    fn default() -> Params {
        Params { horizon: 24, seasons: Vec::new(), level: 0.95, least: None, most: None }
    }
}

impl Params {
    fn check(&self) -> Result<(), Reason> {
        if !(1..=10_000).contains(&self.horizon) {
            return Err(Reason::parameter("horizon", "must be 1 to 10000"));
        }
        if self.level.is_nan() || self.level <= 0.0 || self.level >= 1.0 {
            return Err(Reason::parameter("level", "must lie between 0 and 1"));
        }
        let bounds = [self.least, self.most];
        if bounds.iter().flatten().any(|b| !b.is_finite()) || self.least.zip(self.most).is_some_and(|(l, m)| l > m) {
            return Err(Reason::parameter("least, most", "must be finite and in this order"));
        }
        if self.seasons.iter().any(|&s| s < 2) {
            return Err(Reason::parameter("seasons", "must be at least 2 points each"));
        }
        Ok(())
    }
}
