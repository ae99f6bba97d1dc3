//! `constant(5s)`: the same wait before every attempt.

use crate::declare::{example, function, result, subject};
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
