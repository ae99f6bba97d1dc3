//! The same work done by heal-signal and by other crates: random cut forests, decompositions, forecasts, season finders.

#[path = "../../benches/workload/mod.rs"]
#[allow(dead_code, reason = "the benchmarks of heal-signal use all of it")]
mod workload;

use augurs::ets::AutoETS;
use augurs::mstl::MSTLModel;
use augurs::seasons::{Detector as _, PeriodogramDetector};
use augurs::{Fit as _, Predict as _};
use heal_signal::forecast::method::{self, Method};
use heal_signal::decompose::mstl::{self, Mstl};
use heal_signal::decompose::stl::{self, Stl};
use heal_signal::forecast::{Params, season, smooth};
use heal_signal::rcf::{Rcf, RcfParams};
use krcf::RandomCutForestOptions;
use rcflib::rcf::{AugmentedRCF as _, RCFLarge};

/// Any failure, as text: these are measurements, what fails is fixed by hand.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Trees and points a tree of every forest here.
const TREES: usize = 50;
const SAMPLE: usize = 256;
/// Points a forest has seen before it is measured, so that its trees are full.
pub const FILL: usize = 1_000;
/// Points measured.
pub const POINTS: usize = 4_000;
/// Steps forecast.
const HORIZON: usize = 48;

/// The stream that forests see.
#[must_use]
pub fn stream() -> Vec<f64> {
    workload::stream(FILL + POINTS)
}

/// The series that is forecast.
#[must_use]
pub fn hourly() -> Vec<f64> {
    workload::hourly(workload::HOURLY)
}

/// Our forest, full.
pub fn our_forest(values: &[f64], shingle: usize) -> Outcome<Rcf> {
    let mut rcf = Rcf::new(RcfParams { trees: TREES, sample: SAMPLE, shingle, ..RcfParams::default() })?;
    for v in &values[..FILL] {
        rcf.push(*v);
    }
    Ok(rcf)
}

/// Score and update with ours, point by point.
pub fn our_scores(rcf: &mut Rcf, values: &[f64]) -> f64 {
    values[FILL..].iter().map(|v| rcf.push(*v)).sum()
}

/// krcf's forest, full: one thread, shingles built inside.
pub fn krcf_forest(values: &[f64], shingle: usize) -> Outcome<RCFLarge<u64, u64>> {
    let options = RandomCutForestOptions {
        dimensions: 1,
        shingle_size: shingle,
        num_trees: Some(TREES),
        sample_size: Some(SAMPLE),
        output_after: Some(1),
        random_seed: Some(7),
        parallel_execution_enabled: Some(false),
        internal_shingling: Some(true),
        ..Default::default()
    };
    let mut forest = options.to_rcf()?;
    for v in &values[..FILL] {
        forest.update(&[*v as f32], 0)?;
    }
    Ok(forest)
}

/// Score and update with krcf, point by point.
pub fn krcf_scores(forest: &mut RCFLarge<u64, u64>, values: &[f64]) -> Outcome<f64> {
    let mut sum = 0.0;
    for v in &values[FILL..] {
        let point = [*v as f32];
        sum += forest.score(&point)?;
        forest.update(&point, 0)?;
    }
    Ok(sum)
}

/// Bytes of krcf's state, as it counts them itself.
#[must_use]
pub fn krcf_bytes(forest: &RCFLarge<u64, u64>) -> usize {
    forest.size()
}

/// A forecast of ours by the method's name, with intervals.
pub fn our_forecast(values: &[f64], name: &str) -> Outcome<f64> {
    let params = Params { horizon: HORIZON, seasons: vec![24, 168], ..Params::default() };
    let forecast = method::forecast(values, &name.parse::<Method>()?, &params, &mut || false)?;
    Ok(forecast.value.iter().sum())
}

/// Damped smoothing of ours, the point forecast alone, on the series without seasons.
pub fn our_damped(values: &[f64]) -> Outcome<f64> {
    Ok(smooth::damped(values, HORIZON)?.iter().sum())
}

/// augurs: MSTL with AutoETS on the rest, with intervals.
pub fn augurs_mstl(values: &[f64]) -> Outcome<f64> {
    let model = MSTLModel::new(vec![24, 168], AutoETS::non_seasonal().into_trend_model());
    let fit = model.fit(values)?;
    Ok(fit.predict(HORIZON, 0.95)?.point.iter().sum())
}

/// augurs: AutoETS without season, with intervals.
pub fn augurs_ets(values: &[f64]) -> Outcome<f64> {
    let fit = AutoETS::non_seasonal().fit(values)?;
    Ok(fit.predict(HORIZON, 0.95)?.point.iter().sum())
}

/// Our MSTL, every point smoothed when `jump` is 0.
pub fn our_mstl(values: &[f64], jump: f64) -> Outcome<f64> {
    Ok(mstl::decompose(values, &[24, 168], &Mstl { jump, ..Mstl::default() })?.trend.iter().sum())
}

/// stlrs' MSTL with its defaults, which smooth every point of the season and jump a tenth in the trend.
pub fn stlrs_mstl(values: &[f32]) -> Outcome<f32> {
    Ok(stlrs::Mstl::fit(values, &[24, 168])?.trend().iter().sum())
}

/// Our STL of one season.
pub fn our_stl(values: &[f64], jump: f64) -> Outcome<f64> {
    Ok(stl::decompose(values, &Stl { jump, ..Stl::new(24) })?.trend.iter().sum())
}

/// stlrs' STL of one season with its defaults.
pub fn stlrs_stl(values: &[f32]) -> Outcome<f32> {
    Ok(stlrs::Stl::fit(values, 24)?.trend().iter().sum())
}

/// Our season finder.
#[must_use]
pub fn our_seasons(values: &[f64]) -> Vec<usize> {
    season::find(values, 0.3)
}

/// augurs' season finder, a periodogram.
#[must_use]
pub fn augurs_seasons(values: &[f64]) -> Vec<u32> {
    PeriodogramDetector::default().detect(values)
}
