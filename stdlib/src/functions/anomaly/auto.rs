//! `anomaly.auto`: judges the end of a series by everything that is usual for it.
//!
//! Fewer than 16 samples (30, where it keeps what it learns), or none that is not missing, are no data.

use super::{judgement, keep};
use crate::action::Args;
use crate::declare::{example, function, result_record, subject};
use crate::functions::series::given;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::detect::auto;

/// The method of heal-signal.
pub(super) const METHOD: &str = "auto";

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "The default. Weighs how rare the level, the step, the short and long means, the volatility and the time of day are. Takes a series of any unit."
            .to_owned(),
        ..function(
            "anomaly.auto",
            "judges the end of a series by everything that is usual for it",
            vec![subject("series", Type::Series(Dim::Number), "The series."), keep()],
            result_record("anomaly.Judgement"),
            vec![example("Is the service unusual now", "anomaly.auto(latency).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    // A window alone is often short: the alarm layer warms up over a part of it.
    match given(args, "series") {
        Ok(series) => judgement(&series, |s| auto::judge(s, &auto::AutoParams::default())),
        Err(unknown) => unknown,
    }
}
