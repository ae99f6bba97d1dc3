//! Whether the times and probabilities of crossings hold on simulated series shaped like those of operations.

#![allow(clippy::unwrap_used)]

use heal_signal::Series;
use heal_signal::forecast::Params;
use heal_signal::forecast::crossing::{Crossing, Direction, crossing};
use heal_signal::math::normal;
use heal_signal::math::rng::Rng;
use std::f64::consts::TAU;

const HOUR: i64 = 3_600_000;

/// What a kind of series did against what was said before.
#[derive(Debug, Default)]
struct Record {
    cases: f64,
    /// Mean probability of crossing that was said, and share that crossed.
    said: f64,
    crossed: f64,
    /// Mean squared error of that probability, and that of always saying the share.
    brier: f64,
    /// Cases with a time for each of P10, P50 and P90, and those that crossed by it.
    timed: [f64; 3],
    by: [f64; 3],
}

impl Record {
    fn add(&mut self, said: &Crossing, first: Option<usize>, newest: i64) {
        let crossed = f64::from(u8::from(first.is_some()));
        self.cases += 1.0;
        self.said += 1.0 - said.none;
        self.crossed += crossed;
        self.brier += (1.0 - said.none - crossed) * (1.0 - said.none - crossed);
        for (k, time) in [said.p10, said.p50, said.p90].into_iter().enumerate() {
            if let Some(time) = time {
                self.timed[k] += 1.0;
                let happened = first.is_some_and(|f| newest + HOUR * (f as i64 + 1) <= time);
                self.by[k] += f64::from(u8::from(happened));
            }
        }
    }

    fn shares(&self) -> [f64; 3] {
        [0, 1, 2].map(|k| self.by[k] / self.timed[k].max(1.0))
    }
}

/// A series of `n` points and what follows.
type Source = fn(&mut Rng, usize) -> Vec<f64>;

fn gauss(rng: &mut Rng) -> f64 {
    normal::quantile(rng.unit())
}

/// A disk that fills by the writes of the day, in bursts.
fn disk(rng: &mut Rng, n: usize) -> Vec<f64> {
    let (slope, burst) = (0.05 + 0.3 * rng.unit(), 0.2 + rng.unit());
    let mut used = 20.0;
    (0..n)
        .map(|t| {
            let day = 1.0 + 0.6 * libm::sin(t as f64 * TAU / 24.0);
            used += slope * day + burst * slope * gauss(rng);
            used
        })
        .collect()
}

/// A queue that wanders.
fn wander(rng: &mut Rng, n: usize) -> Vec<f64> {
    let mut level = 100.0;
    (0..n)
        .map(|_| {
            level += gauss(rng);
            level
        })
        .collect()
}

/// Load with days and weather: a season and errors that stay for some hours.
fn load(rng: &mut Rng, n: usize) -> Vec<f64> {
    let mut stay = 0.0;
    (0..n)
        .map(|t| {
            stay = 0.8 * stay + 2.0 * gauss(rng);
            200.0 + 40.0 * libm::sin(t as f64 * TAU / 24.0) + stay
        })
        .collect()
}

/// Follows 120 series of a kind: the limit lies `from..to` of the way that the values typically go within the horizon.
fn follow(source: Source, n: usize, horizon: usize, way: impl Fn(&[f64], &mut Rng) -> f64) -> Record {
    let mut record = Record::default();
    for seed in 0..120 {
        let mut rng = Rng::new(1000 + seed);
        let all = source(&mut rng, n + horizon);
        let (past, future) = all.split_at(n);
        let limit = way(past, &mut rng);
        let series = Series::from_values(past, HOUR);
        let said = crossing(&series, limit, Direction::Above, &Params { horizon, ..Params::default() }).unwrap();
        record.add(&said, future.iter().position(|v| *v >= limit), series.at[n - 1]);
    }
    record.brier /= record.cases;
    record.said /= record.cases;
    record.crossed /= record.cases;
    record
}

/// A limit that the trend of the past reaches at 0.4 to 1.6 of the horizon.
fn along_the_trend(horizon: usize) -> impl Fn(&[f64], &mut Rng) -> f64 {
    move |past, rng| {
        let n = past.len();
        let slope = (past[n - 1] - past[0]) / n as f64;
        past[n - 1] + (0.4 + 1.2 * rng.unit()) * slope * horizon as f64
    }
}

/// Whether as many cross as was said, and more is said than their share.
fn often(name: &str, record: &Record) {
    assert!((record.said - record.crossed).abs() <= 0.08, "{name}: {record:?}");
    // Saying always the share that crossed would give this.
    assert!(record.brier < record.crossed * (1.0 - record.crossed), "{name} says no more than the share: {record:?}");
}

/// Whether times and probabilities hold, as far as 120 cases can tell; `slack` widens the bounds where little is known.
fn holds(name: &str, record: &Record, slack: f64) {
    let [p10, p50, p90] = record.shares();
    often(name, record);
    assert!((0.03..=0.25).contains(&p10), "{name}: {p10} by P10, {record:?}");
    assert!((0.35 - slack..=0.7).contains(&p50), "{name}: {p50} by P50, {record:?}");
    if record.timed[2] >= 20.0 {
        assert!((0.8 - 2.0 * slack..=1.0).contains(&p90), "{name}: {p90} by P90, {record:?}");
    }
}

#[test]
fn a_filling_disk_crosses_when_it_was_said_to() {
    holds("disk", &follow(disk, 480, 72, along_the_trend(72)), 0.0);
    // Four days of history for a forecast of three.
    holds("young disk", &follow(disk, 96, 72, along_the_trend(72)), 0.08);
    // Two and a half days, ending in the busy hours: the days are not seen yet, so the times come early.
    often("very young disk", &follow(disk, 60, 72, along_the_trend(72)));
}

#[test]
fn a_wandering_queue_crosses_as_often_as_it_was_said_to() {
    let above = |past: &[f64], rng: &mut Rng| past[past.len() - 1] + 12.0 * rng.unit();
    holds("queue", &follow(wander, 480, 48, above), 0.0);
    holds("young queue", &follow(wander, 60, 48, above), 0.08);
}

#[test]
fn a_load_with_days_crosses_as_often_as_it_was_said_to() {
    holds("load", &follow(load, 504, 24, |_, rng| 238.0 + 14.0 * rng.unit()), 0.0);
}

#[test]
fn a_crossing_downwards_is_the_mirror_of_one_upwards() {
    let mut rng = Rng::new(5);
    let past = disk(&mut rng, 300);
    let mirrored: Vec<f64> = past.iter().map(|v| -v).collect();
    let limit = past[299] + 5.0;
    let params = Params { horizon: 48, ..Params::default() };
    let up = crossing(&Series::from_values(&past, HOUR), limit, Direction::Above, &params).unwrap();
    let down = crossing(&Series::from_values(&mirrored, HOUR), -limit, Direction::Below, &params).unwrap();
    // Logarithms suit only one of them, so they need not agree to the bit.
    assert!((up.none - down.none).abs() < 0.3, "{up:?} {down:?}");
    assert!(up.by_step.windows(2).all(|w| w[0] <= w[1]));
    assert!(up.p10 <= up.p50 || up.p50.is_none());
}
