//! `floor(x)`: the next whole number downwards.

use crate::declare::{example, function, result, subject};
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
