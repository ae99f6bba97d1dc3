//! Prints the figures of this crate on the data sets of the project.
//!
//! `cargo run --release -p heal-signal --example figures -- DATA SCORE [PART…]`
//! DATA holds `nab`, `kpi`, `m4`, …; SCORE holds the scorers (`nab_score.py`, …), which need `python3` with numpy
//! (`FIGURES_PYTHON` names another interpreter). Without parts, all are run. Nothing is written but to a scratch folder.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cause;
mod detect;
mod predict;
mod table;
mod text;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What every part needs to know.
pub(crate) struct Setting {
    /// The data directory.
    pub(crate) data: PathBuf,
    /// The directory of the scorers.
    pub(crate) score: PathBuf,
    /// A folder that may be written to.
    pub(crate) scratch: PathBuf,
}

/// Any failure, as text.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

impl Setting {
    /// Runs a piece of Python with the scorers on its path; its output goes to ours.
    pub(crate) fn python(&self, source: &str, arguments: &[&Path]) -> Outcome {
        let python = std::env::var("FIGURES_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let status = Command::new(python)
            .arg("-c")
            .arg(source)
            .args(arguments)
            .env("PYTHONPATH", &self.score)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .status()?;
        if status.success() { Ok(()) } else { Err("a scorer failed".into()) }
    }
}

/// Seconds of processor time that this process used (Linux), so that a busy machine changes no figure; the time of day
/// elsewhere.
pub(crate) fn seconds() -> f64 {
    let ticks = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let user: f64 = fields.get(11)?.parse().ok()?;
        let system: f64 = fields.get(12)?.parse().ok()?;
        Some((user + system) / 100.0)
    });
    ticks.unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
    })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, score, parts @ ..] = arguments.as_slice() else {
        eprintln!("usage: figures DATA SCORE [PART…]");
        return ExitCode::FAILURE;
    };
    let setting = Setting {
        data: data.into(),
        score: score.into(),
        scratch: std::env::temp_dir().join(format!("signal-figures-{}", std::process::id())),
    };
    type Part = fn(&Setting) -> Outcome;
    let all: [(&str, Part); 8] = [
        ("nab", detect::nab),
        ("kpi", detect::kpi),
        ("m4", predict::m4),
        ("crossings", predict::crossings),
        ("blame", text::blame),
        ("templates", text::templates),
        ("petshop", cause::petshop),
        ("speed", detect::speed),
    ];
    let mut failed = false;
    for (name, part) in all {
        if !parts.is_empty() && !parts.iter().any(|p| p == name) {
            continue;
        }
        if let Err(problem) = part(&setting) {
            eprintln!("{name}: {problem}");
            failed = true;
        }
    }
    let _ = std::fs::remove_dir_all(&setting.scratch);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
