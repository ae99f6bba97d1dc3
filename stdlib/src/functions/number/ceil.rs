//! `ceil(x)`: the next whole number upwards.

use crate::declare::{example, function, result, subject};
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "ceil",
        "the next whole number upwards",
        vec![subject("value", Type::NUMBER, "The number.")],
        result(Type::Int),
        vec![example("For instance", "ceil(2.1)")],
    )
}
