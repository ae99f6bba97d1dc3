//! Detectors. A raw score is not calibrated: `alarm` comes from the alarm layer behind it (L24).

pub(crate) mod rcf;
pub(crate) mod zscore;

use crate::action::Args;
use crate::declare::record;
use crate::evaluate::number;
use crate::value::{Series, Value};
use heal_lang::catalogue::{Dim, RecordDecl, Type};
use heal_signal::{Judgement, Reason};

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![record(
        "anomaly.Judgement",
        "What a detector says about the end of a series.",
        &[
            ("alarm", Type::Bool, "It is anomalous now: at its newest point, or since an onset that still holds."),
            ("score", Type::RATIO, "How anomalous; not a probability."),
            ("grade", Type::RATIO, "How far beyond the threshold; 0 without an alarm."),
            ("confidence", Type::RATIO, "How far it can be relied on; grows with the points seen before."),
            ("since", Type::Time.optional(), "When the anomaly that holds began."),
            ("threshold", Type::RATIO, "The score from which an alarm is raised."),
            ("basis", Type::String, "What it rests on."),
            ("points", Type::Int, "Points that were not missing."),
        ],
    )]
}

/// A number, or its default.
pub(crate) fn float(args: &Args, name: &str, default: f64) -> f64 {
    args.get(name).and_then(number).map_or(default, |n| n.1)
}

/// A whole number, at least 1.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded right before")]
pub(crate) fn at_least_one(args: &Args, name: &str) -> usize {
    float(args, name, 1.0).clamp(1.0, 100_000.0) as usize
}

/// What a detector says, as a record. A series that it can't judge is no data.
fn judgement(series: &Series, judge: impl FnOnce(&heal_signal::Series) -> Result<Judgement, Reason>) -> Value {
    let judged = heal_signal::Series::new(&series.at, &series.value).and_then(|s| judge(&s));
    match judged {
        Ok(j) => Value::record([
            ("alarm", Value::Bool(j.alarm)),
            ("score", Value::Quantity(Dim::Ratio, j.score)),
            ("grade", Value::Quantity(Dim::Ratio, j.grade)),
            ("confidence", Value::Quantity(Dim::Ratio, j.confidence)),
            ("since", j.since.map_or(Value::None, Value::Time)),
            ("threshold", Value::Quantity(Dim::Ratio, j.threshold)),
            ("basis", Value::text(&j.basis)),
            ("points", Value::Int(i64::try_from(j.points).unwrap_or(i64::MAX))),
        ]),
        Err(reason) => Value::no_data(format!("{} can't be judged: {reason}", named(series))),
    }
}

/// What to call it.
pub(crate) fn named(series: &Series) -> &str {
    if series.name.is_empty() { "the series" } else { &series.name }
}
