//! ARIMA with seasons, as an explicit choice: exact maximum likelihood, within the work that the caller allows.
//!
//! Box, Jenkins, "Time series analysis: forecasting and control", 1970. The likelihood of the differenced series is exact, by
//! the innovations algorithm on Ansley's transformation (Ansley, Biometrika 1979; Brockwell and Davis, "Time series: theory and
//! methods", 1991, section 5.3); parameters stay stationary and invertible by Monahan's transformation (Biometrika 1984).

mod likelihood;
mod select;

use crate::math::minimise;
use crate::{Reason, series};
use likelihood::{Polynomials, Terms};
pub use select::select;
use serde::{Deserialize, Serialize};

/// Longest polynomial in lags (short and seasonal together) that is fitted.
const LONGEST: usize = 400;

/// The numbers of terms: ARIMA(p, d, q)(P, D, Q) with a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Autoregressive terms.
    pub p: usize,
    /// Differences, at most 2.
    pub d: usize,
    /// Moving-average terms.
    pub q: usize,
    /// Seasonal autoregressive terms.
    pub seasonal_p: usize,
    /// Seasonal differences, at most 1.
    pub seasonal_d: usize,
    /// Seasonal moving-average terms.
    pub seasonal_q: usize,
    /// Points in a season; 0 or 1 for none.
    pub period: usize,
    /// Whether the differenced series has a mean (a level without differences, a drift with one).
    pub mean: bool,
}

impl Order {
    /// ARIMA(p, d, q) without season; with a mean when it is not differenced.
    #[must_use]
    pub fn new(p: usize, d: usize, q: usize) -> Order {
        Order { p, d, q, mean: d == 0, ..Order::default() }
    }

    /// The same with seasonal terms.
    #[must_use]
    pub fn seasonal(self, p: usize, d: usize, q: usize, period: usize) -> Order {
        Order { seasonal_p: p, seasonal_d: d, seasonal_q: q, period, mean: self.mean && d == 0, ..self }
    }

    fn coefficients(&self) -> usize {
        self.p + self.q + self.seasonal_p + self.seasonal_q
    }

    fn check(&self) -> Result<(), Reason> {
        if self.d > 2 || self.seasonal_d > 1 {
            return Err(Reason::parameter("order", "has at most 2 differences and 1 seasonal one"));
        }
        if self.seasonal_p.max(self.seasonal_d).max(self.seasonal_q) > 0 && self.period < 2 {
            return Err(Reason::parameter("period", "must be at least 2 for seasonal terms"));
        }
        let season = |terms: usize| terms.saturating_mul(self.period);
        if [self.p.saturating_add(season(self.seasonal_p)), self.q.saturating_add(season(self.seasonal_q))]
            .iter()
            .any(|&l| l > LONGEST)
        {
            return Err(Reason::parameter("order", "reaches back over 400 points"));
        }
        Ok(())
    }

    /// Points that differencing takes away.
    fn lost(&self) -> usize {
        self.d + self.seasonal_d * self.period
    }

    /// The series differenced as the order says.
    fn difference(&self, y: &[f64]) -> Vec<f64> {
        let mut w = y.to_vec();
        for lag in self.lags() {
            w = (lag..w.len()).map(|t| w[t] - w[t - lag]).collect();
        }
        w
    }

    /// The lags of the differences, in the order in which they are taken.
    fn lags(&self) -> Vec<usize> {
        let mut lags = vec![self.period; self.seasonal_d];
        lags.resize(self.seasonal_d + self.d, 1);
        lags
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arima({},{},{})", self.p, self.d, self.q)?;
        if self.period > 1 {
            write!(f, "({},{},{},{})", self.seasonal_p, self.seasonal_d, self.seasonal_q, self.period)?;
        }
        Ok(())
    }
}

/// A fitted model. Coefficients have the signs of x(t) = Σ ar · x(t − k) + e(t) + Σ ma · e(t − k).
#[derive(Clone, Debug, PartialEq)]
pub struct Arima {
    /// The order that was fitted.
    pub order: Order,
    /// Autoregressive coefficients.
    pub ar: Vec<f64>,
    /// Moving-average coefficients.
    pub ma: Vec<f64>,
    /// Seasonal autoregressive coefficients.
    pub seasonal_ar: Vec<f64>,
    /// Seasonal moving-average coefficients.
    pub seasonal_ma: Vec<f64>,
    /// Mean of the differenced series, in the unit of the series; 0 without one.
    pub mean: f64,
    /// Variance of the one-step errors, in the unit of the series squared.
    pub variance: f64,
    /// Logarithm of the likelihood of the differenced series.
    pub log_likelihood: f64,
    /// Akaike's criterion with the correction for short series; lower is better among equal differences.
    pub aicc: f64,
    /// Likelihoods computed.
    pub evaluations: usize,
    /// Whether the search ended by itself; `false` when `stop` ended it, the parameters being the best until then.
    pub converged: bool,
}

