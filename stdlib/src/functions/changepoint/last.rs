//! `changepoint.last`: the newest significant change of level.
//!
//! A series without one gives `none`; too few points are no data.

use super::{change, params};
use crate::action::Args;
use crate::declare::{example, function, int, optional, result, subject};
use crate::functions::anomaly::named;
use crate::functions::series::given;
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};
use heal_signal::changepoint;

pub(crate) fn decl() -> FunctionDecl {
    function(
        "changepoint.last",
        "finds when the level of a series changed last",
        vec![
            subject("series", Type::Series(Dim::Number), "The series, of any unit."),
            int("least_points", 3, "Fewest samples between two changes."),
            optional("penalty", Type::NUMBER, DefaultValue::Number(1.0), "More finds fewer changes."),
        ],
        result(Type::record("changepoint.Change").optional()),
        vec![example("Did it change after the release", "changepoint.last(errors)")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let found = heal_signal::Series::new(&series.at, &series.value).and_then(|s| changepoint::last(&s, &params(args)));
    match found {
        Ok(None) => Value::None,
        Ok(Some(c)) => change(&c),
        Err(reason) => Value::no_data(format!("{} can't be searched for changes: {reason}", named(&series))),
    }
}
