//! `series.max`: the largest sample.
//!
//! A series without samples has no data.

use crate::declare::{example, function, subject};
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
