//! STL: a series taken apart into trend, one season and remainder by local regression.
//!
//! Cleveland, Cleveland, McRae, Terpenning, "STL: a seasonal-trend decomposition procedure based on loess", Journal of
//! Official Statistics 1990. Same steps as the authors' program (and so as statsmodels and R).

use super::loess::Loess;
use crate::{Reason, series};

/// How smooth each part is. Windows are in points (the season's in periods) and odd; even ones are rounded up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stl {
    /// Points in a season, at least 2.
    pub period: usize,
    /// Neighbourhood of the seasonal smoother, in periods, at least 3: small lets the season change quickly.
    pub seasonal: usize,
    /// Neighbourhood of the trend smoother; `None` takes the smallest odd number above 1.5 · period / (1 − 1.5 / seasonal).
    pub trend: Option<usize>,
    /// Neighbourhood of the low-pass smoother; `None` takes the smallest odd number above the period.
    pub low_pass: Option<usize>,
    /// Whether the seasonal smoother fits lines (else constants).
    pub seasonal_line: bool,
    /// Only every so many points are smoothed, the rest lies on lines between: the share of each window. 0.1 is hardly
    /// different and up to ten times as fast, 0 smooths every point.
    pub jump: f64,
    /// Rounds of season and trend in turn, at least 1: 2 as in R, 5 as in statsmodels; they hardly differ.
    pub rounds: usize,
    /// Whether outliers are given less weight, in fifteen more turns of all rounds.
    pub robust: bool,
}

impl Stl {
    /// The usual settings for a period: seasonal window 7, lines, a tenth of the window between fitted points, 2 rounds,
    /// not robust.
    #[must_use]
    pub fn new(period: usize) -> Stl {
        Stl {
            period,
            seasonal: 7,
            trend: None,
            low_pass: None,
            seasonal_line: true,
            jump: 0.1,
            rounds: 2,
            robust: false,
        }
    }

    fn check(&self, points: usize) -> Result<(), Reason> {
        if self.period < 2 {
            return Err(Reason::parameter("period", "must be at least 2 points"));
        }
        if self.seasonal < 3 {
            return Err(Reason::parameter("seasonal", "must be at least 3 periods"));
        }
        if !(0.0..=1.0).contains(&self.jump) {
            return Err(Reason::parameter("jump", "must be 0 to 1"));
        }
        if !(1..=1_000).contains(&self.rounds) {
            return Err(Reason::parameter("rounds", "must be 1 to 1000"));
        }
        let need = self.period.saturating_mul(2);
        if points < need {
            return Err(Reason::TooFewPoints { have: points, need });
        }
        Ok(())
    }

    fn loess(&self, window: usize, line: bool) -> Loess {
        Loess { window, line, jump: (libm::ceil(self.jump * window as f64) as usize).max(1) }
    }
}

/// The parts of a series, each as long as it, in its unit; their sum is the series (missing values filled).
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// What is left when the seasons are smoothed away.
    pub trend: Vec<f64>,
    /// What returns every period.
    pub seasonal: Vec<f64>,
    /// The rest.
    pub remainder: Vec<f64>,
    /// Weights of the points in [0, 1] (all 1 unless robust): near 0 marks an outlier.
    pub weight: Vec<f64>,
}

/// An odd number, at least `n`.
fn odd(n: usize) -> usize {
    n | 1
}

/// Takes a series (values at a constant step, oldest first, NaN = missing, filled by straight lines) apart. Needs two
/// periods. Time O(rounds · n · windows · (1 − jump)), memory 8 n numbers.
///
/// # Errors
/// [`Reason::Empty`], [`Reason::AllMissing`], [`Reason::TooFewPoints`] below two periods, [`Reason::Parameter`].
pub fn decompose(value: &[f64], stl: &Stl) -> Result<Parts, Reason> {
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    if !value.iter().any(|v| v.is_finite()) {
        return Err(Reason::AllMissing);
    }
    stl.check(value.len())?;
    let y = series::fill(value);
    Ok(filled(&y, stl))
}

