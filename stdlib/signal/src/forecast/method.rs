//! One forecaster by name, with the same intervals for all.

use super::arima::{self, Arima, Order};
use super::frame::Frame;
use super::intermittent::{self, Variant};
use super::origin::Origins;
use super::smooth::{Damped, Theta};
use super::{Forecast, Params, auto, naive};
use crate::Reason;
use crate::decompose::mstl::{self, Mstl};
use std::str::FromStr;

/// A forecaster. Its name, as [`FromStr`] reads and `Display` writes it, is given with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// `auto`: the combination of [`super::auto`], the default.
    #[default]
    Auto,
    /// `seasonal-naive`: [`naive::shifted`] with the longest season; without one, the last value.
    SeasonalNaive,
    /// `damped`: [`Damped`] exponential smoothing, which sees no season.
    Damped,
    /// `theta`: [`Theta`], which sees no season.
    Theta,
    /// `mstl`: the seasons of [`mstl::decompose`] on damped exponential smoothing of the rest.
    Mstl,
    /// `arima` for an order found by [`arima::select`], `arima(p,d,q)` or `arima(p,d,q)(P,D,Q,period)` for this one.
    Arima(Option<Order>),
    /// `croston`, `sba` or `tsb`: [`intermittent::rate`] with factors of 0.1.
    Intermittent(Variant),
}

impl Method {
    /// The names without parameters, in the order in which they are explained.
    pub const NAMES: [&'static str; 9] =
        ["auto", "seasonal-naive", "damped", "theta", "mstl", "arima", "croston", "sba", "tsb"];
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Method::Auto => f.write_str("auto"),
            Method::SeasonalNaive => f.write_str("seasonal-naive"),
            Method::Damped => f.write_str("damped"),
            Method::Theta => f.write_str("theta"),
            Method::Mstl => f.write_str("mstl"),
            Method::Arima(None) => f.write_str("arima"),
            Method::Arima(Some(order)) => order.fmt(f),
            Method::Intermittent(Variant::Croston) => f.write_str("croston"),
            Method::Intermittent(Variant::SyntetosBoylan) => f.write_str("sba"),
            Method::Intermittent(Variant::TeunterSyntetosBabai) => f.write_str("tsb"),
        }
    }
}

impl FromStr for Method {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Method, Reason> {
        Ok(match text.trim() {
            "auto" => Method::Auto,
            "seasonal-naive" => Method::SeasonalNaive,
            "damped" => Method::Damped,
            "theta" => Method::Theta,
            "mstl" => Method::Mstl,
            "arima" => Method::Arima(None),
            "croston" => Method::Intermittent(Variant::Croston),
            "sba" => Method::Intermittent(Variant::SyntetosBoylan),
            "tsb" => Method::Intermittent(Variant::TeunterSyntetosBabai),
            other => Method::Arima(Some(order(other).ok_or_else(|| {
                let names = Method::NAMES.join(", ");
                Reason::parameter("method", &format!("must be one of {names}, or arima(p,d,q)(P,D,Q,period)"))
            })?)),
        })
    }
}

/// Reads `arima(p,d,q)` with or without `(P,D,Q,period)`.
fn order(text: &str) -> Option<Order> {
    let mut groups = text.strip_prefix("arima(")?.strip_suffix(')')?.split(")(");
    let numbers = |group: &str| -> Option<Vec<usize>> { group.split(',').map(|n| n.trim().parse().ok()).collect() };
    let &[p, d, q] = numbers(groups.next()?)?.as_slice() else { return None };
    let plain = Order::new(p, d, q);
    let Some(season) = groups.next() else { return Some(plain) };
    let &[p, d, q, period] = numbers(season)?.as_slice() else { return None };
    groups.next().is_none().then(|| plain.seasonal(p, d, q, period))
}

/// A forecaster fitted to a part of the series; forecasts after any history that begins with it.
enum Fitted {
    Naive(usize),
    Damped(Damped),
    Theta(Theta),
    /// The series less its seasons, and the last period of each season by phase.
    Mstl {
        damped: Damped,
        rest: Vec<f64>,
        season: Vec<Vec<f64>>,
    },
    Arima(Arima),
    Rate(Variant),
}

