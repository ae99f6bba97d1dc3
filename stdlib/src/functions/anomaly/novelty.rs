//! `anomaly.novelty`: judges the end of a series by its distance outside all that was seen before.
//!
//! Fewer than 30 samples, or none that is not missing, are no data.

use super::{by_method, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};

/// The method of heal-signal.
pub(super) const METHOD: &str = "novelty";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "The simplest detector that helps. Blind inside the range. Takes a series of any unit.".to_owned(),
        ..function(
            "anomaly.novelty",
            "judges the end of a series by its distance outside all that was seen before",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Is it higher than ever", "anomaly.novelty(latency).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    by_method(args, METHOD)
}
