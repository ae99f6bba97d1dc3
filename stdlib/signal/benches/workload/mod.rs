//! What is measured on: operations-like series, the same bytes everywhere. The peers package measures on them too.

use heal_signal::math::rng::Rng;
use std::f64::consts::TAU;

/// Steps of an hour with a day, a week, a slope and noise, as long as an M4 Hourly series.
pub(crate) const HOURLY: usize = 960;

/// Hourly values.
pub(crate) fn hourly(n: usize) -> Vec<f64> {
    let mut rng = Rng::new(24);
    let mut stay = 0.0;
    (0..n)
        .map(|i| {
            let t = i as f64;
            stay = 0.7 * stay + 8.0 * (rng.unit() - 0.5);
            500.0 + 0.05 * t + 60.0 * libm::sin(t * TAU / 24.0) + 30.0 * libm::cos(t * TAU / 168.0) + stay
        })
        .collect()
}

/// Values every five minutes with a day, bursts and shifts: what a detector sees in a stream.
pub(crate) fn stream(n: usize) -> Vec<f64> {
    let mut rng = Rng::new(288);
    let mut level = 40.0;
    (0..n)
        .map(|i| {
            if rng.unit() < 0.000_5 {
                level = 30.0 + 20.0 * rng.unit();
            }
            let burst = if rng.unit() < 0.002 { 50.0 * rng.unit() } else { 0.0 };
            level + 10.0 * libm::sin(i as f64 * TAU / 288.0) + 3.0 * (rng.unit() + rng.unit() - 1.0) + burst
        })
        .collect()
}

/// Mostly zeros: errors an hour, orders of a spare part.
pub(crate) fn rare(n: usize) -> Vec<f64> {
    let mut rng = Rng::new(3);
    (0..n).map(|_| if rng.unit() < 0.15 { 1.0 + 4.0 * rng.unit() } else { 0.0 }).collect()
}
