//! `anomaly.cusum`: judges the end of a series by small lasting shifts against its beginning.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "cusum";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Sums what exceeds half a standard deviation of the first 30 values. Takes a series of any unit."
            .to_owned(),
        ..function(
            "anomaly.cusum",
            "judges the end of a series by small lasting shifts against its beginning",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Did the level creep up", "anomaly.cusum(latency).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
