//! `anomaly.seasonal`: judges the end of a series by the same time of earlier days.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "seasonal";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Against the median of each five minutes of the day; needs three days before it says anything. Takes a series of any unit."
            .to_owned(),
        ..function(
            "anomaly.seasonal",
            "judges the end of a series by the same time of earlier days",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Is it odd for this time of day", "anomaly.seasonal(orders).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
