//! `abs(x)`: the magnitude of a number.

use super::given;
use crate::action::Args;
use crate::declare::{example, function, result, subject};
use crate::evaluate::quantity;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "abs",
        "the magnitude of a number",
        vec![subject("value", Type::NUMBER, "The number.")],
        result(Type::NUMBER),
        vec![example("For instance", "abs(-3)")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    given(args, "value").map_or_else(|unknown| unknown, |v| quantity(Dim::Number, v.abs()))
}
