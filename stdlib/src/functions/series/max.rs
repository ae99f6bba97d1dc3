//! `series.max`: the largest sample.
//!
//! A series without samples has no data.

use super::over;
use crate::action::Args;
use crate::declare::{example, function, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, ResultDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.max",
        "the largest sample",
        vec![subject("series", Type::Series(Dim::Number), "The series, of any unit.")],
        ResultDecl::QuantityOfSubject,
        vec![example("Of an error ratio", "series.max(errors)")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    over(args, |samples| samples.iter().copied().reduce(f64::max))
}
