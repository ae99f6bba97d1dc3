//! `forecast.crossing`: when a series first crosses a limit: when the disk fills, when the budget is gone.
//!
//! Fewer than four samples are no data.

use super::{horizon, prepare, season};
use crate::action::Args;
use crate::declare::{example, flag, function, required, result_record, subject};
use crate::evaluate::number;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::forecast::crossing::{Direction, crossing};

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Follows courses around the forecast that are as wrong as earlier forecasts were, and counts when each crosses. \
              A series that is beyond the limit already crosses at once."
            .to_owned(),
        ..function(
            "forecast.crossing",
            "forecasts when a series first crosses a limit",
            vec![
                subject("series", Type::Series(Dim::Number), "The series, of any unit."),
                required("limit", Type::Var('D'), "The limit, in the unit of the series."),
                horizon(),
                flag("below", "The limit is crossed from above."),
                season(),
            ],
            result_record("forecast.Crossing"),
            vec![example(
                "Does the disk fill within two days",
                "forecast.crossing(used, limit: 95%, horizon: 2d).probability > 50%",
            )],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let prepared = match prepare(args) {
        Ok(prepared) => prepared,
        Err(unknown) => return unknown,
    };
    let Some((_, limit)) = args.get("limit").and_then(number) else { return Value::no_data("a limit is needed") };
    let direction = if args.get("below") == Some(&Value::Bool(true)) { Direction::Below } else { Direction::Above };
    match crossing(&prepared.plain, limit, direction, &prepared.params) {
        Ok(found) => {
            let time = |at: Option<i64>| at.map_or(Value::None, Value::Time);
            Value::record([
                ("p10", time(found.p10)),
                ("p50", time(found.p50)),
                ("p90", time(found.p90)),
                ("probability", Value::Quantity(Dim::Ratio, 1.0 - found.none)),
            ])
        }
        Err(reason) => prepared.refused(&reason),
    }
}
