//! The default forecaster: a weighted combination of autoregressions and naive forms, with conformal intervals.
//!
//! Weights follow the rolling-origin error over the last part of the series (combination: Bates and Granger, "The
//! combination of forecasts", 1969); intervals are split conformal on the same origins (Vovk, Gammerman, Shafer, 2005),
//! shaped by horizon and by phase of the season. O(models · n p²) time, a few milliseconds for a thousand points.

use super::linear::{self, Fitted, Spec};
use super::{Forecast, Params, season};
use crate::math::stats;
use crate::{Reason, series};

/// Most points that the models look at: older ones are dropped.
const MOST: usize = 6_000;

/// One member of the pool, fitted.
enum Member {
    Linear(Fitted),
    /// The value one season ago (lag in points; 1 repeats the last value), moved by the recent level shift.
    Naive(usize),
    /// Simple exponential smoothing of the level with this factor.
    Level(f64),
}

impl Member {
    fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        match self {
            Member::Linear(fitted) => fitted.forecast(history, horizon),
            Member::Naive(lag) => seasonal_naive(history, *lag, horizon),
            Member::Level(alpha) => {
                let from = history.len().saturating_sub(400);
                let mut level = history[from..].first().copied().unwrap_or(0.0);
                for v in &history[from..] {
                    level += alpha * (v - level);
                }
                vec![level; horizon]
            }
        }
    }
}

/// The values one season ago, repeated over the horizon; the last value when the history is shorter than a season.
#[must_use]
pub fn seasonal_naive(history: &[f64], lag: usize, horizon: usize) -> Vec<f64> {
    let n = history.len();
    if n == 0 {
        return vec![0.0; horizon];
    }
    let lag = if lag == 0 || lag > n { 1 } else { lag };
    (0..horizon).map(|h| history[n - lag + h % lag]).collect()
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
    if out.len() < 3 {
        out.push(("last value".to_owned(), Member::Naive(1)));
        out.push(("level smoothing".to_owned(), Member::Level(0.3)));
    }
    out
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
    params.check()?;
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    let present = value.iter().filter(|v| v.is_finite()).count();
    if present == 0 {
        return Err(Reason::AllMissing);
    }
    if present < 4 {
        return Err(Reason::TooFewPoints { have: present, need: 4 });
    }
    let filled = series::fill(value);
    let y = &filled[filled.len().saturating_sub(MOST)..];
    let (low, high) = y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let horizon = params.horizon;
    if low == high {
        let flat = Forecast {
            value: vec![low; horizon],
            lower: vec![low; horizon],
            upper: vec![low; horizon],
            level: params.level,
            seasons: Vec::new(),
            models: vec![("constant".to_owned(), 1.0)],
        };
        return Ok((flat, vec![vec![low; horizon]]));
    }
    let mut seasons: Vec<usize> = if params.seasons.is_empty() { season::find(y, 0.3) } else { params.seasons.clone() };
    seasons.retain(|&s| 2 * s + 2 <= y.len());
    seasons.sort_unstable();
    seasons.dedup();
    seasons.truncate(2);

    let origins = Origins::new(y.len(), horizon);
    let members = fit(&seasons, y);
    let early = fit(&seasons, &y[..origins.first]);
    let errors: Vec<f64> = members
        .iter()
        .map(|(name, _)| match early.iter().find(|(n, _)| n == name) {
            Some((_, member)) => origins.error(y, |history, h| member.forecast(history, h), 20),
            None => f64::INFINITY,
        })
        .collect();
    let weight = weights(&errors, 2.0);
    let mut point = combine(&members, &weight, y, horizon);
    let early_weight: Vec<f64> =
        early.iter().map(|(name, _)| members.iter().position(|(n, _)| n == name).map_or(0.0, |i| weight[i])).collect();
    let known: f64 = early_weight.iter().sum();
    let early_weight: Vec<f64> =
        early_weight.iter().map(|w| if known > 0.0 { w / known } else { 1.0 / early.len().max(1) as f64 }).collect();
    let half = origins.half_widths(
        y,
        |history, h| combine(&early, &early_weight, history, h),
        params.level,
        seasons.first().copied(),
    );
    let hold = |v: f64| {
        let v = if v.is_finite() { v } else { y[y.len() - 1] };
        let v = params.least.map_or(v, |l| v.max(l));
        params.most.map_or(v, |m| v.min(m))
    };
    for v in &mut point {
        *v = hold(*v);
    }
    let courses: Vec<Vec<f64>> = origins
        .errors(y, |history, h| combine(&early, &early_weight, history, h))
        .iter()
        .flat_map(|e| [1.0, -1.0].map(|sign| point.iter().zip(e).map(|(p, r)| hold(p + sign * r)).collect()))
        .collect();
    // A series that was never negative is not forecast to be.
    let natural = |v: f64| if low >= 0.0 { v.max(0.0) } else { v };
    let forecast = Forecast {
        lower: point.iter().zip(&half).map(|(p, h)| natural(hold(p - h)).min(*p)).collect(),
        upper: point.iter().zip(&half).map(|(p, h)| hold(p + h).max(*p)).collect(),
        value: point,
        level: params.level,
        seasons,
        models: members.iter().zip(&weight).filter(|(_, w)| **w > 0.0).map(|((n, _), w)| (n.clone(), *w)).collect(),
    };
    Ok((forecast, courses))
}

