//! `series.mean`: the mean of the samples.
//!
//! A series without samples has no data.

use super::over;
use crate::action::Args;
use crate::declare::{example, function, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, ResultDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.mean",
        "the mean of the samples",
        vec![subject("series", Type::Series(Dim::Number), "The series, of any unit.")],
        ResultDecl::QuantityOfSubject,
        vec![example("Of an error ratio", "series.mean(errors)")],
    )
}

#[allow(clippy::cast_precision_loss, reason = "a series holds far fewer than 2^53 samples")]
pub(crate) fn call(args: &Args, _: i64) -> Value {
    over(args, |samples| (!samples.is_empty()).then(|| samples.iter().sum::<f64>() / samples.len() as f64))
}
