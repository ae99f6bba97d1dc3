//! `series.mean`: the mean of the samples.
//!
//! A series without samples has no data.

use crate::declare::{example, function, subject};
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
