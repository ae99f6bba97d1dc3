//! Forecasters: known courses, crossing times, refusals.

#![allow(clippy::unwrap_used)]

use heal_signal::forecast::crossing::{Direction, crossing, units};
use heal_signal::forecast::intermittent::{Variant, rate};
use heal_signal::forecast::{Params, auto, season, smooth};
use heal_signal::math::rng::Rng;
use heal_signal::{Reason, Series};
use proptest::prelude::*;

fn daily(n: usize, slope: f64) -> Vec<f64> {
    let mut rng = Rng::new(6);
    (0..n)
        .map(|i| 50.0 + slope * i as f64 + 10.0 * libm::sin(i as f64 * std::f64::consts::TAU / 24.0) + rng.unit())
        .collect()
}

#[test]
fn a_season_is_found_and_followed() {
    let y = daily(24 * 20, 0.0);
    assert_eq!(season::find(&y, 0.3)[0], 24);
    let forecast = auto::forecast(&y, &Params { horizon: 48, ..Params::default() }).unwrap();
    for (h, v) in forecast.value.iter().enumerate() {
        let want = 50.5 + 10.0 * libm::sin((480 + h) as f64 * std::f64::consts::TAU / 24.0);
        assert!((v - want).abs() < 1.5, "{h}: {v} instead of {want}");
        assert!(forecast.lower[h] <= *v && *v <= forecast.upper[h]);
    }
    assert!((forecast.models.iter().map(|m| m.1).sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn a_disk_fills_when_its_line_says() {
    let mut rng = Rng::new(1);
    let used: Vec<f64> = (0..200).map(|i| 20.0 + 0.3 * f64::from(i) + 0.5 * rng.unit()).collect();
    let series = Series::from_values(&used, 3_600_000);
    let params = Params { horizon: 72, ..Params::default() };
    let c = crossing(&series, 90.0, Direction::Above, &params).unwrap();
    // The line reaches 90 at point 233, 33 hours after the last one.
    let hours = (c.p50.unwrap() - series.at[199]) / 3_600_000;
    assert!((25..=42).contains(&hours), "{hours} {c:?}");
    assert!(c.none < 0.2 && c.p10 <= c.p50);
    assert_eq!(crossing(&series, 1e9, Direction::Above, &params).unwrap().none, 1.0);
    assert_eq!(crossing(&series, 10.0, Direction::Above, &params).unwrap().none, 0.0);
    let need = units(&series, 10.0, 0.95, &params).unwrap();
    assert!((9..=12).contains(&need), "{need}");
    assert!(matches!(crossing(&series, f64::NAN, Direction::Above, &params), Err(Reason::Parameter { .. })));
}

#[test]
fn intermittent_rates_follow_their_papers() {
    // Sizes 3 and 3, intervals 2 and 2: Croston 3 / 2, Syntetos-Boylan (1 - 0.1 / 2) of it.
    let x = [0.0, 3.0, 0.0, 3.0, 0.0, 3.0];
    assert!((rate(&x, Variant::Croston, 0.1, 0.1).unwrap() - 1.5).abs() < 1e-12);
    assert!((rate(&x, Variant::SyntetosBoylan, 0.1, 0.1).unwrap() - 1.425).abs() < 1e-12);
    let dead: Vec<f64> = x.iter().copied().chain([0.0; 60]).collect();
    assert!(rate(&dead, Variant::TeunterSyntetosBabai, 0.1, 0.1).unwrap() < 0.01);
    assert_eq!(rate(&[0.0; 4], Variant::Croston, 0.1, 0.1), Err(Reason::Constant { value: 0.0 }));
}

#[test]
fn a_straight_line_goes_on() {
    let line: Vec<f64> = (0..40).map(|i| 3.0 + 2.0 * f64::from(i)).collect();
    // Theta continues a line with half its slope from the last value on (its known property).
    let theta = smooth::theta(&line, 3).unwrap();
    assert!((theta[2] - theta[1] - 1.0).abs() < 1e-9, "{theta:?}");
    let damped = smooth::damped(&line, 1).unwrap();
    assert!((damped[0] - 83.0).abs() < 1.0, "{damped:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn forecasts_are_finite_and_scale(
        values in prop::collection::vec(prop_oneof![5 => -50.0..50.0_f64, 1 => Just(f64::NAN), 1 => Just(0.0)], 0..200),
        extreme in any::<bool>(),
    ) {
        let mut values = values;
        if extreme && !values.is_empty() {
            values[0] = 1e300;
        }
        let params = Params { horizon: 7, ..Params::default() };
        if let Ok(f) = auto::forecast(&values, &params) {
            prop_assert!(f.value.iter().chain(&f.lower).chain(&f.upper).all(|v| v.is_finite()), "{:?}", f);
            if !extreme {
                let scaled: Vec<f64> = values.iter().map(|v| v * 1024.0).collect();
                let g = auto::forecast(&scaled, &params).unwrap();
                for (a, b) in f.value.iter().zip(&g.value) {
                    prop_assert!((a * 1024.0 - b).abs() <= 1e-6 * (1.0 + b.abs()), "{} {}", a, b);
                }
            }
        }
        for x in [smooth::theta(&values, 3), smooth::damped(&values, 3)].into_iter().flatten().flatten() {
            prop_assert!(x.is_finite());
        }
    }
}
