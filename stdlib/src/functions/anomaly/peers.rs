//! `anomaly.peers`: which of several like series is the odd one.
//!
//! Fewer than three series, or three shared stamps, are no data.

use crate::action::Args;
use crate::declare::{example, function, optional, result_record, subject};
use crate::evaluate::number;
use crate::value::{Series, Value};
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};
use heal_signal::detect::peers;

/// The distance whose score is 0.5.
const DISTANCE: f64 = 5.0;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc:
            "Compares each series with the median of all at each stamp, in robust standard deviations of the group: a \
              whole group that rises together has no odd one. Takes series of any unit, of the same one."
                .to_owned(),
        ..function(
            "anomaly.peers",
            "finds the odd one among like series",
            vec![
                subject("series", Type::Series(Dim::Number).list(), "At least three, one of each pod, node, shard."),
                optional(
                    "threshold",
                    Type::NUMBER,
                    DefaultValue::Number(DISTANCE),
                    "Robust standard deviations from which one is odd.",
                ),
            ],
            result_record("anomaly.Odd"),
            vec![example("Which pod is slow", "anomaly.peers([orders, failed, all]).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let Some(Value::List(items)) = args.get("series") else { return Value::no_data("a list of series is needed") };
    let mut all: Vec<&Series> = Vec::new();
    for item in items.iter() {
        match item {
            Value::Series(series) => all.push(series),
            unknown @ Value::NoData(_) => return unknown.clone(),
            _ => return Value::no_data("a list of series is needed"),
        }
    }
    let threshold = args.get("threshold").and_then(number).map_or(DISTANCE, |n| n.1);
    if threshold.is_nan() || threshold <= 0.0 {
        return Value::no_data("`threshold` must be above 0");
    }
    let plain: Vec<heal_signal::Series> =
        all.iter().filter_map(|s| heal_signal::Series::new(&s.at, &s.value).ok()).collect();
    match peers::rank(&plain) {
        Ok(ranked) => {
            let Some(odd) = ranked.first() else { return Value::no_data("no series were compared") };
            let far = odd.distance.abs();
            Value::record([
                ("alarm", Value::Bool(far >= threshold)),
                ("index", Value::Int(i64::try_from(odd.index).unwrap_or(i64::MAX))),
                ("name", Value::text(&all[odd.index].name)),
                ("distance", Value::Quantity(Dim::Number, odd.distance)),
                ("score", Value::Quantity(Dim::Ratio, far / (far + threshold))),
            ])
        }
        Err(reason) => Value::no_data(format!("the {} series can't be compared: {reason}", all.len())),
    }
}
