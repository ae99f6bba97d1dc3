//! `round(x)`: the nearest whole number, halves away from zero.

use super::whole;
use crate::action::Args;
use crate::declare::{example, function, result, subject};
use crate::value::Value;
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "round",
        "the nearest whole number, halves away from zero",
        vec![subject("value", Type::NUMBER, "The number.")],
        result(Type::Int),
        vec![example("For instance", "round(2.5)")],
    )
}

/// Too large a number is no data.
pub(crate) fn call(args: &Args, _: i64) -> Value {
    whole(args, f64::round)
}
