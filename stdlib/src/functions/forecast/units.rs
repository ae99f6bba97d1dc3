//! `forecast.units`: how many replicas, nodes, shards the coming load needs.
//!
//! Fewer than four samples are no data.

use super::{horizon, prepare, season};
use crate::action::Args;
use crate::declare::{example, function, optional, required, result, subject};
use crate::evaluate::number;
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};
use heal_signal::forecast::crossing::units;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "The highest value over the horizon, at the given quantile of its possible courses, over what one unit carries, \
              rounded up; at least 1."
            .to_owned(),
        ..function(
            "forecast.units",
            "forecasts how many units a load needs",
            vec![
                subject("series", Type::Series(Dim::Number), "The load, of any unit."),
                required("each", Type::Var('D'), "What one unit carries, in the unit of the series."),
                horizon(),
                optional("quantile", Type::RATIO, DefaultValue::Number(0.95), "95%: enough in 95 of 100 cases."),
                season(),
            ],
            result(Type::Int),
            vec![example("Replicas for the next hour", "forecast.units(load, each: 120/s, horizon: 1h)")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let prepared = match prepare(args) {
        Ok(prepared) => prepared,
        Err(unknown) => return unknown,
    };
    let Some((_, each)) = args.get("each").and_then(number) else { return Value::no_data("`each` is needed") };
    let quantile = args.get("quantile").and_then(number).map_or(0.95, |n| n.1);
    match units(&prepared.plain, each, quantile, &prepared.params) {
        Ok(n) => Value::Int(i64::try_from(n).unwrap_or(i64::MAX)),
        Err(reason) => prepared.refused(&reason),
    }
}
