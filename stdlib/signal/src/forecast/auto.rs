//! The default forecaster: a weighted combination of autoregressions and naive forms, with conformal intervals.
//!
//! Weights follow the rolling-origin error over the last part of the series (combination: Bates and Granger, "The
//! combination of forecasts", 1969); intervals are split conformal on the same origins (Vovk, Gammerman, Shafer, 2005),
//! shaped by horizon and by phase of the season. O(models · n p²) time for p lags, a few milliseconds for a thousand points;
//! memory O(n p). Of more than 6,000 points the oldest are left out.

use super::frame::Frame;
use super::linear::{self, Fitted, Spec};
use super::origin::Origins;
use super::{Forecast, Params, naive, season};
use crate::Reason;
use crate::math::stats;

/// One member of the pool, fitted.
enum Member {
    Linear(Fitted),
    /// The value one season ago (lag in points; 1 repeats the last value).
    Naive(usize),
    /// Simple exponential smoothing of the level with this factor.
    Level(f64),
    /// The value one season ago (lag in points; 1 repeats the last value), going on at the mean slope of the history.
    Drift(usize),
}

impl Member {
    fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        match self {
            Member::Linear(fitted) => fitted.forecast(history, horizon),
            Member::Naive(lag) => naive::seasonal(history, *lag, horizon),
            Member::Level(alpha) => {
                let from = history.len().saturating_sub(400);
                let mut level = history[from..].first().copied().unwrap_or(0.0);
                for v in &history[from..] {
                    level += alpha * (v - level);
                }
                vec![level; horizon]
            }
            Member::Drift(lag) => {
                let n = history.len();
                let lag = if *lag < n { *lag } else { 1 };
                // Whole seasons apart, so that the phase makes no slope.
                let back = if n > lag { (n - 1) / lag * lag } else { 0 };
                let slope = if back == 0 { 0.0 } else { (history[n - 1] - history[n - 1 - back]) / back as f64 };
                let base = naive::seasonal(history, lag, horizon);
                base.iter().enumerate().map(|(h, v)| v + slope * (lag * (h / lag + 1)) as f64).collect()
            }
        }
    }
}

/// The linear members that suit the seasons, with names.
fn pool(seasons: &[usize], points: usize) -> Vec<(&'static str, Vec<Spec>)> {
    let most = points.saturating_sub(30) * 2 / 5;
    let keep = |lags: Vec<usize>| {
        let mut lags: Vec<usize> = lags.into_iter().filter(|&l| l >= 1 && l <= most).collect();
        lags.sort_unstable();
        lags.dedup();
        lags
    };
    let short = vec![1, 2, 3];
    let base = seasons.first().copied().unwrap_or(0);
    let long = seasons.get(1).copied().unwrap_or(0);
    let mut level = vec![1, 2, 3, 4];
    let mut wide = vec![1, 2, 3, 4, 5, 6, 8, 10, 13];
    let mut seasonal = vec![1, 2, 3];
    if base > 3 {
        level.truncate(3);
        level.extend([base - 1, base, base + 1]);
        wide.extend([base / 4, base / 2, base * 3 / 4, base - 2, base - 1, base, base + 1, base + 2, 2 * base]);
        seasonal.extend([base - 1, base, base + 1, 2 * base, 3 * base]);
        if long == 0 && base >= 30 {
            level.push(base + 2);
        } else {
            level.extend([2 * base - 1, 2 * base, 2 * base + 1, 3 * base]);
        }
    }
    if long > base {
        level.extend([long - base, long - 1, long, long + 1]);
        wide.extend([3 * base, 4 * base, long - base, long - base + 1, long - 1, long, long + 1]);
        seasonal.extend([4 * base, 5 * base, long - base - 1, long - base, long - base + 1, long - 1, long, long + 1]);
    }
    let spec = |log, difference, lags: &Vec<usize>, ridge, half_life, intercept| Spec {
        log,
        difference,
        lags: keep(lags.clone()),
        ridge,
        half_life,
        intercept,
    };
    let mut out = vec![
        ("level", vec![spec(true, 0, &level, 1e-4, None, true), spec(true, 0, &short, 1e-3, None, true)]),
        (
            "recent level",
            vec![spec(true, 0, &level, 3e-4, Some(200.0), true), spec(true, 0, &short, 1e-3, Some(200.0), true)],
        ),
        ("difference", vec![spec(false, 1, &wide, 1e-3, None, false), spec(false, 1, &short, 1e-2, None, false)]),
        ("log difference", vec![spec(true, 1, &wide, 3e-2, None, true), spec(true, 1, &short, 1e-2, None, true)]),
    ];
    if base > 1 {
        out.push((
            "seasonal difference",
            vec![spec(true, base, &seasonal, 1e-2, None, false), spec(true, base, &short, 1e-2, None, false)],
        ));
    }
    out
}

/// Fits every member that the points allow.
fn fit(seasons: &[usize], value: &[f64]) -> Vec<(String, Member)> {
    let mut out: Vec<(String, Member)> = Vec::new();
    for (name, choices) in pool(seasons, value.len()) {
        if let Some(fitted) = choices.iter().filter(|s| !s.lags.is_empty()).find_map(|s| linear::fit(s, value)) {
            out.push((name.to_owned(), Member::Linear(fitted)));
        }
    }
    for &s in seasons {
        if value.len() >= 2 * s && season::strength(value, s) >= 0.5 {
            out.push((format!("seasonal naive {s}"), Member::Naive(s)));
        }
    }
    if trends(value, seasons.first().copied().unwrap_or(1)) {
        out.push(("drift".to_owned(), Member::Drift(1)));
        if let Some(&s) = seasons.first() {
            out.push((format!("drift {s}"), Member::Drift(s)));
        }
    }
    if out.len() < 3 {
        out.push(("last value".to_owned(), Member::Naive(1)));
        out.push(("level smoothing".to_owned(), Member::Level(0.3)));
    }
    out
}

