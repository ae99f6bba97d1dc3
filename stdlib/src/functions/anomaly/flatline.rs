//! `anomaly.flatline`: judges whether a series repeats one value or went silent.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "flatline";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "A sensor that is stuck, a source that stopped. A series that never changed has no flat line: being constant is its nature."
            .to_owned(),
        ..function(
            "anomaly.flatline",
            "judges whether a series repeats one value or went silent",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Is the sensor stuck", "anomaly.flatline(orders).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
