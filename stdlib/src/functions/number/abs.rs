//! `abs(x)`: the magnitude of a number.

use crate::declare::{example, function, result, subject};
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "abs",
        "the magnitude of a number",
        vec![subject("value", Type::NUMBER, "The number.")],
        result(Type::NUMBER),
        vec![example("For instance", "abs(-3)")],
    )
}
