//! `series.ratio`: one series as a share of another, stamp by stamp.
//!
//! A stamp that only one of them has is a gap, and so is a division by 0: nothing was counted then, so nothing is known.

use crate::declare::{example, function, required, result, subject};
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.ratio",
        "divides one series by another",
        vec![
            subject("part", Type::Series(Dim::Number), "What is counted."),
            required("of", Type::Series(Dim::Number), "Out of what."),
        ],
        result(Type::Series(Dim::Ratio)),
        vec![example("The share of failed orders", "series.ratio(failed, of: all)")],
    )
}
