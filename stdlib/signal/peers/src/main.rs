//! Prints ours next to theirs, measured by turns in one run, with the ratio: `cargo run --release`.

use heal_signal::changepoint::online::{Online, OnlineParams};
use heal_signal::detect::alarm::{Alarm, AlarmParams};
use heal_signal::detect::auto::{Auto, AutoParams};
use heal_signal::detect::cusum::{Cusum, CusumParams};
use heal_signal::detect::flatline::Flatline;
use heal_signal::detect::level::{Level, LevelParams};
use heal_signal::detect::novelty::{Novelty, NoveltyParams};
use heal_signal::detect::seasonal::{Seasonal, SeasonalParams};
use heal_signal::detect::surprise::{Surprise, SurpriseParams};
use heal_signal::rcf::{Rcf, RcfParams};
use signal_peers as p;
use std::hint::black_box;
use std::time::Instant;

/// Turns that each contestant gets; the quickest counts, for what others do on the machine only ever adds.
const TURNS: usize = 7;

/// The least seconds of each of two pieces of work, done by turns.
fn race(
    mut ours: impl FnMut() -> p::Outcome<()>,
    mut theirs: impl FnMut() -> p::Outcome<()>,
) -> p::Outcome<(f64, f64)> {
    let (mut best, mut other) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TURNS {
        let start = Instant::now();
        ours()?;
        best = best.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        theirs()?;
        other = other.min(start.elapsed().as_secs_f64());
    }
    Ok((best, other))
}

/// Keeps the compiler from leaving work out whose result nobody reads.
fn used<T>(result: T) {
    black_box(result);
}

fn forests() -> p::Outcome<()> {
    let values = p::stream();
    println!(
        "| random cut forest, 50 trees of 256, score and update | ours, points a second | krcf 0.4.0 | ratio | ours, bytes | krcf, bytes |"
    );
    println!("|---|---|---|---|---|---|");
    for shingle in [1, 8, 48] {
        let (full, other) = (p::our_forest(&values, shingle)?, p::krcf_forest(&values, shingle)?);
        let (ours, theirs) = race(
            || {
                black_box(p::our_scores(&mut full.clone(), &values));
                Ok(())
            },
            || {
                black_box(p::krcf_scores(&mut other.clone(), &values)?);
                Ok(())
            },
        )?;
        let points = p::POINTS as f64;
        println!(
            "| shingle {shingle} | {:.0} | {:.0} | {:.1} times as many | {} | {} |",
            points / ours,
            points / theirs,
            theirs / ours,
            full.bytes(),
            p::krcf_bytes(&other)
        );
    }
    Ok(())
}

fn line(what: &str, peer: &str, (ours, theirs): (f64, f64)) {
    println!("| {what} | {:.3} | {peer} | {:.3} | {:.2} |", 1e3 * ours, 1e3 * theirs, theirs / ours);
}

fn series() -> p::Outcome<()> {
    let values = p::hourly();
    let single: Vec<f32> = values.iter().map(|v| *v as f32).collect();
    println!("\n| 960 hourly points, seasons 24 and 168 | ours, ms | peer | ms | theirs / ours |");
    println!("|---|---|---|---|---|");
    let augurs_mstl = || p::augurs_mstl(&values).map(used);
    for name in ["auto", "mstl", "damped", "theta", "seasonal-naive", "arima(1,0,1)"] {
        let ours = || p::our_forecast(&values, name).map(used);
        line(
            &format!("forecast 48 steps with intervals, {name}"),
            "augurs 0.10.3 MSTL + AutoETS",
            race(ours, augurs_mstl)?,
        );
    }
    line(
        "forecast 48 steps, damped, no interval",
        "augurs 0.10.3 AutoETS (no season)",
        race(|| p::our_damped(&values).map(used), || p::augurs_ets(&values).map(used))?,
    );
    for (jump, how) in [(0.1, "a tenth of the window between fitted points"), (0.0, "every point fitted")] {
        line(
            &format!("STL, {how}"),
            "stlrs 0.4.0, f32",
            race(|| p::our_stl(&values, jump).map(used), || p::stlrs_stl(&single).map(used))?,
        );
        line(
            &format!("MSTL, {how}"),
            "stlrs 0.4.0, f32",
            race(|| p::our_mstl(&values, jump).map(used), || p::stlrs_mstl(&single).map(used))?,
        );
    }
    let seasons = race(
        || {
            black_box(p::our_seasons(&values));
            Ok(())
        },
        || {
            black_box(p::augurs_seasons(&values));
            Ok(())
        },
    )?;
    line("season finder", "augurs 0.10.3 periodogram", seasons);
    println!("\nseasons found: ours {:?}, augurs {:?}", p::our_seasons(&values), p::augurs_seasons(&values));
    Ok(())
}

/// A detector of ours: seconds a point when full, and bytes of its saved state.
fn detector<S: Clone + serde::Serialize>(name: &str, mut state: S, push: impl Fn(&mut S, i64, f64)) -> p::Outcome<()> {
    let values = p::stream();
    let (first, rest) = values.split_at(p::FILL);
    for (i, v) in (0..).zip(first) {
        push(&mut state, i * 300_000, *v);
    }
    let mut best = f64::INFINITY;
    for _ in 0..TURNS {
        let mut state = state.clone();
        let start = Instant::now();
        for (i, v) in (p::FILL as i64..).zip(rest) {
            push(&mut state, i * 300_000, *v);
        }
        best = best.min(start.elapsed().as_secs_f64());
        used(&state);
    }
    let saved = serde_json::to_string(&state)?.len();
    println!("| {name} | {:.0} | {saved} |", p::POINTS as f64 / best);
    Ok(())
}

fn detectors() -> p::Outcome<()> {
    println!("\n| ours, no peer in these crates | points a second | bytes saved (JSON) |");
    println!("|---|---|---|");
    detector("anomaly.auto", Auto::new(AutoParams::default())?, |s, at, v| used(s.push(at, v)))?;
    detector("surprise", Surprise::new(SurpriseParams::default())?, |s, at, v| used(s.push(at, v)))?;
    detector("seasonal residual", Seasonal::new(SeasonalParams::default())?, |s, at, v| used(s.push(at, v)))?;
    detector("level residual", Level::new(LevelParams::default())?, |s, _, v| used(s.push(v)))?;
    detector("novelty", Novelty::new(NoveltyParams::default())?, |s, _, v| used(s.push(v)))?;
    detector("cusum", Cusum::new(CusumParams::default())?, |s, _, v| used(s.push(v)))?;
    detector("flatline", Flatline::new(), |s, at, v| used(s.push(at, v)))?;
    detector("alarm", Alarm::new(AlarmParams::default())?, |s, _, v| used(s.push(v)))?;
    detector("change points online", Online::new(OnlineParams::default())?, |s, _, v| used(s.push(v)))?;
    detector("random cut forest, shingle 1", Rcf::new(RcfParams::default())?, |s, _, v| used(s.push(v)))
}

fn main() -> p::Outcome<()> {
    forests()?;
    series()?;
    detectors()
}
