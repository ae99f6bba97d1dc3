//! `exponential(5s, factor: 2, max: 1m)`: waits that grow.

use crate::action::Args;
use crate::declare::{duration, example, function, optional, result, subject};
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "exponential",
        "waits longer before every further attempt",
        vec![
            subject("first", Type::DURATION, "Before the second attempt."),
            optional(
                "factor",
                Type::NUMBER,
                DefaultValue::Number(2.0),
                "Each wait is so many times the one before; at least 1.",
            ),
            duration("max", 60.0, "No wait is longer."),
        ],
        result(Type::Backoff),
        vec![example("5s, 10s, 20s, 40s, 1m", "exponential(5s, factor: 2, max: 1m)")],
    )
}

/// The checker reads the call; it has no value of its own.
pub(crate) fn call(_: &Args, _: i64) -> Value {
    Value::no_data("stands only in a setting")
}
