//! Commands and flags.

use super::signal::Signal;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Playbooks that heal systems by themselves, and that people can trust.
#[derive(Parser)]
#[command(name = "healrun", version, propagate_version = true, max_term_width = 100)]
pub(super) struct Cli {
    /// What is logged on standard error: `warn`, `info`, `debug`, or a filter such as `healrun=debug`.
    #[arg(long, global = true, env = "HEALRUN_LOG", value_name = "FILTER")]
    pub(super) log: Option<String>,
    /// How log lines look.
    #[arg(long, global = true, env = "HEALRUN_LOG_FORMAT", value_enum, default_value = "text", value_name = "FORM")]
    pub(super) log_format: LogFormat,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Check playbooks: names, types, units, effects, silence, worst case
    #[command(after_help = "Example:\n  healrun check playbooks/*.heal --deny warnings")]
    Check(Check),
    /// Write playbooks in the one form
    #[command(after_help = "Example:\n  healrun fmt playbooks/*.heal\n  healrun fmt --check .")]
    Fmt(Fmt),
    /// Draw the steps of a playbook and where each end leads
    #[command(after_help = "Example:\n  healrun graph shop.heal --format mermaid")]
    Graph(Graph),
    /// Show what would be done now: live reads, no writes
    #[command(after_help = "Example:\n  healrun plan shop.heal -i service=checkout --env production")]
    Plan(Plan),
    /// Detect, diagnose, remediate and verify, once
    #[command(after_help = "Example:\n  healrun run shop.heal -i service=checkout --env production\n  \
                            healrun run shop.heal --trigger alert.json --format json")]
    Run(Run),
    /// Answer an approval request
    #[command(after_help = "Example:\n  healrun approve 20261121-0915-k3f9\n  healrun approve RUN --refuse")]
    Approve(Approve),
    /// Go on with a run that waits, or that a crash left open
    #[command(after_help = "Example:\n  healrun resume 20261121-0915-k3f9\n  healrun resume --state .healrun/state.db")]
    Resume(Resume),
    /// List runs, or show one
    #[command(after_help = "Example:\n  healrun runs list\n  healrun runs show 20261121-0915-k3f9 --format json")]
    Runs(Runs),
    /// The actions and functions that playbooks can call
    #[command(after_help = "Example:\n  healrun actions\n  healrun actions process.restart")]
    Actions(Actions),
    /// Detect anomalies, forecast, find changes, read logs, rank causes: on plain files
    #[command(after_help = "Example:\n  healrun signal detect latency.csv --plot latency.svg\n  \
                            healrun signal forecast disk.csv --horizon 48\n  \
                            healrun signal blame fail.log --against pass.log")]
    Signal(Signal),
    /// Write a first playbook and its healrun.yaml
    #[command(after_help = "Example:\n  healrun init ops/ && healrun check ops/")]
    Init(Init),
    /// The long form of a finding's code
    #[command(after_help = "Example:\n  healrun explain H0201")]
    Explain(Explain),
}

impl Command {
    /// One JSON document on standard output is expected.
    pub(super) fn wants_json(&self) -> bool {
        let format = match self {
            Command::Check(args) => return args.format == CheckFormat::Json,
            Command::Graph(args) => return args.format == GraphFormat::Json,
            Command::Fmt(args) => args.format,
            Command::Plan(args) => args.start.format,
            Command::Run(args) => args.start.format,
            Command::Approve(args) => args.format,
            Command::Resume(args) => args.format,
            Command::Runs(Runs { command: RunsCommand::List(args) }) => args.format,
            Command::Runs(Runs { command: RunsCommand::Show(args) }) => args.format,
            Command::Actions(args) => args.format,
            Command::Init(args) => args.format,
            Command::Explain(args) => args.format,
            Command::Signal(args) => return args.wants_json(),
        };
        format == Format::Json
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// For people, or for programs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    Text,
    Dot,
    Mermaid,
    Json,
}

#[derive(Args)]
pub(super) struct Check {
    /// Playbooks, or folders that are searched for `.heal` files
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: CheckFormat,
    /// `warnings`: warnings too end with exit code 1
    #[arg(long, value_enum)]
    pub(super) deny: Option<Deny>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    Warnings,
}

#[derive(Args)]
pub(super) struct Fmt {
    /// Playbooks, or folders that are searched for `.heal` files
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Write nothing; exit code 1 where a file would change
    #[arg(long)]
    pub(super) check: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Args)]
