//! `round(x)`: the nearest whole number, halves away from zero.

use crate::declare::{example, function, result, subject};
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