impl Fitted {
    fn of(method: &Method, y: &[f64], seasons: &[usize], stop: &mut dyn FnMut() -> bool) -> Result<Fitted, Reason> {
        Ok(match method {
            Method::Auto | Method::SeasonalNaive => Fitted::Naive(seasons.last().copied().unwrap_or(1)),
            Method::Damped => Fitted::Damped(Damped::fit(y)?),
            Method::Theta => Fitted::Theta(Theta::fit(y)?),
            Method::Mstl => {
                let parts = mstl::decompose(y, seasons, &Mstl::default())?;
                let rest: Vec<f64> = parts.trend.iter().zip(&parts.remainder).map(|(t, r)| t + r).collect();
                let n = y.len();
                let profile = |(p, s): &(usize, Vec<f64>)| (0..*p).map(|h| s[n - p + (h + p - n % p) % p]).collect();
                let season = parts.seasonal.iter().map(profile).collect();
                Fitted::Mstl { damped: Damped::fit(&rest)?, rest, season }
            }
            Method::Arima(order) => Fitted::Arima(match order {
                Some(order) => arima::fit(y, *order, stop)?,
                None => arima::select(y, seasons.first().copied().unwrap_or(0), stop)?,
            }),
            Method::Intermittent(variant) => {
                intermittent::rate(y, *variant, 0.1, 0.1)?;
                Fitted::Rate(*variant)
            }
        })
    }

    fn forecast(&self, history: &[f64], horizon: usize) -> Vec<f64> {
        match self {
            Fitted::Naive(period) => naive::shifted(history, *period, horizon),
            Fitted::Damped(damped) => damped.forecast(history, horizon),
            Fitted::Theta(theta) => theta.forecast(history, horizon),
            Fitted::Mstl { damped, rest, season } => {
                let at = |t: usize| season.iter().map(|s| s[t % s.len()]).sum::<f64>();
                let later = history.iter().enumerate().skip(rest.len()).map(|(t, v)| v - at(t));
                let level: Vec<f64> = rest.iter().copied().chain(later).collect();
                let out = damped.forecast(&level, horizon);
                out.iter().enumerate().map(|(h, v)| v + at(history.len() + h)).collect()
            }
            Fitted::Arima(arima) => arima.forecast(history, horizon),
            Fitted::Rate(variant) => vec![intermittent::rate(history, *variant, 0.1, 0.1).unwrap_or(0.0); horizon],
        }
    }
}

/// Forecasts plain values at a constant step, oldest first (NaN = missing, filled by straight lines), by one method. The
/// intervals are split conformal, from the errors that the method made at up to 48 past origins when fitted to the part
/// before them (those of the last value, where that part is too short for it). Needs 4 present values; a constant series is
/// forecast as that constant. `stop` is asked by [`Method::Arima`] alone, see [`arima::fit`]; `&mut || false` never stops.
/// Cost: two fits, and 48 passes over the series.
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, a parameter out of range; those of the method.
pub fn forecast(
    value: &[f64],
    method: &Method,
    params: &Params,
    stop: &mut dyn FnMut() -> bool,
) -> Result<Forecast, Reason> {
    if *method == Method::Auto {
        return auto::forecast(value, params);
    }
    let frame = Frame::of(value, params)?;
    if let Some(forecast) = frame.constant(params) {
        return Ok(forecast);
    }
    let origins = Origins::new(frame.y.len(), params.horizon);
    let fitted = Fitted::of(method, &frame.y, &frame.seasons, stop)?;
    let named = match &fitted {
        Fitted::Arima(arima) => arima.order.to_string(),
        _ => method.to_string(),
    };
    // The part before the origins is fitted with the order that the whole series chose.
    let again = match &fitted {
        Fitted::Arima(arima) => Method::Arima(Some(arima.order)),
        _ => *method,
    };
    let early = Fitted::of(&again, &frame.y[..origins.first], &frame.seasons, stop).unwrap_or(Fitted::Naive(1));
    let season = frame.seasons.first().copied();
    let half = origins.half_widths(&frame.y, |history, h| early.forecast(history, h), params.level, season);
    Ok(frame.finish(fitted.forecast(&frame.y, params.horizon), &half, vec![(named, 1.0)], params))
}
