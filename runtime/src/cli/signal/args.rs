//! Flags of `healrun signal`. Names of methods come from the registries of heal-signal alone.

use crate::cli::args::State;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueEnum};
use heal_signal::forecast::method::Method;
use heal_signal::method;
use std::path::PathBuf;

#[derive(Args)]
pub(in crate::cli) struct Signal {
    #[command(subcommand)]
    pub(super) command: SignalCommand,
}

impl Signal {
    /// One JSON document on standard output is expected.
    pub(in crate::cli) fn wants_json(&self) -> bool {
        use SignalCommand as C;
        let format = match &self.command {
            C::Detect(args) => args.table.format,
            C::Forecast(args) => args.table.format,
            C::Changepoints(args) => args.table.format,
            C::Templates(args) => args.format,
            C::Blame(args) => args.format,
            C::Rootcause(args) => args.format,
            C::Train(args) => args.format,
            C::Update(args) => args.format,
            C::Models(args) => match &args.command {
                ModelsCommand::List(args) => args.format,
                ModelsCommand::Rollback(args) => args.format,
            },
        };
        format == Form::Json
    }
}

#[derive(Subcommand)]
pub(super) enum SignalCommand {
    /// Score every point of a series by how anomalous it is
    #[command(
        after_help = "Reads `timestamp,value` and writes `timestamp,value,anomaly_score`: the same rows in the same order, \
        each score in [0, 1]; with `auto`, 0.5 is an alarm.\nA header is optional; times are RFC 3339, \
        `YYYY-MM-DD HH:MM:SS` (UTC) or Unix seconds; an empty value is missing and scores 0.\n\n\
        Example:\n  healrun signal detect latency.csv --plot latency.svg\n  tail -f latency.csv | healrun signal detect -"
    )]
    Detect(Detect),
    /// Forecast the next values of a series, with intervals
    #[command(
        after_help = "Reads `timestamp,value` and writes `step,value,lower,upper`, step 1 first.\nWith `--batch` every row is a \
        series of its own: reads `id,v1,v2,...` (rows may differ in length; empty cells at the end are padding) and writes \
        `id,f1,...,fN`.\n\n\
        Example:\n  healrun signal forecast disk.csv --horizon 48 --season 24,168 --plot disk.svg\n  \
        healrun signal forecast hourly.csv --batch --horizon 48 > forecasts.csv"
    )]
    Forecast(Forecast),
    /// Find when the level of a series changed
    #[command(
        after_help = "Writes `timestamp,before,after,size,confidence`: the first point of each new level, oldest first.\n\
        Looks at the whole series, later points included.\n\n\
        Example:\n  healrun signal changepoints errors.csv --plot errors.svg"
    )]
    Changepoints(Changepoints),
    /// Group the lines of a log by what they say
    #[command(
        after_help = "Writes `template,count,first_line,text`, the most frequent first; `<*>` stands for what varies.\n\n\
        Example:\n  healrun signal templates app.log\n  healrun signal templates app.log --lines --format json"
    )]
    Templates(Templates),
    /// Rank the lines of a failing log that say what went wrong
    #[command(
        after_help = "Writes `line,score,new,text`, the most suspicious first; `new`: no line of the passing log says the \
        same.\n\nExample:\n  healrun signal blame fail.log --against pass.log --limit 5"
    )]
    Blame(Blame),
    /// Rank the components of a system that may have caused a symptom
    #[command(after_help = "Writes `rank,component,score,change,basis`, the most suspicious first. DIR holds\n\
        \x20 metrics.csv  rows: `component,...`, `metric,...` (latency, availability, requests), `statistic,...`\n\
        \x20              (Average for the first two, Sum for requests), an optional row naming the time column,\n\
        \x20              then one row per interval: the time, one cell a column; availability in percent\n\
        \x20 graph.csv    who calls whom, here or in a folder above: a square with names in the first row and\n\
        \x20              column, 1 where the row calls the column\n\
        \x20 target.json  the symptom: {\"target\": {\"node\", \"metric\", \"timestamp\"}}; or `--symptom`, `--metric`, `--at`\n\n\
        Example:\n  healrun signal rootcause incident/\n  \
        healrun signal rootcause incident/ --symptom web --metric latency --at 2026-11-21T09:15:00Z")]
    Rootcause(Rootcause),
    /// Let a detector learn from a series and keep what it learnt
    #[command(
        after_help = "A playbook's detector (`keep: true`) goes by ENVIRONMENT/PLAYBOOK/TARGET/STEP.LET, as `models list` shows \
        it; give `--unit` there.\n\nExample:\n  healrun signal train last-month.csv --model checkout-latency\n  \
        healrun signal detect today.csv --model checkout-latency"
    )]
    Train(Train),
    /// Let a kept detector go on learning; points that it knows are left out
    #[command(after_help = "Example:\n  healrun signal update today.csv --model checkout-latency")]
    Update(Update),
    /// List what detectors have learnt, or take one back to an earlier version
    #[command(
        after_help = "Example:\n  healrun signal models list\n  healrun signal models rollback checkout-latency --to 3"
    )]
    Models(Models),
}