/// Fits an order to values at a constant step, oldest first (NaN = missing, filled by straight lines). `stop` is asked
/// before every evaluation of the likelihood: a clock or a counter of the caller's, since this crate reads no clock; once it
/// says yes, the best parameters so far are the answer. One evaluation takes O(n (p + q)) for the full polynomials of p and q
/// lags plus O(m³) for m = max(p, q); a few hundred are usual, at most 4,000 are made. Memory O(n + m²).
///
/// # Errors
/// [`Reason::Empty`], [`Reason::AllMissing`]; [`Reason::TooFewPoints`] for fewer than the differences, the terms and 8 more;
/// [`Reason::Constant`] when the differenced series does not vary; [`Reason::Parameter`]; [`Reason::Limit`] when `stop` left no
/// evaluation.
pub fn fit(value: &[f64], order: Order, stop: &mut dyn FnMut() -> bool) -> Result<Arima, Reason> {
    search(value, order, 1e-10, stop)
}

/// [`fit`] to within `tolerance` of the best likelihood a point.
fn search(value: &[f64], order: Order, tolerance: f64, stop: &mut dyn FnMut() -> bool) -> Result<Arima, Reason> {
    order.check()?;
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    let have = value.iter().filter(|v| v.is_finite()).count();
    if have == 0 {
        return Err(Reason::AllMissing);
    }
    let need = order.lost() + order.coefficients() + usize::from(order.mean) + 8;
    if have < need {
        return Err(Reason::TooFewPoints { have, need });
    }
    let w = order.difference(&series::fill(value));
    let (low, high) = w.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    // Rounding leaves a little noise where a line was differenced.
    let size = value.iter().filter(|v| v.is_finite()).fold(0.0_f64, |a, v| a.max(series::usable(*v).abs()));
    if high - low <= 1e-13 * size || high == low {
        return Err(Reason::Constant { value: low });
    }
    let scale = 0.5 * high - 0.5 * low;
    let centre = if order.mean { 0.5 * low + 0.5 * high } else { 0.0 };
    let scaled: Vec<f64> = w.iter().map(|v| (v - centre) / scale).collect();

    let start = vec![0.0; order.coefficients()];
    let found = minimise::simplex(
        |x| {
            let terms = Terms::of(&order, x);
            likelihood::of(&Polynomials::of(&order, &terms), &scaled, order.mean)
                .map_or(f64::INFINITY, |l| -l.log_likelihood / scaled.len() as f64)
        },
        &start,
        0.4,
        tolerance,
        4_000,
        stop,
    );
    let limit = Reason::Limit { done: found.evaluations };
    if !found.value.is_finite() {
        return Err(limit);
    }
    let terms = Terms::of(&order, &found.at);
    let Some(like) = likelihood::of(&Polynomials::of(&order, &terms), &scaled, order.mean) else {
        return Err(limit);
    };
    let n = scaled.len() as f64;
    let log_likelihood = like.log_likelihood - n * libm::log(scale);
    let k = order.coefficients() as f64 + f64::from(u8::from(order.mean)) + 1.0;
    let correction = if n > k + 1.0 { 2.0 * k * (k + 1.0) / (n - k - 1.0) } else { f64::INFINITY };
    Ok(Arima {
        order,
        ar: terms.ar,
        ma: terms.ma,
        seasonal_ar: terms.seasonal_ar,
        seasonal_ma: terms.seasonal_ma,
        mean: if order.mean { centre + scale * like.mean } else { 0.0 },
        variance: like.variance * scale * scale,
        log_likelihood,
        aicc: -2.0 * log_likelihood + 2.0 * k + correction,
        evaluations: found.evaluations,
        converged: found.converged,
    })
}

impl Arima {
    fn polynomials(&self) -> Polynomials {
        let terms = Terms {
            ar: self.ar.clone(),
            ma: self.ma.clone(),
            seasonal_ar: self.seasonal_ar.clone(),
            seasonal_ma: self.seasonal_ma.clone(),
        };
        Polynomials::of(&self.order, &terms)
    }

    /// Forecasts `horizon` values after any history of the same series without missing values; the last value (or 0)
    /// repeated when the history is shorter than the differences need. O((n + horizon) (p + q) + m³).
    #[must_use]
    pub fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        let lags = self.order.lags();
        let short = || vec![history.last().copied().unwrap_or(0.0); horizon];
        if history.len() <= self.order.lost() {
            return short();
        }
        // The series after each difference, to undo them from the last to the first.
        let mut layers = vec![history.to_vec()];
        for &lag in &lags {
            let last = &layers[layers.len() - 1];
            let next = (lag..last.len()).map(|t| last[t] - last[t - lag]).collect();
            layers.push(next);
        }
        let Some(w) = layers.pop() else { return short() };
        let centred: Vec<f64> = w.iter().map(|v| v - self.mean).collect();
        let polynomials = self.polynomials();
        let Some(mut error) = likelihood::errors(&polynomials, &centred) else { return short() };
        let mut x = centred;
        for _ in 0..horizon {
            let mut next = 0.0;
            for (k, c) in polynomials.ar.iter().enumerate().take(x.len()) {
                next += c * x[x.len() - 1 - k];
            }
            for (k, c) in polynomials.ma.iter().enumerate().take(error.len()) {
                next += c * error[error.len() - 1 - k];
            }
            x.push(next);
            error.push(0.0);
        }
        let mut out: Vec<f64> = x[x.len() - horizon..].iter().map(|v| v + self.mean).collect();
        for (layer, &lag) in layers.iter().zip(&lags).rev() {
            for h in 0..horizon {
                out[h] += if h >= lag { out[h - lag] } else { layer[layer.len() - lag + h] };
            }
        }
        out
    }
}
