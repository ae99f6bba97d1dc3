//! `anomaly.rcf`: a Random Cut Forest over the whole series.
//!
//! Too few points, or none that is not missing, are no data.

use super::{at_least_one, float, judgement};
use crate::action::Args;
use crate::declare::{example, function, int, optional, result_record, subject};
use crate::functions::series::given;
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};
use heal_signal::rcf;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Learns what is usual from the earlier part of the series and judges its end. Takes a series of any unit."
            .to_owned(),
        ..function(
            "anomaly.rcf",
            "judges the end of a series by a Random Cut Forest",
            vec![
                subject("series", Type::Series(Dim::Number), "The series."),
                int("shingle", 1, "Consecutive values that make up one point, 1 to 48."),
                optional(
                    "deviations",
                    Type::NUMBER,
                    DefaultValue::Number(4.0),
                    "How far above the usual scores an alarm is.",
                ),
                optional(
                    "least_change",
                    Type::NUMBER,
                    DefaultValue::Number(0.0),
                    "Smaller changes (in base units) raise no alarm.",
                ),
            ],
            result_record("anomaly.Judgement"),
            vec![example("Is the end unusual", "anomaly.rcf(errors).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let params = rcf::RcfParams {
        shingle: at_least_one(args, "shingle"),
        deviations: float(args, "deviations", 4.0),
        least_change: float(args, "least_change", 0.0),
        ..rcf::RcfParams::default()
    };
    judgement(&series, |s| rcf::judge(s, &params))
}