/// For tables and logs of other programs, or for programs that want it all.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    Csv,
    Json,
}

/// A table of one series.
#[derive(Args)]
pub(super) struct Table {
    /// The series as CSV, `-` for standard input
    pub(super) file: PathBuf,
    /// The column that holds the values, where it is not `value`
    #[arg(long, value_name = "NAME")]
    pub(super) column: Option<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
    /// Draw it, as SVG
    #[arg(long, value_name = "FILE.svg")]
    pub(super) plot: Option<PathBuf>,
    /// The unit of the values, for the drawing
    #[arg(long, value_name = "UNIT")]
    pub(super) unit: Option<String>,
}

fn detect_methods() -> PossibleValuesParser {
    PossibleValuesParser::new(method::METHODS.iter().map(|m| {
        let note = if m.causal { "" } else { "; not causal: looks at later points" };
        PossibleValue::new(m.name).help(format!("{}{note}", m.about))
    }))
}

fn causal_methods() -> PossibleValuesParser {
    PossibleValuesParser::new(
        method::METHODS.iter().filter(|m| m.causal).map(|m| PossibleValue::new(m.name).help(m.about)),
    )
}

/// The factor from a unit to its base unit.
fn unit(word: &str) -> Result<f64, String> {
    heal_lang::catalogue::unit_of(word).map(|(_, factor)| factor).ok_or_else(|| {
        "units are ratio, percent, seconds, milliseconds, bytes, per_second, count and number".to_owned()
    })
}

fn forecast_method(text: &str) -> Result<Method, String> {
    text.parse().map_err(|reason: heal_signal::Reason| match crate::config::nearest(text, Method::NAMES.into_iter()) {
        Some(near) => format!("{reason}; did you mean `{near}`?"),
        None => reason.to_string(),
    })
}

#[derive(Args)]
pub(super) struct Detect {
    #[command(flatten)]
    pub(super) table: Table,
    /// How it is judged
    #[arg(long, default_value = "auto", value_parser = detect_methods(), conflicts_with = "model")]
    pub(super) method: String,
    /// Go on from what this model has learnt (it is not changed)
    #[arg(long, value_name = "NAME")]
    pub(super) model: Option<String>,
    #[command(flatten)]
    pub(super) state: State,
}

#[derive(Args)]
pub(super) struct Forecast {
    #[command(flatten)]
    pub(super) table: Table,
    /// How many steps ahead
    #[arg(long, value_name = "N")]
    pub(super) horizon: usize,
    /// Known seasons in points, shortest first; none: they are looked for
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(super) season: Vec<usize>,
    /// Percent of the values that should lie within the interval
    #[arg(long, value_name = "PERCENT", default_value = "95")]
    pub(super) interval: f64,
    #[arg(long, default_value = "auto", value_parser = forecast_method,
        help = format!("How it is forecast: {}, or arima(p,d,q)(P,D,Q,period)", Method::NAMES.join(", ")))]
    pub(super) method: Method,
    /// Seconds after which `arima` stops looking for better parameters of a series
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(super) time_limit: f64,
    /// Every row is a series: `id,v1,v2,...`
    #[arg(long, conflicts_with_all = ["plot", "column"])]
    pub(super) batch: bool,
    /// With `--batch`: also write the lower ends of the intervals, in rows like the result
    #[arg(long, value_name = "FILE.csv", requires = "batch")]
    pub(super) lower: Option<PathBuf>,
    /// With `--batch`: also write the upper ends
    #[arg(long, value_name = "FILE.csv", requires = "batch")]
    pub(super) upper: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Cost {
    /// The mean changes
    Mean,
    /// The mean and the spread change
    MeanAndVariance,
    /// The rate of counts changes
    Rate,
}

