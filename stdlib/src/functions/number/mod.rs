//! Numbers without a unit. There is no `%` operator (L10).

pub(crate) mod abs;
pub(crate) mod ceil;
pub(crate) mod floor;
pub(crate) mod modulo;
pub(crate) mod round;

use crate::action::Args;
use crate::evaluate::number;
use crate::value::Value;

/// The number of that name.
fn given(args: &Args, name: &str) -> Result<f64, Value> {
    match args.get(name) {
        Some(unknown @ Value::NoData(_)) => Err(unknown.clone()),
        Some(value) => number(value).map(|n| n.1).ok_or_else(|| Value::no_data("a number is needed")),
        None => Err(Value::no_data("a number is needed")),
    }
}

/// A number made whole.
#[allow(clippy::cast_possible_truncation, reason = "bounded right before")]
fn whole(args: &Args, how: fn(f64) -> f64) -> Value {
    match given(args, "value").map(how) {
        Ok(v) if v.abs() < 9e15 => Value::Int(v as i64),
        Ok(_) => Value::no_data("the number is too large"),
        Err(unknown) => unknown,
    }
}
