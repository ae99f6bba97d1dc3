//! `anomaly.holt`: judges the end of a series by its distance from a level and a trend.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "holt";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "For series that rise or fall steadily. Blind to seasons. Takes a series of any unit.".to_owned(),
        ..function(
            "anomaly.holt",
            "judges the end of a series by its distance from a level and a trend",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Does the queue leave its trend", "anomaly.holt(queue).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
