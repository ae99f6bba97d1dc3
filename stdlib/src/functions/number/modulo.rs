//! `mod(a, by: b)`: what is left of a division, never negative.
//!
//! By 0 is no data.

use super::given;
use crate::action::Args;
use crate::declare::{example, function, required, result, subject};
use crate::evaluate::quantity;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "mod",
        "what is left of a division",
        vec![subject("value", Type::NUMBER, "What is divided."), required("by", Type::NUMBER, "By what.")],
        result(Type::NUMBER),
        vec![example("Every third", "mod(7, by: 3) == 1")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    match (given(args, "value"), given(args, "by")) {
        (Ok(_), Ok(0.0)) => Value::no_data("a division by 0 leaves nothing"),
        (Ok(value), Ok(by)) => quantity(Dim::Number, value.rem_euclid(by)),
        (Err(unknown), _) | (_, Err(unknown)) => unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_never_negative() {
        let go = |a: i64, b: i64| {
            let args = Args::from([("value".to_owned(), Value::Int(a)), ("by".to_owned(), Value::Int(b))]);
            call(&args, 0)
        };
        assert_eq!(go(7, 3), Value::Quantity(Dim::Number, 1.0));
        assert_eq!(go(-7, 3), Value::Quantity(Dim::Number, 2.0));
        assert!(matches!(go(7, 0), Value::NoData(_)));
    }
}
