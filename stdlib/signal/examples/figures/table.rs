//! Reading and writing the plain CSV files of the data sets.

use std::path::{Path, PathBuf};

/// All files below a folder with an ending, sorted.
pub(crate) fn files(folder: &Path, ending: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            out.extend(files(&path, ending)?);
        } else if path.to_string_lossy().ends_with(ending) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

/// The first two columns of a CSV file with a header: stamp text and value (NaN when it is no number).
pub(crate) fn stamped(path: &Path) -> std::io::Result<(Vec<String>, Vec<f64>)> {
    let text = std::fs::read_to_string(path)?;
    Ok(text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut cells = line.split(',');
            let stamp = cells.next().unwrap_or_default().to_owned();
            (stamp, cells.next().and_then(|c| c.trim().parse().ok()).unwrap_or(f64::NAN))
        })
        .unzip())
}

/// Writes `timestamp,anomaly_score`.
pub(crate) fn write_scores(path: &Path, stamps: &[String], scores: &[f64]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut text = String::from("timestamp,anomaly_score\n");
    for (stamp, score) in stamps.iter().zip(scores) {
        text.push_str(&format!("{stamp},{score:.9}\n"));
    }
    std::fs::write(path, text)
}

/// Unix milliseconds of `YYYY-MM-DD HH:MM:SS` or of Unix seconds; 0 for anything else.
pub(crate) fn milliseconds(stamp: &str) -> i64 {
    if let Ok(seconds) = stamp.parse::<i64>() {
        return seconds * 1_000;
    }
    let n: Vec<i64> = stamp.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let [year, month, day, hour, minute, second, ..] = n.as_slice() else {
        return 0;
    };
    // Days since 1970-01-01 of the civil calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let y = if *month <= 2 { year - 1 } else { *year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * (month + if *month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000
}
