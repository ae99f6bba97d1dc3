//! Forecasts that know of events: releases, sales, holidays, backups.
//!
//! A regression whose errors are an autoregression on short and seasonal lags, fitted in turn (Cochrane and Orcutt,
//! "Application of least squares regression to relationships containing auto-correlated error terms", J. Am. Stat. Assoc.
//! 1949): the effects are what the errors cannot foresee. What the covariates explain is taken away, the rest is forecast by
//! [`auto`], and what they will explain is added.

use super::frame::Frame;
use super::{Forecast, Params, auto};
use crate::math::solve;
use crate::{Reason, Series};

/// A known event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its first instant, Unix milliseconds.
    pub from: i64,
    /// The instant after its last, Unix milliseconds.
    pub until: i64,
}

/// The column of a kind of event for [`forecast`]: 1 where a stamp lies within one of them, else 0, for the points of
/// the series and `horizon` more at its usual step. O((n + horizon) · events).
#[must_use]
pub fn indicator(series: &Series, events: &[Event], horizon: usize) -> Vec<f64> {
    let step = series.step_ms().unwrap_or(1);
    let newest = series.at.last().copied().unwrap_or(0);
    let later = (1..=horizon).map(|k| newest.saturating_add(step.saturating_mul(i64::try_from(k).unwrap_or(i64::MAX))));
    let within = |at: i64| events.iter().any(|e| e.from <= at && at < e.until);
    series.at.iter().copied().chain(later).map(|at| f64::from(u8::from(within(at)))).collect()
}

/// A forecast, and what it owes to each covariate.
#[derive(Clone, Debug, PartialEq)]
pub struct Informed {
    /// The forecast, the effects in it.
    pub forecast: Forecast,
    /// Effect of each covariate: change of the value, in its unit, for one unit of the covariate.
    pub effects: Vec<f64>,
}

/// Forecasts plain values at a constant step, oldest first (NaN = missing), knowing covariates: columns as long as the
/// values and the horizon together, since their future is known. Effects are additive and the same at every occurrence. Needs
/// 30 values, and three of each covariate that differ from its usual one. Cost of [`auto::forecast`] and O(n p²) for p lags
/// and covariates, n p numbers.
///
/// # Errors
/// As [`auto::forecast`]; [`Reason::Shape`] for a column of another length; [`Reason::Parameter`] for one that has values that
/// are not finite, that never varies enough in the past to show an effect, or that cannot be told from the others.
pub fn forecast(value: &[f64], covariates: &[Vec<f64>], params: &Params) -> Result<Informed, Reason> {
    let frame = Frame::of(value, params)?;
    let need = value.len() + params.horizon;
    for (i, column) in covariates.iter().enumerate() {
        if column.len() != need {
            return Err(Reason::Shape { have: column.len(), need });
        }
        if column.iter().any(|v| !v.is_finite() || v.abs() > 1e12) {
            return Err(Reason::parameter(&format!("covariate {i}"), "has values that are not finite, or beyond 1e12"));
        }
    }
    if covariates.is_empty() {
        return Ok(Informed { forecast: auto::forecast(value, params)?, effects: Vec::new() });
    }
    let (y, n) = (frame.y.as_slice(), frame.y.len());
    if n < 30 {
        return Err(Reason::TooFewPoints { have: n, need: 30 });
    }
    let past: Vec<&[f64]> = covariates.iter().map(|c| &c[value.len() - n..value.len()]).collect();
    for (i, column) in past.iter().enumerate() {
        let usual = crate::math::stats::median(&mut column.to_vec()).unwrap_or(0.0);
        if column.iter().filter(|v| **v != usual).count() < 3 {
            let problem = "differs fewer than three times from its usual value in the past: no effect can be seen";
            return Err(Reason::parameter(&format!("covariate {i}"), problem));
        }
    }
    let effects = effects(y, &past, &frame.seasons)
        .ok_or_else(|| Reason::parameter("covariates", "cannot be told from each other or from the season"))?;
    let explained = |t: usize| covariates.iter().zip(&effects).map(|(c, b)| c[t] * b).sum::<f64>();
    let rest: Vec<f64> = value.iter().enumerate().map(|(t, v)| v - explained(t)).collect();
    // Bounds hold for the sum, not for what is left of it.
    let free = Params { least: None, most: None, ..params.clone() };
    let base = auto::forecast(&rest, &free)?;
    let low = y.iter().copied().fold(f64::INFINITY, f64::min);
    let hold = |v: f64| {
        let v = params.least.map_or(v, |l| v.max(l));
        params.most.map_or(v, |m| v.min(m))
    };
    let add =
        |x: &[f64]| -> Vec<f64> { x.iter().enumerate().map(|(h, v)| hold(v + explained(value.len() + h))).collect() };
    let mut forecast = Forecast { value: add(&base.value), lower: add(&base.lower), upper: add(&base.upper), ..base };
    if low >= 0.0 {
        for (l, v) in forecast.lower.iter_mut().zip(&forecast.value) {
            *l = l.max(0.0).min(*v);
        }
    }
    Ok(Informed { forecast, effects })
}

