//! `anomaly.ewma`: judges the end of a series by its distance from a weighted mean.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "ewma";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "The mean weighs newer values more. Blind to seasons. Takes a series of any unit.".to_owned(),
        ..function(
            "anomaly.ewma",
            "judges the end of a series by its distance from a weighted mean",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Is the end far out", "anomaly.ewma(latency).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
