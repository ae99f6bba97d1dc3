//! Every public function of forecasting on input that nobody would plot: a typed reason or finite numbers, never a panic,
//! never NaN; and the laws that hold for all of them.

#![allow(clippy::unwrap_used)]

use heal_signal::decompose::mstl::{self, Mstl};
use heal_signal::decompose::stl::{self, Stl};
use heal_signal::forecast::arima::{self, Order};
use heal_signal::forecast::covariate::{self, Event};
use heal_signal::forecast::crossing::{Direction, crossing, units};
use heal_signal::forecast::intermittent::{Variant, rate};
use heal_signal::forecast::linear::{self, Spec};
use heal_signal::forecast::method::{Method, forecast};
use heal_signal::forecast::smooth::{Damped, Theta};
use heal_signal::forecast::{Forecast, Params, auto, naive, season};
use heal_signal::math::normal;
use heal_signal::math::rng::Rng;
use heal_signal::{Reason, Series};
use proptest::prelude::*;
use std::f64::consts::TAU;

fn methods() -> Vec<Method> {
    Method::NAMES.into_iter().chain(["arima(1,1,1)", "arima(1,0,0)(0,1,1,7)"]).map(|n| n.parse().unwrap()).collect()
}

/// Never longer than this many likelihoods.
fn at_most(mut left: usize) -> impl FnMut() -> bool {
    move || {
        left = left.saturating_sub(1);
        left == 0
    }
}

fn strange() -> Vec<(&'static str, Vec<f64>)> {
    let mut rng = Rng::new(1);
    let mut with = |v: f64| -> Vec<f64> { (0..60).map(|i| if i % 9 == 4 { v } else { rng.unit() }).collect() };
    vec![
        ("empty", vec![]),
        ("one point", vec![1.0]),
        ("two points", vec![1.0, 2.0]),
        ("one missing", vec![f64::NAN]),
        ("all missing", vec![f64::NAN; 50]),
        ("all infinite", vec![f64::INFINITY; 50]),
        ("constant", vec![5.0; 80]),
        ("zeros", vec![0.0; 80]),
        ("minus zero", vec![-0.0; 80]),
        ("huge constant", vec![1e300; 80]),
        ("one jump", (0..80).map(|i| f64::from(u8::from(i >= 40))).collect()),
        ("one spike", (0..80).map(|i| f64::from(u8::from(i == 70))).collect()),
        ("a line", (0..80).map(f64::from).collect()),
        ("a line of huge numbers", (0..80).map(|i| f64::from(i) * 1e298).collect()),
        ("a power", (0..80).map(|i| libm::exp2(f64::from(i))).collect()),
        ("signs", (0..80).map(|i| if i % 2 == 0 { 1e300 } else { -1e300 }).collect()),
        ("gaps", with(f64::NAN)),
        ("infinities", with(f64::INFINITY)),
        ("minus infinities", with(f64::NEG_INFINITY)),
        ("huge values", with(1e300)),
        ("tiny values", (0..80).map(|i| f64::from(i % 7) * 1e-300).collect()),
        ("subnormal", (0..80).map(|i| f64::from(i % 7) * 5e-324).collect()),
        ("nearly constant", (0..80).map(|i| 1e9 + f64::from(i % 3) * 1e-7).collect()),
        ("missing but four", (0..80).map(|i| if i % 20 == 3 { f64::from(i) } else { f64::NAN }).collect()),
    ]
}

#[track_caller]
fn sound(what: &str, answer: Result<Forecast, Reason>) {
    match answer {
        Ok(f) => {
            for (h, v) in f.value.iter().enumerate() {
                assert!(v.is_finite() && f.lower[h].is_finite() && f.upper[h].is_finite(), "{what}: {f:?}");
                assert!(f.lower[h] <= *v && *v <= f.upper[h], "{what}: {f:?}");
            }
            assert!((f.models.iter().map(|m| m.1).sum::<f64>() - 1.0).abs() < 1e-9, "{what}: {f:?}");
        }
        Err(reason) => assert!(!reason.to_string().is_empty(), "{what}"),
    }
}

#[track_caller]
fn finite<'a>(what: &str, values: impl IntoIterator<Item = &'a f64>) {
    for v in values {
        assert!(v.is_finite(), "{what}: {v}");
    }
}

#[test]
fn every_method_answers_strange_series_with_numbers_or_a_reason() {
    for (name, value) in strange() {
        for seasons in [vec![], vec![7], vec![2, 12], vec![usize::MAX], vec![1_000_000]] {
            for method in methods() {
                let params = Params { horizon: 9, seasons: seasons.clone(), ..Params::default() };
                let answer = forecast(&value, &method, &params, &mut at_most(40));
                if value.iter().filter(|v| v.is_finite()).count() < 4 {
                    assert!(answer.is_err(), "{method} of {name}");
                }
                sound(&format!("{method} of {name}, seasons {seasons:?}"), answer);
            }
        }
    }
}

