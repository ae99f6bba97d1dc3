//! `constant(5s)`: the same wait before every attempt.

use crate::action::Args;
use crate::declare::{example, function, result, subject};
use crate::value::Value;
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "constant",
        "waits the same time before every attempt",
        vec![subject("wait", Type::DURATION, "The wait.")],
        result(Type::Backoff),
        vec![example("Five seconds", "constant(5s)")],
    )
}

/// The checker reads the call; it has no value of its own.
pub(crate) fn call(_: &Args, _: i64) -> Value {
    Value::no_data("stands only in a setting")
}
