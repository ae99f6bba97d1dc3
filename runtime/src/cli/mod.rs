//! What people type, and what they see.
//!
//! `args` is the one declaration of commands and flags; one file is one command; `out` is the one door to standard
//! output. A command gives an exit code or a [`Failure`], which is said in one place.

mod actions;
mod approve;
mod args;
mod check;
mod compile;
mod explain;
mod fmt;
mod github;
mod graph;
mod init;
mod log;
mod needs;
mod out;
mod plan;
mod prepare;
mod resume;
mod run;
mod runs;
mod show;
mod signal;
mod tree;

use crate::failure::{Failure, exit};
use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// The version of every JSON form that commands print: `{"schema": 1, …}`. It rises when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is wrong usage.
            let _ = error.print();
            if error.use_stderr() && typed_json() {
                let text = error.to_string();
                let words = text.lines().next().unwrap_or_default();
                let words = words.strip_prefix("error: ").unwrap_or(words);
                out::json(&Failure::invalid(words).json(SCHEMA));
            }
            return ExitCode::from(if error.use_stderr() { exit::INVALID } else { 0 });
        }
    };
    let json = cli.command.wants_json();
    let result = log::start(cli.log.as_deref(), cli.log_format).and_then(|()| dispatch(cli.command));
    let code = result.unwrap_or_else(|failure| {
        say(&failure);
        if json {
            out::json(&failure.json(SCHEMA));
        }
        failure.exit
    });
    // Whoever reads the report has none: success would be a lie.
    ExitCode::from(if code == 0 && out::lost() { exit::STATE } else { code })
}

/// `--format json` stands among arguments that could not be understood.
fn typed_json() -> bool {
    let typed: Vec<_> = std::env::args_os().skip(1).collect();
    typed.iter().any(|a| a == "--format=json") || typed.windows(2).any(|w| w[0] == "--format" && w[1] == "json")
}

fn dispatch(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Check(args) => check::check(&args),
        Command::Fmt(args) => fmt::fmt(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Run(args) => run::run(&args),
        Command::Approve(args) => approve::approve(&args),
        Command::Resume(args) => resume::resume(&args),
        Command::Runs(args) => runs::runs(&args),
        Command::Actions(args) => actions::actions(&args),
        Command::Init(args) => init::init(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Signal(args) => signal::signal(&args),
    }
}

/// A failure, said once.
fn say(failure: &Failure) {
    if !failure.shown {
        out::note(&format!("error: {failure}"));
        if github::is_on() {
            out::note(&github::command("error", "healrun", &failure.to_string()));
        }
        if let Some(report) = &failure.report {
            out::note(&format!("this report is written nowhere else: {report}"));
        }
    }
}