/// Whether the series keeps going one way: over a dozen blocks of whole seasons, the mean step is eight standard errors from
/// none (four in a series too short for autoregressions, where a line is the safer guess).
fn trends(value: &[f64], season: usize) -> bool {
    let width = (value.len() / 12).max(1).div_ceil(season) * season;
    let ends: Vec<f64> = value.iter().rev().copied().step_by(width).collect();
    let steps: Vec<f64> = ends.windows(2).map(|w| w[0] - w[1]).collect();
    let error = stats::deviation(&steps) / libm::sqrt(steps.len().max(1) as f64);
    let sure = if value.len() < 80 { 4.0 } else { 8.0 };
    steps.len() >= 3 && stats::mean(&steps).abs() > sure * error
}

/// The weighted mean of the members' forecasts.
fn combine(members: &[(String, Member)], weights: &[f64], history: &[f64], horizon: usize) -> Vec<f64> {
    let mut out = vec![0.0; horizon];
    for ((_, member), &w) in members.iter().zip(weights) {
        if w > 0.0 {
            for (slot, v) in out.iter_mut().zip(member.forecast(history, horizon)) {
                *slot += w * v;
            }
        }
    }
    out
}

/// Weights from mean absolute errors: the inverse to the power `sharpness`, none for members far behind the best.
fn weights(errors: &[f64], sharpness: f64) -> Vec<f64> {
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    if !best.is_finite() {
        return vec![1.0 / errors.len().max(1) as f64; errors.len()];
    }
    let floor = best.max(1e-300);
    let raw: Vec<f64> = errors
        .iter()
        .map(|&e| if e.is_finite() && e <= 4.0 * floor { libm::pow(floor / e.max(floor), sharpness) } else { 0.0 })
        .collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|w| w / sum).collect()
}

/// Forecasts plain values at a constant step, oldest first; missing values (NaN) are filled by straight lines.
/// Needs 4 present values. A constant series is forecast as that constant with an interval of no width.
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a parameter out of range.
pub fn forecast(value: &[f64], params: &Params) -> Result<Forecast, Reason> {
    Ok(scenarios(value, params)?.0)
}

/// A forecast and equally likely courses of the values around it: the forecast plus the errors that the same combination
/// made from past origins, and less them. A constant series has one course.
///
/// # Errors
/// As [`forecast`].
pub fn scenarios(value: &[f64], params: &Params) -> Result<(Forecast, Vec<Vec<f64>>), Reason> {
    let frame = Frame::of(value, params)?;
    if let Some(forecast) = frame.constant(params) {
        let course = forecast.value.clone();
        return Ok((forecast, vec![course]));
    }
    let (y, seasons) = (frame.y.as_slice(), frame.seasons.as_slice());
    let horizon = params.horizon;
    let origins = Origins::new(y.len(), horizon);
    let mut members = fit(seasons, y);
    let mut early = fit(seasons, &y[..origins.first]);
    if origins.short() && members.iter().any(|(_, m)| matches!(m, Member::Drift(_))) {
        // Further than past forecasts can be checked, a trend is better continued as a line than as a power.
        let straight = |(name, member): &(String, Member)| matches!(member, Member::Drift(_)) || name == "difference";
        members.retain(straight);
        early.retain(straight);
        if !early.iter().any(|(_, m)| matches!(m, Member::Drift(_))) {
            early.push(("drift".to_owned(), Member::Drift(1)));
        }
    }
    let errors: Vec<f64> = members
        .iter()
        .map(|(name, _)| match early.iter().find(|(n, _)| n == name) {
            Some((_, member)) => origins.error(y, |history, h| member.forecast(history, h), 20),
            None => f64::INFINITY,
        })
        .collect();
    let weight = weights(&errors, 2.0);
    let point = combine(&members, &weight, y, horizon);
    let early_weight: Vec<f64> =
        early.iter().map(|(name, _)| members.iter().position(|(n, _)| n == name).map_or(0.0, |i| weight[i])).collect();
    let known: f64 = early_weight.iter().sum();
    let early_weight: Vec<f64> =
        early_weight.iter().map(|w| if known > 0.0 { w / known } else { 1.0 / early.len().max(1) as f64 }).collect();
    let past = |history: &[f64], h: usize| combine(&early, &early_weight, history, h);
    let half = origins.half_widths(y, past, params.level, seasons.first().copied());
    let models = members.iter().zip(&weight).filter(|(_, w)| **w > 0.0).map(|((n, _), w)| (n.clone(), *w)).collect();
    let forecast = frame.finish(point, &half, models, params);
    let courses = origins
        .errors(y, past)
        .iter()
        .flat_map(|e| {
            [1.0, -1.0].map(|sign| {
                forecast.value.iter().zip(e).map(|(p, r)| frame.hold(p + sign * r, params)).collect::<Vec<f64>>()
            })
        })
        .collect();
    Ok((forecast, courses))
}
