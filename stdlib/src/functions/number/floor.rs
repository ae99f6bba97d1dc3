//! `floor(x)`: the next whole number downwards.

use super::whole;
use crate::action::Args;
use crate::declare::{example, function, result, subject};
use crate::value::Value;
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "floor",
        "the next whole number downwards",
        vec![subject("value", Type::NUMBER, "The number.")],
        result(Type::Int),
        vec![example("For instance", "floor(2.9)")],
    )
}

/// Too large a number is no data.
pub(crate) fn call(args: &Args, _: i64) -> Value {
    whole(args, f64::floor)
}
