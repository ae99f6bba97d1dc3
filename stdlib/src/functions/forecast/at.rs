//! `forecast.at`: what a series is expected to be, with an interval.
//!
//! Fewer than four samples are no data.

use super::{horizon, interval, prepare, season};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::forecast::auto;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "A weighted combination of autoregressions on seasonal lags and simple forms; the interval comes from the errors \
              that it made before. Numbers are in the base unit of the series."
            .to_owned(),
        ..function(
            "forecast.at",
            "forecasts a series",
            vec![subject("series", Type::Series(Dim::Number), "The series, of any unit."), horizon(), season(), interval()],
            result_record("forecast.Ahead"),
            vec![example("Will the load be high in six hours", "forecast.at(queue, horizon: 6h).upper > 80")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let prepared = match prepare(args) {
        Ok(prepared) => prepared,
        Err(unknown) => return unknown,
    };
    let ahead = match auto::forecast(&prepared.plain.value, &prepared.params) {
        Ok(ahead) => ahead,
        Err(reason) => return prepared.refused(&reason),
    };
    let last = ahead.value.len() - 1;
    let newest = prepared.plain.at.last().copied().unwrap_or(0);
    let steps = i64::try_from(last + 1).unwrap_or(i64::MAX);
    let number = |v: f64| Value::Quantity(Dim::Number, v);
    let models: Vec<String> = ahead.models.iter().map(|(name, w)| format!("{name} {:.0} %", 100.0 * w)).collect();
    Value::record([
        ("at", Value::Time(newest.saturating_add(prepared.step_ms.saturating_mul(steps)))),
        ("value", number(ahead.value[last])),
        ("lower", number(ahead.lower[last])),
        ("upper", number(ahead.upper[last])),
        ("highest", number(ahead.value.iter().copied().fold(f64::NEG_INFINITY, f64::max))),
        ("lowest", number(ahead.value.iter().copied().fold(f64::INFINITY, f64::min))),
        ("models", Value::text(&models.join(", "))),
    ])
}