/// The effects, by turns: lag coefficients of what is not explained, then effects on what the lags leave.
fn effects(y: &[f64], columns: &[&[f64]], seasons: &[usize]) -> Option<Vec<f64>> {
    let n = y.len();
    let mut lags = vec![1, 2];
    for &s in seasons {
        lags.extend([s, s + 1]);
    }
    lags.retain(|&l| l <= n / 3);
    lags.sort_unstable();
    lags.dedup();
    let longest = lags.last().copied()?;
    let mut effects = vec![0.0; columns.len()];
    for _ in 0..8 {
        let rest: Vec<f64> =
            (0..n).map(|t| y[t] - columns.iter().zip(&effects).map(|(c, b)| c[t] * b).sum::<f64>()).collect();
        let centre = crate::math::stats::mean(&rest);
        let rest: Vec<f64> = rest.iter().map(|v| v - centre).collect();
        let shifted: Vec<&[f64]> = lags.iter().map(|l| &rest[longest - l..n - l]).collect();
        let phi = least_squares(&shifted, &rest[longest..], 1e-6)?;
        let filter = |x: &[f64]| -> Vec<f64> {
            (longest..n).map(|t| x[t] - lags.iter().zip(&phi).map(|(l, c)| c * x[t - l]).sum::<f64>()).collect()
        };
        let mut filtered: Vec<Vec<f64>> = columns.iter().map(|c| filter(c)).collect();
        filtered.push(filter(&vec![1.0; n]));
        let views: Vec<&[f64]> = filtered.iter().map(Vec::as_slice).collect();
        let mut next = least_squares(&views, &filter(y), 1e-10)?;
        next.truncate(columns.len());
        let moved = next.iter().zip(&effects).any(|(a, b): (&f64, &f64)| (a - b).abs() > 1e-9 * a.abs().max(b.abs()));
        effects = next;
        if !moved {
            break;
        }
    }
    Some(effects)
}

/// Coefficients of the columns, each brought to one size, with a little ridge.
fn least_squares(columns: &[&[f64]], target: &[f64], ridge: f64) -> Option<Vec<f64>> {
    let size = |x: &[f64]| x.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    let scales: Vec<f64> = columns.iter().map(|c| size(c)).collect();
    let whole = size(target);
    if whole <= 0.0 {
        return Some(vec![0.0; columns.len()]);
    }
    let p = columns.len();
    let mut a = vec![0.0; p * p];
    let mut b = vec![0.0; p];
    for i in 0..p {
        if scales[i] <= 0.0 {
            // A column of zeros explains nothing.
            a[i * p + i] = 1.0;
            continue;
        }
        for j in i..p {
            if scales[j] > 0.0 {
                let sum: f64 = columns[i].iter().zip(columns[j]).map(|(x, z)| (x / scales[i]) * (z / scales[j])).sum();
                a[i * p + j] = sum;
                a[j * p + i] = sum;
            }
        }
        b[i] = columns[i].iter().zip(target).map(|(x, y)| (x / scales[i]) * (y / whole)).sum();
        a[i * p + i] *= 1.0 + ridge;
    }
    let solved = solve::cholesky(a, b)?;
    Some(solved.iter().zip(&scales).map(|(c, s)| if *s > 0.0 { c * whole / s } else { 0.0 }).collect())
}
