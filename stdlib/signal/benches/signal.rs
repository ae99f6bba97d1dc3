//! Points a second of each streaming detector and milliseconds a series of each forecaster. The same next to other crates,
//! with bytes of state: `./dev peers`.
#![allow(missing_docs, clippy::expect_used, reason = "a benchmark")]

mod workload;

use divan::Bencher;
use divan::counter::ItemsCount;
use heal_signal::Series;
use heal_signal::changepoint::online::{Online, OnlineParams};
use heal_signal::decompose::mstl::{self, Mstl};
use heal_signal::decompose::stl::{self, Stl};
use heal_signal::detect::alarm::{Alarm, AlarmParams};
use heal_signal::detect::auto::{Auto, AutoParams};
use heal_signal::detect::cusum::{Cusum, CusumParams};
use heal_signal::detect::flatline::Flatline;
use heal_signal::detect::level::{Level, LevelParams};
use heal_signal::detect::novelty::{Novelty, NoveltyParams};
use heal_signal::detect::seasonal::{Seasonal, SeasonalParams};
use heal_signal::detect::surprise::{Surprise, SurpriseParams};
use heal_signal::forecast::crossing::{Direction, crossing};
use heal_signal::forecast::method::{self, Method};
use heal_signal::forecast::{Params, season};
use heal_signal::rcf::{Rcf, RcfParams};

fn main() {
    divan::main();
}

/// Points of a stream that a detector sees in one sample.
const POINTS: usize = 2_000;

/// Measures a detector that has seen 4,000 points, so that what it keeps is full.
fn detector<S>(bencher: Bencher<'_, '_>, state: S, push: impl Fn(&mut S, i64, f64) -> f64 + Sync)
where
    S: Clone + Send + Sync,
{
    let values = workload::stream(4_000 + POINTS);
    let (first, rest) = values.split_at(4_000);
    let mut state = state;
    for (i, v) in first.iter().enumerate() {
        push(&mut state, i as i64 * 300_000, *v);
    }
    bencher
        .counter(ItemsCount::new(POINTS))
        .with_inputs(|| state.clone())
        .bench_local_refs(|state| rest.iter().zip(4_000..).map(|(v, i)| push(state, i * 300_000, *v)).sum::<f64>());
}

#[divan::bench(args = [1, 8, 48], sample_count = 10)]
fn detect_rcf(bencher: Bencher<'_, '_>, shingle: usize) {
    let rcf = Rcf::new(RcfParams { shingle, ..RcfParams::default() }).expect("these settings are in range");
    detector(bencher, rcf, |rcf, _, v| rcf.push(v));
}

#[divan::bench]
fn detect_auto(bencher: Bencher<'_, '_>) {
    let auto = Auto::new(AutoParams::default()).expect("the defaults are in range");
    detector(bencher, auto, |auto, at, v| auto.push(at, v).score);
}

#[divan::bench]
fn detect_surprise(bencher: Bencher<'_, '_>) {
    let surprise = Surprise::new(SurpriseParams::default()).expect("the defaults are in range");
    detector(bencher, surprise, |surprise, at, v| surprise.push(at, v));
}

#[divan::bench]
fn detect_alarm(bencher: Bencher<'_, '_>) {
    let alarm = Alarm::new(AlarmParams::default()).expect("the defaults are in range");
    detector(bencher, alarm, |alarm, _, v| alarm.push(v).score);
}

#[divan::bench]
fn detect_level(bencher: Bencher<'_, '_>) {
    let level = Level::new(LevelParams::default()).expect("the defaults are in range");
    detector(bencher, level, |level, _, v| {
        divan::black_box(level.push(v));
        0.0
    });
}

#[divan::bench]
fn detect_seasonal(bencher: Bencher<'_, '_>) {
    let seasonal = Seasonal::new(SeasonalParams::default()).expect("the defaults are in range");
    detector(bencher, seasonal, |seasonal, at, v| {
        divan::black_box(seasonal.push(at, v));
        0.0
    });
}

#[divan::bench]
fn detect_novelty(bencher: Bencher<'_, '_>) {
    let novelty = Novelty::new(NoveltyParams::default()).expect("the defaults are in range");
    detector(bencher, novelty, |novelty, _, v| {
        divan::black_box(novelty.push(v));
        0.0
    });
}

#[divan::bench]
fn detect_cusum(bencher: Bencher<'_, '_>) {
    let cusum = Cusum::new(CusumParams::default()).expect("the defaults are in range");
    detector(bencher, cusum, |cusum, _, v| {
        divan::black_box(cusum.push(v));
        0.0
    });
}

#[divan::bench]
fn detect_flatline(bencher: Bencher<'_, '_>) {
    detector(bencher, Flatline::new(), |flatline, at, v| {
        divan::black_box(flatline.push(at, v));
        0.0
    });
}

#[divan::bench]
fn detect_change_online(bencher: Bencher<'_, '_>) {
    let online = Online::new(OnlineParams::default()).expect("the defaults are in range");
    detector(bencher, online, |online, _, v| online.push(v).map_or(0.0, |held| held.recent));
}

fn forecaster(bencher: Bencher<'_, '_>, values: Vec<f64>, name: &str, seasons: Vec<usize>) {
    let method: Method = name.parse().expect("a known method");
    let params = Params { horizon: 48, seasons, ..Params::default() };
    bencher.bench(|| method::forecast(divan::black_box(&values), &method, &params, &mut || false));
}

#[divan::bench(args = ["auto", "seasonal-naive", "damped", "theta", "mstl", "arima(1,0,1)", "arima(0,1,1)(0,1,1,24)"], sample_count = 20)]
fn forecast_hourly(bencher: Bencher<'_, '_>, name: &str) {
    forecaster(bencher, workload::hourly(workload::HOURLY), name, vec![24, 168]);
}

#[divan::bench(args = ["croston", "sba", "tsb"])]
fn forecast_rare(bencher: Bencher<'_, '_>, name: &str) {
    forecaster(bencher, workload::rare(workload::HOURLY), name, Vec::new());
}

#[divan::bench(sample_count = 20)]
fn forecast_crossing(bencher: Bencher<'_, '_>) {
    let series = Series::from_values(&workload::hourly(workload::HOURLY), 3_600_000);
    let params = Params { horizon: 48, ..Params::default() };
    bencher.bench(|| crossing(divan::black_box(&series), 650.0, Direction::Above, &params));
}

#[divan::bench]
fn decompose_stl(bencher: Bencher<'_, '_>) {
    let values = workload::hourly(workload::HOURLY);
    bencher.bench(|| stl::decompose(divan::black_box(&values), &Stl::new(24)));
}

#[divan::bench]
fn decompose_mstl(bencher: Bencher<'_, '_>) {
    let values = workload::hourly(workload::HOURLY);
    bencher.bench(|| mstl::decompose(divan::black_box(&values), &[24, 168], &Mstl::default()));
}

#[divan::bench]
fn find_seasons(bencher: Bencher<'_, '_>) {
    let values = workload::hourly(workload::HOURLY);
    bencher.bench(|| season::find(divan::black_box(&values), 0.3));
}