#[derive(Args)]
pub(super) struct Changepoints {
    #[command(flatten)]
    pub(super) table: Table,
    /// What a change is a change of
    #[arg(long, value_enum, default_value = "mean")]
    pub(super) cost: Cost,
    /// More finds fewer changes
    #[arg(long, default_value = "1", value_name = "FACTOR")]
    pub(super) penalty: f64,
    /// Fewest points between two changes
    #[arg(long, default_value = "3", value_name = "N")]
    pub(super) least_points: usize,
    /// Confidence in percent under which a change is not reported
    #[arg(long, default_value = "95", value_name = "PERCENT")]
    pub(super) confidence: f64,
}

#[derive(Args)]
pub(super) struct Templates {
    /// The log, `-` for standard input
    pub(super) file: PathBuf,
    /// Write the template of each line instead: `line,template,text`
    #[arg(long)]
    pub(super) lines: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

#[derive(Args)]
pub(super) struct Blame {
    /// The log of the failing run, `-` for standard input
    pub(super) file: PathBuf,
    /// The log of a run of the same job that passed
    #[arg(long, value_name = "PASS.log")]
    pub(super) against: Option<PathBuf>,
    /// At most so many lines
    #[arg(long, default_value = "10", value_name = "N")]
    pub(super) limit: usize,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Metric {
    /// Time to answer; more is worse
    Latency,
    /// Percent of calls that succeed; less is worse
    Availability,
}

#[derive(Args)]
pub(super) struct Rootcause {
    /// The folder
    pub(super) folder: PathBuf,
    /// The component that shows the symptom; else target.json says
    #[arg(long, value_name = "COMPONENT", requires_all = ["metric", "at"])]
    pub(super) symptom: Option<String>,
    /// What is wrong there
    #[arg(long, value_enum, requires = "symptom")]
    pub(super) metric: Option<Metric>,
    /// Since when
    #[arg(long, value_name = "TIME", requires = "symptom")]
    pub(super) at: Option<String>,
    /// At most so many components
    #[arg(long, default_value = "10", value_name = "N")]
    pub(super) limit: usize,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

#[derive(Args)]
pub(super) struct Train {
    /// The series as CSV, `-` for standard input
    pub(super) file: PathBuf,
    /// What to call it
    #[arg(long, value_name = "NAME")]
    pub(super) model: String,
    /// The detector
    #[arg(long, default_value = "auto", value_parser = causal_methods())]
    pub(super) method: String,
    /// The column that holds the values, where it is not `value`
    #[arg(long, value_name = "NAME")]
    pub(super) column: Option<String>,
    /// What the values are, as in a playbook (`milliseconds`, `percent`): they are learnt in its base unit
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    pub(super) unit: Option<f64>,
    #[command(flatten)]
    pub(super) state: State,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

#[derive(Args)]
pub(super) struct Update {
    /// The series as CSV, `-` for standard input
    pub(super) file: PathBuf,
    /// Which one
    #[arg(long, value_name = "NAME")]
    pub(super) model: String,
    /// The column that holds the values, where it is not `value`
    #[arg(long, value_name = "NAME")]
    pub(super) column: Option<String>,
    /// What the values are, as in a playbook (`milliseconds`, `percent`): they are learnt in its base unit
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    pub(super) unit: Option<f64>,
    #[command(flatten)]
    pub(super) state: State,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

#[derive(Args)]
pub(super) struct Models {
    #[command(subcommand)]
    pub(super) command: ModelsCommand,
}

#[derive(Subcommand)]
pub(super) enum ModelsCommand {
    /// The models of a state file and their versions
    #[command(after_help = "Example:\n  healrun signal models list --format json")]
    List(ModelsList),
    /// Take a model back to an earlier version; it becomes the newest one
    #[command(after_help = "Example:\n  healrun signal models rollback checkout-latency\n  \
        healrun signal models rollback checkout-latency --to 3")]
    Rollback(ModelsRollback),
}

#[derive(Args)]
pub(super) struct ModelsList {
    #[command(flatten)]
    pub(super) state: State,
    /// How they are printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

#[derive(Args)]
pub(super) struct ModelsRollback {
    /// Which one
    pub(super) model: String,
    /// The version to go back to; else the one before the newest
    #[arg(long, value_name = "VERSION")]
    pub(super) to: Option<u64>,
    #[command(flatten)]
    pub(super) state: State,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "csv")]
    pub(super) format: Form,
}

/// A time that ends.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3_600.0).contains(&seconds) => Ok(seconds),
        _ => Err("write seconds, 0 to 3600".to_owned()),
    }
}