/// The points from which past forecasts are made to see how wrong they would have been.
struct Origins {
    first: usize,
    horizon: usize,
    n: usize,
}

impl Origins {
    fn new(n: usize, horizon: usize) -> Origins {
        let held = (3 * horizon).max(n / 4).min(n / 2).max(1);
        Origins { first: n - held, horizon, n }
    }

    /// Up to `count` origins, the newest being one horizon (or what there is) before the end.
    fn starts(&self, count: usize) -> Vec<usize> {
        let last = self.n.saturating_sub(self.horizon).max(self.first);
        let span = last - self.first;
        let count = count.clamp(1, span + 1);
        (0..count).map(|i| last - if count == 1 { 0 } else { span * i / (count - 1) }).collect()
    }

    fn error(&self, y: &[f64], forecast: impl Fn(&[f64], usize) -> Vec<f64>, count: usize) -> f64 {
        let (mut sum, mut points) = (0.0, 0.0);
        for start in self.starts(count) {
            let h = self.horizon.min(self.n - start);
            for (f, v) in forecast(&y[..start], h).iter().zip(&y[start..]) {
                sum += (f - v).abs();
                points += 1.0;
            }
        }
        if points > 0.0 { sum / points } else { f64::INFINITY }
    }

    /// Errors (value less forecast) from every past origin that has a whole horizon behind it; a single course of zeros
    /// when none has.
    fn errors(&self, y: &[f64], forecast: impl Fn(&[f64], usize) -> Vec<f64>) -> Vec<Vec<f64>> {
        let mut out: Vec<Vec<f64>> = self
            .starts(48)
            .into_iter()
            .filter(|start| start + self.horizon <= self.n)
            .map(|start| forecast(&y[..start], self.horizon).iter().zip(&y[start..]).map(|(f, v)| v - f).collect())
            .collect();
        if out.is_empty() {
            out.push(vec![0.0; self.horizon]);
        }
        out
    }

    /// Half widths of the interval of each step.
    fn half_widths(
        &self,
        y: &[f64],
        forecast: impl Fn(&[f64], usize) -> Vec<f64>,
        level: f64,
        season: Option<usize>,
    ) -> Vec<f64> {
        let horizon = self.horizon;
        let mut by_step: Vec<Vec<f64>> = vec![Vec::new(); horizon];
        let mut rows: Vec<(usize, usize, f64)> = Vec::new();
        for start in self.starts(48) {
            let h = horizon.min(self.n - start);
            for (k, (f, v)) in forecast(&y[..start], h).iter().zip(&y[start..]).enumerate() {
                let r = (f - v).abs();
                by_step[k].push(r);
                rows.push((k, start + k, r));
            }
        }
        let overall = stats::mean(&rows.iter().map(|r| r.2).collect::<Vec<f64>>());
        if overall <= 0.0 {
            return vec![0.0; horizon];
        }
        // Mean error by step, smoothed over neighbours and never falling; steps without data take the last one seen.
        let mut shape = vec![0.0; horizon];
        let mut running = 0.0_f64;
        for (k, slot) in shape.iter_mut().enumerate() {
            let reach = 1 + k / 4;
            let near: Vec<f64> =
                by_step[k.saturating_sub(reach)..(k + reach + 1).min(horizon)].iter().flatten().copied().collect();
            if !near.is_empty() {
                running = running.max(stats::mean(&near));
            }
            *slot = running.max(0.1 * overall);
        }
        // Mean error by phase of the season, relative to the shape, shrunk towards 1.
        let phases = season.filter(|s| (4..=400).contains(s)).unwrap_or(1);
        let (mut sums, mut counts) = (vec![0.0; phases], vec![0.0; phases]);
        for &(k, at, r) in &rows {
            sums[at % phases] += r / shape[k];
            counts[at % phases] += 1.0;
        }
        let typical = sums.iter().sum::<f64>() / counts.iter().sum::<f64>().max(1.0);
        let phase: Vec<f64> = (0..phases).map(|i| (sums[i] + 8.0 * typical) / (counts[i] + 8.0)).collect();
        let mut normal: Vec<f64> = rows.iter().map(|&(k, at, r)| r / (shape[k] * phase[at % phases])).collect();
        normal.sort_by(f64::total_cmp);
        // Overlapping forecasts are worth as many as fit side by side: the finite-sample correction counts those, as a
        // wider rank and, where the rank is at its end, as a wider interval.
        let blocks = ((self.n - self.first) as f64 / horizon as f64).max(1.0);
        let rank = (level * (normal.len() as f64 + 1.0) / normal.len() as f64).min(1.0);
        let q = stats::quantile_sorted(&normal, rank).unwrap_or(0.0) * (1.0 + 1.0 / blocks);
        (0..horizon).map(|k| q * shape[k] * phase[(self.n + k) % phases]).collect()
    }
}
