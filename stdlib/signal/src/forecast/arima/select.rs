//! Choosing an order.

use super::{Arima, Order, fit, search};
use crate::decompose::stl::{self, Stl};
use crate::math::stats;
use crate::{Reason, series};

/// Chooses an order by the stepwise search of Hyndman and Khandakar ("Automatic time series forecasting", J. Stat. Software
/// 2008): a seasonal difference where the season is strong, differences until the test of Kwiatkowski et al. (1992) is
/// content, then the lowest corrected Akaike criterion among neighbours, at most 5 terms of a kind and 2 seasonal ones.
/// `period` 0 or 1 means no season. `stop` ends the search: the best model until then is the answer. 10 to 60 fits.
///
/// # Errors
/// As [`fit`]; [`Reason::Limit`] when `stop` left no model.
pub fn select(value: &[f64], period: usize, stop: &mut dyn FnMut() -> bool) -> Result<Arima, Reason> {
    if value.is_empty() {
        return Err(Reason::Empty);
    }
    if !value.iter().any(|v| v.is_finite()) {
        return Err(Reason::AllMissing);
    }
    let y = series::fill(value);
    let period = if period >= 2 && period <= y.len() / 3 { period } else { 0 };
    let mut base = Order { period, ..Order::default() };
    if period > 1 {
        let parts = stl::filled(&y, &Stl { seasonal: 11, ..Stl::new(period) });
        let without: Vec<f64> = parts.seasonal.iter().zip(&parts.remainder).map(|(s, r)| s + r).collect();
        let share = stats::variance(&parts.remainder) / stats::variance(&without).max(1e-300);
        base.seasonal_d = usize::from(1.0 - share > 0.64);
    }
    while base.d < 2 && kpss(&base.difference(&y)) > 0.463 {
        base.d += 1;
    }
    base.mean = base.d + base.seasonal_d <= 1;
    let seasonal = usize::from(period > 1);
    let with =
        |p, q, sp: usize, sq: usize| Order { p, q, seasonal_p: sp * seasonal, seasonal_q: sq * seasonal, ..base };
    let mut tried: Vec<Order> = Vec::new();
    let mut best: Option<Arima> = None;
    let mut problem = Reason::Limit { done: 0 };
    let mut queue = vec![with(2, 2, 1, 1), with(0, 0, 0, 0), with(1, 0, 1, 0), with(0, 1, 0, 1)];
    while !queue.is_empty() {
        let mut better = false;
        for order in queue.drain(..) {
            if tried.contains(&order) || stop() {
                continue;
            }
            tried.push(order);
            match search(value, order, 1e-5, stop) {
                Ok(model) if best.as_ref().is_none_or(|b| model.aicc < b.aicc) => {
                    best = Some(model);
                    better = true;
                }
                Ok(_) => {}
                Err(reason) => problem = reason,
            }
        }
        let Some(model) = best.as_ref().filter(|_| better) else { break };
        queue = neighbours(&model.order, seasonal > 0);
    }
    let rough = best.ok_or(problem)?;
    // A refinement that is stopped early may be worse than what there is.
    match fit(value, rough.order, stop) {
        Ok(model) if model.log_likelihood >= rough.log_likelihood => Ok(model),
        _ => Ok(rough),
    }
}

/// The orders one step away.
fn neighbours(order: &Order, seasonal: bool) -> Vec<Order> {
    let mut out = Vec::new();
    let step = |n: usize, up: bool, most: usize| if up { (n < most).then_some(n + 1) } else { n.checked_sub(1) };
    for up in [false, true] {
        out.extend(step(order.p, up, 5).map(|p| Order { p, ..*order }));
        out.extend(step(order.q, up, 5).map(|q| Order { q, ..*order }));
        if let (Some(p), Some(q)) = (step(order.p, up, 5), step(order.q, up, 5)) {
            out.push(Order { p, q, ..*order });
        }
        if seasonal {
            out.extend(step(order.seasonal_p, up, 2).map(|seasonal_p| Order { seasonal_p, ..*order }));
            out.extend(step(order.seasonal_q, up, 2).map(|seasonal_q| Order { seasonal_q, ..*order }));
        }
    }
    if order.d + order.seasonal_d <= 1 {
        out.push(Order { mean: !order.mean, ..*order });
    }
    out
}

/// The statistic of Kwiatkowski, Phillips, Schmidt and Shin for a level, with lags up to 4 (n / 100)^¼; 0 when nothing
/// varies.
fn kpss(x: &[f64]) -> f64 {
    let n = x.len();
    if n < 4 {
        return 0.0;
    }
    let m = stats::mean(x);
    let scale = x.iter().fold(0.0_f64, |a, v| a.max((v - m).abs()));
    if scale <= 0.0 {
        return 0.0;
    }
    let e: Vec<f64> = x.iter().map(|v| (v - m) / scale).collect();
    let (mut sum, mut squares) = (0.0, 0.0);
    for v in &e {
        sum += v;
        squares += sum * sum;
    }
    let lags = (4.0 * libm::pow(n as f64 / 100.0, 0.25)) as usize;
    let product = |lag: usize| e[lag..].iter().zip(&e).map(|(a, b)| a * b).sum::<f64>();
    let mut long = product(0);
    for lag in 1..=lags.min(n - 1) {
        long += 2.0 * (1.0 - lag as f64 / (lags as f64 + 1.0)) * product(lag);
    }
    if long <= 0.0 { 0.0 } else { squares / (n as f64 * long) }
}