#[test]
fn every_part_answers_strange_series_with_numbers_or_a_reason() {
    for (name, value) in strange() {
        for period in [0, 1, 2, 7, 40, 1_000, usize::MAX] {
            for robust in [false, true] {
                if let Ok(p) = stl::decompose(&value, &Stl { robust, ..Stl::new(period) }) {
                    finite(name, p.trend.iter().chain(&p.seasonal).chain(&p.remainder).chain(&p.weight));
                }
                if let Ok(p) = mstl::decompose(&value, &[period, 3], &Mstl { robust, ..Mstl::default() }) {
                    finite(name, p.trend.iter().chain(&p.remainder).chain(p.seasonal.iter().flat_map(|s| &s.1)));
                }
            }
            if let Ok(f) = heal_signal::forecast::mstl::forecast(&value, &[period], 5) {
                finite(name, &f);
            }
            assert_eq!(naive::seasonal(&value, period, 3).len(), 3);
            assert_eq!(naive::shifted(&value, period, 3).len(), 3);
            let _ = naive::level_shift(&value, period);
            finite(name, &[season::strength(&heal_signal::series::fill(&value), period)]);
            finite(name, &[season::autocorrelation(&heal_signal::series::fill(&value), period)]);
            if let Ok(model) = arima::select(&value, period, &mut at_most(60)) {
                finite(name, &model.forecast(&heal_signal::series::fill(&value), 4));
            }
        }
        let filled = heal_signal::series::fill(&value);
        let _ = season::find(&filled, 0.3);
        if let Ok(damped) = Damped::fit(&value) {
            finite(name, &damped.forecast(&filled, 4));
            finite(name, &damped.forecast(&[], 4));
        }
        if let Ok(theta) = Theta::fit(&value) {
            finite(name, &theta.forecast(&filled, 4));
            finite(name, &theta.forecast(&[], 4));
        }
        for variant in [Variant::Croston, Variant::SyntetosBoylan, Variant::TeunterSyntetosBabai] {
            if let Ok(r) = rate(&value, variant, 0.1, 0.1) {
                finite(name, &[r]);
            }
        }
        let spec =
            Spec { log: true, difference: 1, lags: vec![1, 2], ridge: 1e-3, half_life: Some(9.0), intercept: true };
        if let Some(fitted) = linear::fit(&spec, &filled) {
            finite(name, &fitted.forecast(&filled, 4));
            finite(name, &fitted.forecast(&[], 4));
        }
        let column: Vec<f64> = (0..value.len() + 5).map(|i| f64::from(u8::from(i % 6 == 0))).collect();
        let params = Params { horizon: 5, ..Params::default() };
        if let Ok(informed) = covariate::forecast(&value, &[column], &params) {
            finite(name, &informed.effects);
            sound(name, Ok(informed.forecast));
        }
    }
}

#[test]
fn strange_stamps_and_limits_are_answered() {
    let billion = 1_000_000_000_000;
    for (name, value) in strange() {
        let n = value.len() as i64;
        let stamps: Vec<(&str, Vec<i64>)> = vec![
            ("equal", vec![7; value.len()]),
            ("falling", (0..n).rev().collect()),
            ("with a gap of a billion seconds", (0..n).map(|i| if i > 30 { i + billion } else { i }).collect()),
            ("at the ends of time", (0..n).map(|i| if i % 2 == 0 { i64::MIN + i } else { i64::MAX - i }).collect()),
        ];
        for (how, at) in stamps {
            let series = Series::new(&at, &value).unwrap();
            for limit in [0.0, 1e300, -1e300, f64::NAN, f64::INFINITY] {
                for direction in [Direction::Above, Direction::Below] {
                    let params = Params { horizon: 6, ..Params::default() };
                    if let Ok(c) = crossing(&series, limit, direction, &params) {
                        assert!((0.0..=1.0).contains(&c.none) && c.by_step.len() == 6, "{name} {how}: {c:?}");
                    } else if limit.is_finite() {
                        assert!(series.present().1.len() < 4, "{name} {how}");
                    }
                }
                let _ = units(&series, limit, 0.95, &Params::default());
            }
            let events = [Event { from: i64::MIN, until: 3 }, Event { from: 9, until: 2 }];
            finite(name, &covariate::indicator(&series, &events, 4));
        }
    }
}

