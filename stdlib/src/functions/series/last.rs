//! `series.last`: the newest sample that is not missing.
//!
//! A series without samples has no data.

use crate::declare::{example, function, subject};
use heal_lang::catalogue::{Dim, FunctionDecl, ResultDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.last",
        "the newest sample that is not missing",
        vec![subject("series", Type::Series(Dim::Number), "The series, of any unit.")],
        ResultDecl::QuantityOfSubject,
        vec![example("Of an error ratio", "series.last(errors)")],
    )
}
