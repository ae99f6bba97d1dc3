//! Forecasters called by name: what each is good at, limits on work, intervals.

#![allow(clippy::unwrap_used)]

use heal_signal::Reason;
use heal_signal::forecast::arima::{self, Order};
use heal_signal::forecast::method::{Method, forecast};
use heal_signal::forecast::{Params, naive};
use heal_signal::math::rng::Rng;
use std::f64::consts::TAU;

fn weekly(n: usize) -> Vec<f64> {
    let mut rng = Rng::new(12);
    (0..n)
        .map(|i| {
            let t = i as f64;
            100.0 + 20.0 * libm::sin(t * TAU / 24.0) + 10.0 * libm::cos(t * TAU / 168.0) + 2.0 * rng.unit()
        })
        .collect()
}

#[test]
fn a_name_reads_back_as_itself() {
    for name in Method::NAMES.into_iter().chain(["arima(1,1,2)", "arima(0,1,1)(0,1,1,12)"]) {
        assert_eq!(name.parse::<Method>().unwrap().to_string(), name);
    }
    for wrong in ["prophet", "arima(1,1)", "arima(1,1,1)(1,1,1)", "arima(1,1,x)", "arima(1,1,1", ""] {
        assert!(matches!(wrong.parse::<Method>(), Err(Reason::Parameter { .. })), "{wrong}");
    }
}

#[test]
fn methods_that_see_seasons_follow_a_day_and_a_week() {
    let y = weekly(24 * 7 * 6);
    let (past, future) = y.split_at(24 * 7 * 5);
    let params = Params { horizon: 168, seasons: vec![24, 168], ..Params::default() };
    for method in ["auto", "seasonal-naive", "mstl"] {
        let found = forecast(past, &method.parse().unwrap(), &params, &mut || false).unwrap();
        let off = found.value.iter().zip(future).map(|(f, v)| (f - v).abs()).sum::<f64>() / 168.0;
        assert!(off < 1.5, "{method} is off by {off}");
        let inside =
            future.iter().enumerate().filter(|(h, v)| (found.lower[*h]..=found.upper[*h]).contains(*v)).count();
        assert!(inside >= 151, "{method}: {inside} of 168 inside");
    }
}

#[test]
fn a_level_shift_moves_the_part_of_the_season_before_it() {
    let mut y = weekly(24 * 14);
    let n = y.len();
    for v in &mut y[n - 6..] {
        *v += 200.0;
    }
    let (points, size) = naive::level_shift(&y, 24).unwrap();
    assert_eq!(points, 6);
    assert!((size - 200.0).abs() < 10.0, "{size}");
    let next = naive::shifted(&y, 24, 48);
    let plain = naive::seasonal(&y, 24, 48);
    assert!(next.iter().all(|v| *v > 250.0), "{next:?}");
    // What was seen after the shift stands as it is.
    assert_eq!(next[18..24], plain[18..24]);
    assert_eq!(naive::level_shift(&weekly(24 * 14), 24), None);
}

#[test]
fn a_limit_ends_the_search_for_an_arima_with_the_best_so_far() {
    let y = weekly(400);
    let order = Order::new(2, 0, 2);
    assert_eq!(arima::fit(&y, order, &mut || true), Err(Reason::Limit { done: 0 }));
    let mut left = 12;
    let mut stop = || {
        left -= 1;
        left < 0
    };
    let short = arima::fit(&y, order, &mut stop).unwrap();
    let full = arima::fit(&y, order, &mut || false).unwrap();
    assert!(!short.converged && short.evaluations == 12, "{short:?}");
    assert!(full.converged && full.log_likelihood > short.log_likelihood);
}

#[test]
fn an_order_is_chosen_for_the_kind_of_series() {
    let mut rng = Rng::new(4);
    let mut level = 0.0;
    let walk: Vec<f64> = (0..200)
        .map(|_| {
            level += rng.unit() - 0.5;
            level
        })
        .collect();
    assert_eq!(arima::select(&walk, 0, &mut || false).unwrap().order.d, 1);
    let mut x = 0.0;
    let settled: Vec<f64> = (0..300)
        .map(|_| {
            x = 0.7 * x + rng.unit() - 0.5;
            5.0 + x
        })
        .collect();
    let model = arima::select(&settled, 0, &mut || false).unwrap();
    assert!(model.order.d == 0 && model.order.mean && (model.mean - 5.0).abs() < 0.3, "{model:?}");
    let seasonal = arima::select(&weekly(24 * 10), 24, &mut || false).unwrap();
    assert_eq!((seasonal.order.seasonal_d, seasonal.order.period), (1, 24));
}

#[test]
fn rare_demand_is_forecast_as_its_rate() {
    let mut rng = Rng::new(3);
    let rare: Vec<f64> = (0..400).map(|_| if rng.unit() < 0.2 { 4.0 + 2.0 * rng.unit() } else { 0.0 }).collect();
    for method in ["croston", "sba", "tsb"] {
        let found =
            forecast(&rare, &method.parse().unwrap(), &Params { horizon: 5, ..Params::default() }, &mut || false)
                .unwrap();
        assert!((0.6..=1.5).contains(&found.value[0]) && found.lower[0] >= 0.0, "{method}: {found:?}");
        assert_eq!(found.models, vec![(method.to_owned(), 1.0)]);
    }
}
