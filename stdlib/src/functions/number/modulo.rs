//! `mod(a, by: b)`: what is left of a division, never negative.
//!
//! By 0 is no data.

use crate::declare::{example, function, required, result, subject};
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "mod",
        "what is left of a division",
        vec![subject("value", Type::NUMBER, "What is divided."), required("by", Type::NUMBER, "By what.")],
        result(Type::NUMBER),
        vec![example("Every third", "mod(7, by: 3) == 1")],
    )
}
