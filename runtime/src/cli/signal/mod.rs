//! `healrun signal`: detection, forecasting, change points, logs and root cause on plain files.
//!
//! Reads tables and logs, hands them to heal-signal, prints rows. May use the state file for kept models alone. No
//! numerics here.

mod args;
mod changepoints;
mod detect;
mod draw;
mod forecast;
mod logs;
mod models;
mod rootcause;
mod sparkline;
mod table;

pub(super) use args::Signal;

use super::out;
use crate::failure::Failure;
use args::{ModelsCommand, SignalCommand};
use std::path::{Path, PathBuf};

pub(super) fn signal(args: &Signal) -> Result<u8, Failure> {
    match &args.command {
        SignalCommand::Detect(args) => {
            apart(&args.table.file, &[&args.table.plot])?;
            detect::detect(args)
        }
        SignalCommand::Forecast(args) => {
            apart(&args.table.file, &[&args.table.plot, &args.lower, &args.upper])?;
            forecast::forecast(args)
        }
        SignalCommand::Changepoints(args) => {
            apart(&args.table.file, &[&args.table.plot])?;
            changepoints::changepoints(args)
        }
        SignalCommand::Templates(args) => logs::templates(args),
        SignalCommand::Blame(args) => logs::blame(args),
        SignalCommand::Rootcause(args) => rootcause::rootcause(args),
        SignalCommand::Train(args) => models::train(args),
        SignalCommand::Update(args) => models::update(args),
        SignalCommand::Models(args) => match &args.command {
            ModelsCommand::List(args) => models::list(args),
            ModelsCommand::Rollback(args) => models::rollback(args),
        },
    }
}

/// A computation that was refused, with the file it was about.
fn refused(name: &str, what: &str, reason: &heal_signal::Reason) -> Failure {
    Failure::invalid(format!("{name} cannot be {what}: {reason}"))
}

/// That no file to be written is the one that is read, or another one of them.
fn apart(input: &Path, outputs: &[&Option<PathBuf>]) -> Result<(), Failure> {
    let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut taken = vec![(whole(input), "it is read from there")];
    for output in outputs.iter().filter_map(|output| output.as_ref()) {
        let path = whole(output);
        if let Some((_, why)) = taken.iter().find(|(other, _)| *other == path) {
            let message = format!("{} would be overwritten: {why}", output.display());
            return Err(Failure::invalid(message).help("give each file a name of its own; nothing was written"));
        }
        taken.push((path, "another result is written there"));
    }
    Ok(())
}

/// Writes a file that was asked for beside the result.
fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| Failure::invalid(format!("{} cannot be written: {e}", path.display())))
}

/// A time as this family prints it.
fn shown(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |t| t.to_string())
}

/// A number as JSON; null where it is missing.
fn number(v: f64) -> serde_json::Value {
    if v.is_finite() { serde_json::json!(v) } else { serde_json::Value::Null }
}

/// A drawing of a few characters on standard error, where a person sits there.
fn glance(values: &[f64], marks: &[bool], caption: &str) {
    use std::io::IsTerminal;
    if std::io::stderr().is_terminal() {
        out::note(&sparkline::sparkline(values, marks, 72));
        out::note(caption);
    }
}
