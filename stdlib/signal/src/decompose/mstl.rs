//! MSTL: a series taken apart into trend, several seasons and remainder.
//!
//! Bandara, Hyndman, Bergmeir, "MSTL: a seasonal-trend decomposition algorithm for time series with multiple seasonal
//! patterns", 2021.

use super::stl::{self, Stl};
use crate::{Reason, series};

/// The parts of a series, each as long as it, in its unit; their sum is the series (missing values filled).
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// What is left when the seasons are smoothed away.
    pub trend: Vec<f64>,
    /// Periods in points, shortest first, and what returns with each.
    pub seasonal: Vec<(usize, Vec<f64>)>,
    /// The rest.
    pub remainder: Vec<f64>,
}

/// How the seasons are refined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mstl {
    /// How often the seasons are estimated in turn, each from the series less the others; 2 is usual.
    pub rounds: usize,
    /// Rounds within each estimate; see [`Stl::rounds`].
    pub inner: usize,
    /// Distance of fitted points as a share of each window; see [`Stl::jump`].
    pub jump: f64,
    /// Whether outliers are given less weight.
    pub robust: bool,
}

impl Default for Mstl {
    fn default() -> Mstl {
        Mstl { rounds: 2, inner: 2, jump: 0.1, robust: false }
    }
}

/// Takes a series (values at a constant step, oldest first, NaN = missing, filled by straight lines) apart into seasons
/// with seasonal windows 11, 15, 19, … from the shortest on. Periods that have not been seen twice are left out. O(rounds)
/// times [`stl::decompose`] for each period; memory 8 n numbers and n more a period.
///
/// # Errors
/// [`Reason::Empty`], [`Reason::AllMissing`], [`Reason::NoSeason`] when no period is left, [`Reason::Parameter`].
pub fn decompose(value: &[f64], periods: &[usize], mstl: &Mstl) -> Result<Parts, Reason> {
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    if !value.iter().any(|v| v.is_finite()) {
        return Err(Reason::AllMissing);
    }
    if periods.iter().any(|&p| p < 2) {
        return Err(Reason::parameter("periods", "must be at least 2 points each"));
    }
    let rounds = 1..=1_000;
    if !rounds.contains(&mstl.rounds) || !rounds.contains(&mstl.inner) || !(0.0..=1.0).contains(&mstl.jump) {
        return Err(Reason::parameter("rounds, inner, jump", "must be 1 to 1000 each, and 0 to 1"));
    }
    let mut periods: Vec<usize> = periods.iter().copied().filter(|&p| p <= value.len() / 2).collect();
    periods.sort_unstable();
    periods.dedup();
    if periods.is_empty() {
        return Err(Reason::NoSeason);
    }
    let mut rest = series::fill(value);
    let n = rest.len();
    let mut seasonal: Vec<(usize, Vec<f64>)> = periods.iter().map(|&p| (p, vec![0.0; n])).collect();
    let mut trend = vec![0.0; n];
    let rounds = if periods.len() == 1 { 1 } else { mstl.rounds };
    for _ in 0..rounds {
        for (i, (period, season)) in seasonal.iter_mut().enumerate() {
            for (v, s) in rest.iter_mut().zip(season.iter()) {
                *v += s;
            }
            let stl = Stl {
                seasonal: 11 + 4 * i,
                jump: mstl.jump,
                rounds: mstl.inner,
                robust: mstl.robust,
                ..Stl::new(*period)
            };
            let parts = stl::filled(&rest, &stl);
            for (v, s) in rest.iter_mut().zip(&parts.seasonal) {
                *v -= s;
            }
            *season = parts.seasonal;
            trend = parts.trend;
        }
    }
    let remainder = rest.iter().zip(&trend).map(|(v, t)| v - t).collect();
    Ok(Parts { trend, seasonal, remainder })
}
