//! `time.parse`: a point in time from text.
//!
//! Text that is none gives `none`.

use crate::action::Args;
use crate::declare::{example, function, result, subject};
use crate::value::Value;
use heal_lang::catalogue::{FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "time.parse",
        "reads a time, as RFC 3339 or as seconds since 1970",
        vec![subject("text", Type::String, "The text.")],
        result(Type::Time.optional()),
        vec![example("How long ago", r#"time.parse("2026-01-02T03:04:05Z")"#)],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    match args.get("text") {
        Some(Value::Text(t) | Value::Untrusted(t)) => crate::moment::parse(t).map_or(Value::None, Value::Time),
        _ => Value::no_data("a text is needed"),
    }
}
