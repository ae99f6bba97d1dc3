//! Forecasting figures: M4 Hourly and Weekly.

use crate::{Outcome, Setting};
use heal_signal::Series;
use heal_signal::forecast::crossing::{Direction, crossing};
use heal_signal::forecast::{Params, auto};
use std::fmt::Write as _;
use std::time::Instant;

/// sMAPE, MASE, OWA, MSIS and coverage with the default forecaster, seasons found by itself.
pub(crate) fn m4(setting: &Setting) -> Outcome {
    std::fs::create_dir_all(&setting.scratch)?;
    for (name, horizon, period) in [("Hourly", 48, "24"), ("Weekly", 13, "1")] {
        let train = setting.data.join("m4").join(format!("{name}-train.csv"));
        let test = setting.data.join("m4").join(format!("{name}-test.csv"));
        let text = std::fs::read_to_string(&train)?;
        let mut out = String::from("id,step,forecast,lo,hi\n");
        let (start, mut longest, mut count) = (crate::seconds(), 0.0_f64, 0);
        let mut found = std::collections::BTreeMap::new();
        for line in text.lines() {
            let mut cells = line.split(',').map(|c| c.trim().trim_matches('"'));
            let id = cells.next().unwrap_or_default();
            let values: Vec<f64> = cells.filter_map(|c| c.parse().ok()).collect();
            if values.is_empty() {
                continue;
            }
            let began = Instant::now();
            let forecast = auto::forecast(&values, &Params { horizon, ..Params::default() })?;
            let spent = began.elapsed().as_secs_f64();
            longest = longest.max(spent);
            count += 1;
            *found.entry(forecast.seasons.clone()).or_insert(0) += 1;
            for h in 0..horizon {
                writeln!(out, "{id},{},{},{},{}", h + 1, forecast.value[h], forecast.lower[h], forecast.upper[h])?;
            }
        }
        let seconds = crate::seconds() - start;
        let path = setting.scratch.join(format!("{name}.csv"));
        std::fs::write(&path, out)?;
        println!(
            "== M4 {name}: {:.2} ms of processor time a series (longest by the clock {:.2}); seasons found {found:?}",
            1e3 * seconds / f64::from(count),
            1e3 * longest
        );
        let source = "import sys, m4_score\nsys.argv = ['m4', '--train', sys.argv[1], '--test', sys.argv[2], '--forecasts', sys.argv[3], '--period', sys.argv[4]]\nm4_score.main()";
        setting.python(source, &[&train, &test, &path, std::path::Path::new(period)])?;
    }
    Ok(())
}

/// Whether crossings come as often, and by the steps, that were said: on each M4 series, four limits spread over the range
/// of its last two weeks (or its last two horizons) and a quarter beyond.
pub(crate) fn crossings(setting: &Setting) -> Outcome {
    for (name, horizon) in [("Hourly", 48), ("Weekly", 13)] {
        let rows = |part: &str| -> Result<Vec<Vec<f64>>, Box<dyn std::error::Error>> {
            let text = std::fs::read_to_string(setting.data.join("m4").join(format!("{name}-{part}.csv")))?;
            let row = |line: &str| -> Vec<f64> {
                line.split(',').skip(1).filter_map(|c| c.trim().trim_matches('"').parse().ok()).collect()
            };
            Ok(text.lines().map(row).filter(|r: &Vec<f64>| !r.is_empty()).collect())
        };
        // Said, crossed, squared error, cases; then, by fifths of the probability of having crossed by a step: said, crossed, steps.
        let (mut sums, mut fifths) = ([0.0; 4], [[0.0; 3]; 5]);
        for (past, future) in rows("train")?.iter().zip(rows("test")?) {
            let recent = &past[past.len().saturating_sub((7 * horizon).min(336))..];
            let (low, high) = recent.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
            let series = Series::from_values(past, 1);
            let newest = series.at.last().copied().unwrap_or(0);
            for part in [0.7, 0.9, 1.0, 1.25] {
                let limit = low + part * (high - low);
                if past.last().is_some_and(|v| *v >= limit) || low >= high {
                    continue;
                }
                let said = crossing(&series, limit, Direction::Above, &Params { horizon, ..Params::default() })?;
                let first = future.iter().position(|v| *v >= limit).map(|k| newest + k as i64 + 1);
                let crossed = f64::from(u8::from(first.is_some()));
                let off = 1.0 - said.none - crossed;
                for (sum, v) in sums.iter_mut().zip([1.0 - said.none, crossed, off * off, 1.0]) {
                    *sum += v;
                }
                for (k, said) in said.by_step.iter().enumerate() {
                    let by_now = f64::from(u8::from(first.is_some_and(|f| f <= newest + k as i64 + 1)));
                    let fifth = &mut fifths[((said * 5.0) as usize).min(4)];
                    *fifth = [fifth[0] + said, fifth[1] + by_now, fifth[2] + 1.0];
                }
            }
        }
        let [said, crossed, square, cases] = sums;
        let share = crossed / cases;
        println!(
            "== M4 {name} crossings: {cases} limits, said {:.3}, crossed {share:.3}; Brier {:.3} (the share alone {:.3})",
            said / cases,
            square / cases,
            share * (1.0 - share),
        );
        let by_fifth = fifths.map(|[said, crossed, steps]| format!("{:.2} {:.2}", said / steps, crossed / steps));
        println!("having crossed by a step, said and happened: {}", by_fifth.join(", "));
    }
    Ok(())
}
