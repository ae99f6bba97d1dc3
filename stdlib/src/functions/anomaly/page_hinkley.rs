//! `anomaly.page_hinkley`: judges the end of a series by small lasting shifts against all of it.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "page-hinkley";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "As `anomaly.cusum`, against the running mean of all values. Takes a series of any unit.".to_owned(),
        ..function(
            "anomaly.page_hinkley",
            "judges the end of a series by small lasting shifts against all of it",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Did the level creep up", "anomaly.page_hinkley(latency).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
