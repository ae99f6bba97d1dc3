//! `group("sre")`: the people of a group of `healrun.yaml`, for `approval { from = … }`.
//!
//! The checker reads it; it has no value of its own.

use crate::action::Args;
use crate::declare::{example, function, result, subject};
use crate::value::Value;
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "group",
        "names a group of people",
        vec![subject("name", Type::String, "A key of `groups:` in `healrun.yaml`.")],
        result(Type::Approvers),
        vec![example("Whoever is on call", r#"group("sre")"#)],
    )
}

/// The checker reads the call; it has no value of its own.
pub(crate) fn call(_: &Args, _: i64) -> Value {
    Value::no_data("stands only in a setting")
}
