//! `changepoint.recent`: how probable it is that the level changed within the last samples, by looking back only.
//!
//! Fewer than ten samples are no data.

use crate::action::Args;
use crate::declare::{example, function, int, result_record, subject};
use crate::functions::anomaly::{at_least_one, named};
use crate::functions::series::given;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::changepoint::online::{Online, OnlineParams};

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Bayesian online detection (Adams and MacKay): unlike `changepoint.last` its answer about a sample never rests \
              on later ones."
            .to_owned(),
        ..function(
            "changepoint.recent",
            "says whether the level of a series has just changed",
            vec![
                subject("series", Type::Series(Dim::Number), "The series, of any unit."),
                int("every", 250, "Samples that are usual between two changes."),
            ],
            result_record("changepoint.Recent"),
            vec![example("Has it just changed", "changepoint.recent(errors).probability > 90%")],
        )
    }
}

#[allow(clippy::cast_precision_loss, reason = "a count of samples")]
pub(crate) fn call(args: &Args, _: i64) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let every = at_least_one(args, "every").max(2) as f64;
    let mut online = match Online::new(OnlineParams { every, ..OnlineParams::default() }) {
        Ok(online) => online,
        Err(reason) => return Value::no_data(reason.to_string()),
    };
    match series.value.iter().filter_map(|&v| online.push(v)).last() {
        Some(held) => Value::record([
            ("probability", Value::Quantity(Dim::Ratio, held.recent)),
            ("samples", Value::Int(i64::try_from(held.run).unwrap_or(i64::MAX))),
            ("level", Value::Quantity(Dim::Number, held.level)),
        ]),
        None => Value::no_data(format!("{} has too few samples", named(&series))),
    }
}