/// [`decompose`] of values that are all present, with settings that were checked.
pub(crate) fn filled(y: &[f64], stl: &Stl) -> Parts {
    let (n, period) = (y.len(), stl.period);
    let seasonal = stl.loess(odd(stl.seasonal), stl.seasonal_line);
    let natural = 1.5 * period as f64 / (1.0 - 1.5 / odd(stl.seasonal) as f64);
    let trend = stl.loess(odd(stl.trend.unwrap_or(libm::ceil(natural) as usize).max(3)), true);
    let low_pass = stl.loess(odd(stl.low_pass.unwrap_or(period + 1).max(3)), true);
    let outer = if stl.robust { 15 } else { 0 };
    let mut state = State {
        trend: vec![0.0; n],
        seasonal: vec![0.0; n],
        weight: vec![1.0; n],
        cycle: vec![0.0; n + 2 * period],
        spare: vec![0.0; n + 2 * period],
        work: vec![0.0; n + 2 * period],
        scratch: Vec::new(),
    };
    for round in 0..=outer {
        for _ in 0..stl.rounds {
            state.inner(y, period, seasonal, low_pass, trend, round > 0);
        }
        if round < outer {
            state.reweigh(y);
        }
    }
    let remainder = y.iter().zip(&state.trend).zip(&state.seasonal).map(|((v, t), s)| v - t - s).collect();
    Parts { trend: state.trend, seasonal: state.seasonal, remainder, weight: state.weight }
}

struct State {
    trend: Vec<f64>,
    seasonal: Vec<f64>,
    weight: Vec<f64>,
    cycle: Vec<f64>,
    spare: Vec<f64>,
    work: Vec<f64>,
    scratch: Vec<f64>,
}

impl State {
    /// One pass of the inner loop: the season from the detrended series, the trend from the deseasonalised one.
    fn inner(&mut self, y: &[f64], period: usize, seasonal: Loess, low_pass: Loess, trend: Loess, robust: bool) {
        let n = y.len();
        for (slot, (v, t)) in self.work.iter_mut().zip(y.iter().zip(&self.trend)) {
            *slot = v - t;
        }
        self.smooth_cycles(n, period, seasonal, robust);
        // What is slow in the smoothed cycles belongs to the trend: moving averages of a period twice and of three.
        let long = n + 2 * period;
        moving_average(&self.cycle[..long], period, &mut self.spare);
        moving_average(&self.spare[..long - period + 1], period, &mut self.work);
        moving_average(&self.work[..n + 2], 3, &mut self.spare);
        low_pass.smooth(&self.spare[..n], None, &mut self.work[..n], &mut self.scratch);
        for (i, v) in y.iter().enumerate() {
            self.seasonal[i] = self.cycle[period + i] - self.work[i];
            self.spare[i] = v - self.seasonal[i];
        }
        let weight = robust.then_some(self.weight.as_slice());
        trend.smooth(&self.spare[..n], weight, &mut self.trend, &mut self.scratch);
    }

    /// Smooths the values of each phase over the periods, and one period further at both ends: from `work` to `cycle`.
    fn smooth_cycles(&mut self, n: usize, period: usize, seasonal: Loess, robust: bool) {
        let most = n.div_ceil(period);
        let (mut phase, mut weight) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let mut smooth = vec![0.0; most];
        for j in 0..period.min(n) {
            phase.clear();
            phase.extend(self.work[j..n].iter().step_by(period).copied());
            weight.clear();
            weight.extend(self.weight[j..].iter().step_by(period).copied());
            let weight = robust.then_some(weight.as_slice());
            let k = phase.len();
            seasonal.smooth(&phase, weight, &mut smooth[..k], &mut self.scratch);
            let right = (seasonal.window - 1).min(k - 1);
            let before = seasonal.at(&phase, -1.0, (0, right), weight, &mut self.scratch).unwrap_or(smooth[0]);
            let left = k.saturating_sub(seasonal.window);
            let after =
                seasonal.at(&phase, k as f64, (left, k - 1), weight, &mut self.scratch).unwrap_or(smooth[k - 1]);
            self.cycle[j] = before;
            for (m, v) in smooth[..k].iter().enumerate() {
                self.cycle[(m + 1) * period + j] = *v;
            }
            self.cycle[(k + 1) * period + j] = after;
        }
    }

    /// Bisquare weights from the residuals, six median absolute residuals wide.
    fn reweigh(&mut self, y: &[f64]) {
        let n = y.len();
        let residual: Vec<f64> = (0..n).map(|i| (y[i] - self.trend[i] - self.seasonal[i]).abs()).collect();
        let reach = 6.0 * crate::math::stats::median(&mut residual.clone()).unwrap_or(0.0);
        for (slot, r) in self.weight.iter_mut().zip(residual) {
            *slot = if r <= 0.001 * reach {
                1.0
            } else if r <= 0.999 * reach {
                let ratio = r / reach;
                (1.0 - ratio * ratio) * (1.0 - ratio * ratio)
            } else {
                0.0
            };
        }
    }
}

/// Moving averages of `length` points, `x.len() - length + 1` of them.
fn moving_average(x: &[f64], length: usize, out: &mut [f64]) {
    let n = x.len() - length + 1;
    let mut sum: f64 = x[..length].iter().sum();
    out[0] = sum / length as f64;
    for i in 1..n {
        sum += x[i + length - 1] - x[i - 1];
        out[i] = sum / length as f64;
    }
}