#[test]
fn refused_parameters_are_named() {
    let value: Vec<f64> = (0..100).map(|i| f64::from(i % 7)).collect();
    let base = Params { horizon: 5, ..Params::default() };
    for wrong in [
        Params { horizon: 0, ..base.clone() },
        Params { horizon: usize::MAX, ..base.clone() },
        Params { level: f64::NAN, ..base.clone() },
        Params { level: 1.0, ..base.clone() },
        Params { seasons: vec![1], ..base.clone() },
        Params { least: Some(f64::NAN), ..base.clone() },
        Params { least: Some(2.0), most: Some(1.0), ..base.clone() },
    ] {
        for method in methods() {
            let answer = forecast(&value, &method, &wrong, &mut || false);
            assert!(matches!(answer, Err(Reason::Parameter { .. })), "{method} {wrong:?} {answer:?}");
        }
    }
    assert!(matches!(arima::fit(&value, Order::new(1, 3, 1), &mut || false), Err(Reason::Parameter { .. })));
    assert!(matches!(arima::fit(&value, Order::new(500, 0, 0), &mut || false), Err(Reason::Parameter { .. })));
    let endless = Order::new(0, 0, 0).seasonal(usize::MAX, 0, 1, 7);
    assert!(matches!(arima::fit(&value, endless, &mut || false), Err(Reason::Parameter { .. })));
    let lone = Order { seasonal_p: 1, ..Order::default() };
    assert!(matches!(arima::fit(&value, lone, &mut || false), Err(Reason::Parameter { .. })));
    assert!(matches!(rate(&value, Variant::Croston, 0.0, 0.1), Err(Reason::Parameter { .. })));
    assert!(matches!(stl::decompose(&value, &Stl { seasonal: 2, ..Stl::new(7) }), Err(Reason::Parameter { .. })));
    assert!(matches!(stl::decompose(&value, &Stl { jump: f64::NAN, ..Stl::new(7) }), Err(Reason::Parameter { .. })));
    let rounds = Mstl { rounds: 0, ..Mstl::default() };
    assert!(matches!(mstl::decompose(&value, &[7], &rounds), Err(Reason::Parameter { .. })));
    assert_eq!(mstl::decompose(&value, &[80], &Mstl::default()), Err(Reason::NoSeason));
    assert_eq!(covariate::forecast(&value, &[vec![0.0; 3]], &base), Err(Reason::Shape { have: 3, need: 105 }));
    assert!(matches!(covariate::forecast(&value, &[vec![0.0; 105]], &base), Err(Reason::Parameter { .. })));
    assert!(matches!(covariate::forecast(&value, &[vec![f64::NAN; 105]], &base), Err(Reason::Parameter { .. })));
}

/// Operations-like values: a level, a day, noise.
fn lively(seed: u64, n: usize) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let (level, day) = (20.0 + 100.0 * rng.unit(), 10.0 * rng.unit());
    (0..n).map(|i| level + day * libm::sin(i as f64 * TAU / 12.0) + 4.0 * rng.unit()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The unit of the values changes the forecast by that unit alone, and nothing else decides: the same bytes twice.
    #[test]
    fn every_method_scales_and_repeats(seed in any::<u64>(), n in 40_usize..160, power in -30_i32..30) {
        let unit = libm::exp2(f64::from(power));
        let value = lively(seed, n);
        let scaled: Vec<f64> = value.iter().map(|v| v * unit).collect();
        let params = Params { horizon: 6, ..Params::default() };
        for method in methods() {
            // A work limit in evaluations is the same on both sides.
            let one = forecast(&value, &method, &params, &mut at_most(150));
            let again = forecast(&value, &method, &params, &mut at_most(150));
            prop_assert_eq!(&one, &again);
            let (Ok(one), Ok(two)) = (one, forecast(&scaled, &method, &params, &mut at_most(150))) else { continue };
            for (a, b) in one.value.iter().zip(&two.value).chain(one.lower.iter().zip(&two.lower)) {
                prop_assert!((a * unit - b).abs() <= 1e-5 * b.abs(), "{method}: {a} {b}");
            }
        }
    }

    /// A constant added to all values is added to the forecast. (The default takes logarithms where it can, so only the
    /// linear methods promise it.)
    #[test]
    fn linear_methods_shift(seed in any::<u64>(), n in 40_usize..160, by in -1e3..1e3_f64) {
        let value = lively(seed, n);
        let moved: Vec<f64> = value.iter().map(|v| v + by).collect();
        let params = Params { horizon: 6, ..Params::default() };
        for name in ["seasonal-naive", "damped", "theta", "mstl", "arima(0,1,1)"] {
            let method = name.parse().unwrap();
            let run = |v: &[f64]| forecast(v, &method, &params, &mut || false);
            let (Ok(one), Ok(two)) = (run(&value), run(&moved)) else { continue };
            prop_assert_eq!(&one.seasons, &two.seasons);
            for (a, b) in one.value.iter().zip(&two.value) {
                prop_assert!((a + by - b).abs() <= 2e-3 * (1.0 + a.abs()), "{name}: {a} + {by} is not {b}");
            }
        }
    }

    /// What was taken apart adds up again.
    #[test]
    fn the_parts_of_a_series_add_up(seed in any::<u64>(), n in 40_usize..200) {
        let value = lively(seed, n);
        let parts = mstl::decompose(&value, &[12, 5], &Mstl::default()).unwrap();
        for (i, v) in value.iter().enumerate() {
            let sum = parts.trend[i] + parts.remainder[i] + parts.seasonal.iter().map(|s| s.1[i]).sum::<f64>();
            prop_assert!((sum - v).abs() < 1e-9);
        }
    }
}

