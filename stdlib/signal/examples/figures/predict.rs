//! Forecasting figures: M4 Hourly and Weekly.

use crate::{Outcome, Setting};
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
