//! Detection figures: NAB, KPI, points a second.

use crate::table;
use crate::{Outcome, Setting};
use heal_signal::Series;
use heal_signal::batch;
use heal_signal::detect::auto::{Auto, AutoParams};
use heal_signal::detect::calibrated::{Calibrated, CalibratedParams};
use heal_signal::detect::cusum::{Cusum, CusumParams};
use heal_signal::detect::flatline::Flatline;
use heal_signal::detect::level::{Level, LevelParams};
use heal_signal::detect::novelty::{Novelty, NoveltyParams};
use heal_signal::detect::seasonal::{Seasonal, SeasonalParams};
use heal_signal::rcf::{Rcf, RcfParams};

/// A detector as the figures see it: stamps and values in, one score a row out.
type Method = fn(&[i64], &[f64]) -> Vec<f64>;

fn forest(shingle: usize, values: &[f64]) -> Vec<f64> {
    let params = RcfParams { shingle, ..RcfParams::default() };
    match Rcf::new(params) {
        Ok(mut rcf) => values.iter().map(|&v| rcf.push(v)).collect(),
        Err(_) => Vec::new(),
    }
}

fn auto(at: &[i64], values: &[f64]) -> Vec<f64> {
    match Auto::new(AutoParams::default()) {
        Ok(mut auto) => at.iter().zip(values).map(|(&t, &v)| auto.push(t, v).score).collect(),
        Err(_) => Vec::new(),
    }
}

fn subspace(_: &[i64], values: &[f64]) -> Vec<f64> {
    // By row, as NAB counts.
    batch::subspace::scores(&Series::from_values(values, 1), None).map_or(vec![0.0; values.len()], |s| s.score)
}

fn methods() -> Vec<(&'static str, Method)> {
    let all: Vec<(&'static str, Method)> =
        vec![("auto", auto), ("subspace", subspace), ("rcf-1", |_, v| forest(1, v)), ("rcf-48", |_, v| forest(48, v))];
    match std::env::var("FIGURES_METHODS") {
        Ok(wanted) => all.into_iter().filter(|(n, _)| wanted.split(',').any(|w| w == *n)).collect(),
        Err(_) => all,
    }
}

fn run(setting: &Setting, folder: &str, source: &str, labels: &[&str]) -> Outcome {
    let root = setting.data.join(folder);
    for (name, method) in methods() {
        let out = setting.scratch.join(format!("{}-{name}", folder.replace('/', "-")));
        let (mut rows, mut spent) = (0, 0.0);
        let mut scored = Vec::new();
        for path in table::files(&root, ".csv")? {
            let (stamps, values) = table::stamped(&path)?;
            let at: Vec<i64> = stamps.iter().map(|s| table::milliseconds(s)).collect();
            rows += values.len();
            let start = crate::seconds();
            let scores = method(&at, &values);
            spent += crate::seconds() - start;
            scored.push((path, stamps, scores));
        }
        let seconds = f64::max(spent, 0.01);
        for (path, stamps, scores) in &scored {
            table::write_scores(&out.join(path.strip_prefix(&root)?), stamps, scores)?;
        }
        println!("== {folder} {name}: {rows} rows, {:.0} points a second of processor time", rows as f64 / seconds);
        let mut arguments = vec![out.clone(), root.clone()];
        arguments.extend(labels.iter().map(|l| setting.data.join(l)));
        let arguments: Vec<&std::path::Path> = arguments.iter().map(std::path::PathBuf::as_path).collect();
        setting.python(source, &arguments)?;
    }
    Ok(())
}

/// NAB's open files: the standard score with its own optimum and with the threshold carried over five folds; VUS-PR.
pub(crate) fn nab(setting: &Setting) -> Outcome {
    run(setting, "nab/data", include_str!("nab.py"), &["nab/labels/combined_windows.json"])
}

/// The KPI open files: event F1 at the best and at the detector's own threshold, AUC-PR, VUS-PR.
pub(crate) fn kpi(setting: &Setting) -> Outcome {
    run(setting, "kpi", include_str!("kpi.py"), &[])
}

/// Points a second with full forests, one thread.
pub(crate) fn speed(setting: &Setting) -> Outcome {
    let mut values = Vec::new();
    for path in table::files(&setting.data.join("nab/data"), ".csv")? {
        values.push(table::stamped(&path)?.1);
    }
    let rows: usize = values.iter().map(Vec::len).sum();
    for shingle in [1, 8, 48] {
        let (mut seconds, mut bytes) = (0.0, 0);
        for series in &values {
            let mut rcf = Rcf::new(RcfParams { shingle, ..RcfParams::default() })?;
            let (fill, rest) = series.split_at(series.len().min(512));
            let mut sum = 0.0;
            for &v in fill {
                sum += rcf.push(v);
            }
            let start = crate::seconds();
            for &v in rest {
                sum += rcf.push(v);
            }
            seconds += crate::seconds() - start;
            bytes = bytes.max(rcf.bytes());
            std::hint::black_box(sum);
        }
        let counted = rows - 512 * values.len();
        println!(
            "rcf shingle {shingle}: {:.0} points a second of processor time, at most {bytes} bytes of state",
            counted as f64 / seconds
        );
    }
    streaming(setting, &values)
}

/// Points a second of the streaming detectors without a forest: each alone, and all at every point.
fn streaming(setting: &Setting, values: &[Vec<f64>]) -> Outcome {
    const ROUNDS: usize = 5;
    let mut stamped = Vec::new();
    for (path, values) in table::files(&setting.data.join("nab/data"), ".csv")?.iter().zip(values) {
        let at: Vec<i64> = table::stamped(path)?.0.iter().map(|s| table::milliseconds(s)).collect();
        stamped.push((at, values));
    }
    let rows: usize = values.iter().map(Vec::len).sum();
    let names = ["novelty", "EWMA", "Holt", "seasonal", "flat line", "CUSUM", "Page-Hinkley", "calibrated alarm"];
    for only in (0..names.len()).map(Some).chain([None]) {
        let start = crate::seconds();
        let mut sum = 0.0;
        for _ in 0..ROUNDS {
            for (at, values) in &stamped {
                let mut novelty = Novelty::new(NoveltyParams::default())?;
                let mut ewma = Level::new(LevelParams { beta: 0.0, ..LevelParams::default() })?;
                let mut holt = Level::new(LevelParams::default())?;
                let mut seasonal = Seasonal::new(SeasonalParams::default())?;
                let mut flat = Flatline::new();
                let mut cusum = Cusum::new(CusumParams::default())?;
                let mut hinkley = Cusum::new(CusumParams { running: true, ..CusumParams::default() })?;
                let mut layer = Calibrated::new(CalibratedParams::default())?;
                for (&t, &v) in at.iter().zip(values.iter()) {
                    let mut push = |k: usize| match k {
                        0 => novelty.push(v).score,
                        1 => ewma.push(v).score,
                        2 => holt.push(v).score,
                        3 => seasonal.push(t, v).score,
                        4 => flat.push(t, v).score,
                        5 => cusum.push(v).score,
                        6 => hinkley.push(v).score,
                        _ => layer.push(v.abs()).score,
                    };
                    sum += match only {
                        Some(k) => push(k),
                        None => (0..names.len()).map(push).sum::<f64>(),
                    };
                }
            }
        }
        std::hint::black_box(sum);
        println!(
            "{}: {:.2} M points a second of processor time",
            only.map_or("all of these together", |k| names[k]),
            (ROUNDS * rows) as f64 / (crate::seconds() - start).max(0.01) / 1e6
        );
    }
    Ok(())
}
