//! `changepoint.last`: the newest significant change of level.
//!
//! A series without one gives `none`; too few points are no data.

use crate::declare::{example, function, int, optional, result, subject};
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};

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