pub(super) struct Graph {
    /// The playbook
    pub(super) playbook: PathBuf,
    /// Which of a file's playbooks
    #[arg(long)]
    pub(super) name: Option<String>,
    /// The form of the drawing
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: GraphFormat,
}

/// What `run` and `plan` share.
#[derive(Args)]
pub(super) struct Start {
    /// The playbook
    pub(super) playbook: PathBuf,
    /// Which of a file's playbooks
    #[arg(long)]
    pub(super) name: Option<String>,
    /// An input
    #[arg(short = 'i', long = "input", value_name = "NAME=VALUE")]
    pub(super) inputs: Vec<String>,
    /// The payload of an alert (Alertmanager's webhook, version 4), `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) trigger: Option<PathBuf>,
    /// The environment of healrun.yaml
    #[arg(long, env = "HEALRUN_ENV", default_value = "default")]
    pub(super) env: String,
    #[command(flatten)]
    pub(super) state: State,
    /// `text`, or the final JSON on standard output
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

/// Where the state lives.
#[derive(Args)]
pub(super) struct State {
    /// The state file; else `state:` of healrun.yaml, else `.healrun/state.db` beside it
    #[arg(long = "state", env = "HEALRUN_STATE", value_name = "FILE")]
    pub(super) path: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) start: Start,
    /// Execute reads that their author only asserts to read (`effect: read`)
    #[arg(long)]
    pub(super) allow_asserted: bool,
}

#[derive(Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) start: Start,
    #[command(flatten)]
    pub(super) exits: Exits,
}

/// Exit codes, remapped.
#[derive(Args)]
pub(super) struct Exits {
    /// End with another exit code for an outcome: `suggested=0`
    #[arg(long = "exit-on", value_name = "OUTCOME=CODE")]
    pub(super) exit_on: Vec<String>,
}

#[derive(Args)]
pub(super) struct Approve {
    /// The run, or the request; none: the only open request
    pub(super) id: Option<String>,
    /// Say no
    #[arg(long)]
    pub(super) refuse: bool,
    /// What must be approved; a request for anything else is not
    #[arg(long, value_name = "HEX")]
    pub(super) fingerprint: Option<String>,
    #[command(flatten)]
    pub(super) state: State,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Args)]
pub(super) struct Resume {
    /// The run; none: the only one that is open or waits
    pub(super) run: Option<String>,
    /// Must be the run's own environment, where it is given
    #[arg(long, env = "HEALRUN_ENV")]
    pub(super) env: Option<String>,
    #[command(flatten)]
    pub(super) state: State,
    /// `text`, or the final JSON on standard output
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) exits: Exits,
}

#[derive(Args)]
pub(super) struct Runs {
    #[command(subcommand)]
    pub(super) command: RunsCommand,
}

#[derive(Subcommand)]
pub(super) enum RunsCommand {
    /// The runs of a state file, newest first
    #[command(after_help = "Example:\n  healrun runs list --limit 5")]
    List(RunsList),
    /// One run: what it saw, decided and did
    #[command(after_help = "Example:\n  healrun runs show 20261121-0915-k3f9 --format json")]
    Show(RunsShow),
}

#[derive(Args)]
pub(super) struct RunsList {
    /// At most so many
    #[arg(long, default_value = "20")]
    pub(super) limit: u32,
    #[command(flatten)]
    pub(super) state: State,
    /// How they are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Args)]
pub(super) struct RunsShow {
    /// The run, or the only one that begins so
    pub(super) run: String,
    #[command(flatten)]
    pub(super) state: State,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Args)]
pub(super) struct Actions {
    /// One of them; none: all
    pub(super) name: Option<String>,
    /// How they are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Args)]
pub(super) struct Init {
    /// The folder
    #[arg(default_value = ".")]
    pub(super) folder: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}

#[derive(Args)]
pub(super) struct Explain {
    /// `H0201`
    pub(super) code: String,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Format,
}
