//! What a series will do. All of them forecast by the default forecaster of heal-signal at the series' own step.

pub(crate) mod at;
pub(crate) mod crossing;
pub(crate) mod units;

use crate::action::Args;
use crate::declare::{maybe, optional, record, required};
use crate::evaluate::number;
use crate::functions::anomaly::named;
use crate::functions::series::given;
use crate::value::{Series, Value};
use heal_lang::catalogue::{DefaultValue, ParamDecl, RecordDecl, Type};
use heal_signal::forecast::Params;
use std::sync::Arc;

/// Most steps ahead.
const MOST: f64 = 10_000.0;

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        record(
            "forecast.Ahead",
            "What a series is expected to be at some time ahead, in its base unit.",
            &[
                ("at", Type::Time, "When."),
                ("value", Type::NUMBER, "The expected value."),
                ("lower", Type::NUMBER, "The lower end of the interval."),
                ("upper", Type::NUMBER, "The upper end of the interval."),
                ("highest", Type::NUMBER, "The highest expected value until then."),
                ("lowest", Type::NUMBER, "The lowest expected value until then."),
                ("models", Type::String, "Which models took part, and how much."),
            ],
        ),
        record(
            "forecast.Crossing",
            "When a series first crosses a limit.",
            &[
                ("p10", Type::Time.optional(), "Before then in one case of ten; absent: later than the horizon."),
                ("p50", Type::Time.optional(), "Before then in half of the cases."),
                ("p90", Type::Time.optional(), "Before then in nine cases of ten."),
                ("probability", Type::RATIO, "Of crossing within the horizon."),
            ],
        ),
    ]
}

/// How far ahead.
fn horizon() -> ParamDecl {
    required("horizon", Type::DURATION, "How far ahead; at most 10000 steps of the series.")
}

/// Known season.
fn season() -> ParamDecl {
    maybe("season", Type::DURATION, "A known season, `1d`; otherwise it is looked for.")
}

/// The interval.
fn interval() -> ParamDecl {
    optional("interval", Type::RATIO, DefaultValue::Number(0.95), "Share of the values that should lie within it.")
}

/// A series on its own regular step, ready to be forecast.
struct Prepared {
    series: Arc<Series>,
    plain: heal_signal::Series,
    params: Params,
    step_ms: i64,
}

/// What the arguments ask for; the value to give back where they can't be.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
fn prepare(args: &Args) -> Result<Prepared, Value> {
    let series = given(args, "series")?;
    let whole = heal_signal::Series::new(&series.at, &series.value)
        .map_err(|r| Value::no_data(format!("{} can't be forecast: {r}", named(&series))))?;
    let step_ms = i64::try_from(series.step_ms).ok().filter(|s| *s > 0).or_else(|| whole.step_ms()).unwrap_or(1_000);
    let steps = |name: &str| {
        let seconds = args.get(name).and_then(number).map(|n| n.1)?;
        Some((seconds * 1_000.0 / step_ms as f64).round())
    };
    let horizon = steps("horizon").unwrap_or(0.0);
    if !(1.0..=MOST).contains(&horizon) {
        let step = step_ms as f64 / 1_000.0;
        return Err(Value::no_data(format!("`horizon` must be 1 to 10000 steps of {step} s, it is {horizon}")));
    }
    let seasons = match steps("season") {
        Some(season) if season >= 2.0 => vec![season as usize],
        Some(_) => return Err(Value::no_data("`season` must be at least two steps of the series")),
        None => Vec::new(),
    };
    let level = args.get("interval").and_then(number).map_or(0.95, |n| n.1);
    let params = Params { horizon: horizon as usize, seasons, level, ..Params::default() };
    Ok(Prepared { plain: regular(&whole, step_ms), series, params, step_ms })
}

/// A sample a step: gaps become missing samples, so that seasons keep their place.
fn regular(series: &heal_signal::Series, step_ms: i64) -> heal_signal::Series {
    let mut out = heal_signal::Series::default();
    for (&at, &value) in series.at.iter().zip(&series.value) {
        while let Some(&last) = out.at.last()
            && at.saturating_sub(last) > step_ms + step_ms / 2
            && out.len() < 2 * series.len() + 10_000
        {
            out.at.push(last + step_ms);
            out.value.push(f64::NAN);
        }
        out.at.push(at);
        out.value.push(value);
    }
    out
}

impl Prepared {
    fn refused(&self, reason: &heal_signal::Reason) -> Value {
        Value::no_data(format!("{} can't be forecast: {reason}", named(&self.series)))
    }
}
