//! `series.rate`: how fast a counter grew, per second, over a window that slides along.
//!
//! A value below the one before is a reset: the counter began anew at 0. A stamp whose window is not covered, or holds
//! fewer than two samples, is a gap. `settle` of a verify that reads it: the window + 2 × the step (L48).

use crate::declare::{example, function, required, result, subject};
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.rate",
        "turns a counter into a rate per second",
        vec![
            subject("series", Type::Series(Dim::Number), "A counter."),
            required("window", Type::DURATION, "Over which time."),
        ],
        result(Type::Series(Dim::Rate)),
        vec![example("Orders per second", "series.rate(orders, window: 10s)")],
    )
}