/// Of the values, 93 to 99.5 % lie inside 95 % intervals, on series that each method is made for, over 60 series and all steps.
#[test]
fn intervals_hold_as_often_as_they_say() {
    type Source = fn(&mut Rng, usize) -> Vec<f64>;
    let days: Source =
        |rng, n| (0..n).map(|t| 50.0 + 9.0 * libm::sin(t as f64 * TAU / 24.0) + normal::quantile(rng.unit())).collect();
    let walk: Source = |rng, n| {
        let mut level = 0.0;
        (0..n)
            .map(|_| {
                level += normal::quantile(rng.unit());
                level
            })
            .collect()
    };
    let steady: Source = |rng, n| {
        let mut x = 0.0;
        (0..n)
            .map(|_| {
                x = 0.6 * x + normal::quantile(rng.unit());
                10.0 + x
            })
            .collect()
    };
    let rare: Source = |rng, n| (0..n).map(|_| if rng.unit() < 0.3 { 1.0 + 5.0 * rng.unit() } else { 0.0 }).collect();
    for (method, source, seasons) in [
        ("auto", days, vec![24]),
        ("auto", walk, vec![]),
        ("auto", steady, vec![]),
        ("seasonal-naive", days, vec![24]),
        ("mstl", days, vec![24]),
        ("damped", walk, vec![]),
        ("theta", walk, vec![]),
        ("arima(1,0,0)", steady, vec![]),
        ("arima(0,1,0)", walk, vec![]),
        ("sba", rare, vec![]),
    ] {
        let (mut inside, mut all) = (0.0, 0.0);
        for seed in 0..60 {
            let values = source(&mut Rng::new(seed), 324);
            let (past, future) = values.split_at(300);
            let params = Params { horizon: 24, seasons: seasons.clone(), ..Params::default() };
            let f = forecast(past, &method.parse().unwrap(), &params, &mut || false).unwrap();
            for (h, v) in future.iter().enumerate() {
                all += 1.0;
                inside += f64::from(u8::from(f.lower[h] <= *v && *v <= f.upper[h]));
            }
        }
        let share = inside / all;
        assert!((0.93..=0.995).contains(&share), "{method}: {share:.3} of the values lie inside");
    }
}

#[test]
fn known_events_are_learned_and_foreseen() {
    let mut rng = Rng::new(11);
    let horizon = 48;
    // A backup every 37 hours adds 30 for two hours; the season is a day.
    let event = |t: usize| t % 37 < 2;
    let all: Vec<f64> = (0..24 * 20 + horizon)
        .map(|t| {
            let day = 100.0 + 15.0 * libm::sin(t as f64 * TAU / 24.0);
            day + rng.unit() + if event(t) { 30.0 } else { 0.0 }
        })
        .collect();
    let (past, future) = all.split_at(24 * 20);
    let series = Series::from_values(past, 3_600_000);
    let hour = 3_600_000;
    let events: Vec<Event> = (0..20).map(|k| Event { from: k * 37 * hour, until: (k * 37 + 2) * hour }).collect();
    let column = covariate::indicator(&series, &events, horizon);
    assert!(column.iter().enumerate().all(|(t, v)| (*v == 1.0) == event(t)));
    let params = Params { horizon, seasons: vec![24], ..Params::default() };
    let informed = covariate::forecast(past, &[column], &params).unwrap();
    assert!((informed.effects[0] - 30.0).abs() < 1.0, "{:?}", informed.effects);
    let off = |f: &Forecast| f.value.iter().zip(future).map(|(a, b)| (a - b).abs()).sum::<f64>() / horizon as f64;
    let blind = off(&auto::forecast(past, &params).unwrap());
    let seeing = off(&informed.forecast);
    assert!(seeing < 0.6 && seeing < 0.3 * blind, "{seeing} against {blind}");
    let inside = future
        .iter()
        .enumerate()
        .filter(|(h, v)| informed.forecast.lower[*h] <= **v && **v <= informed.forecast.upper[*h]);
    assert!(inside.count() >= 44);
}
