//! `anomaly.zscore`: how far the end lies from the median before it, in robust standard deviations.
//!
//! Too few points, or none that is not missing, are no data.

use super::{at_least_one, float, judgement};
use crate::action::Args;
use crate::declare::{example, function, int, optional, result_record, subject};
use crate::functions::series::given;
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};
use heal_signal::zscore;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Simple and explainable; blind to seasons. Takes a series of any unit.".to_owned(),
        ..function(
            "anomaly.zscore",
            "judges the end of a series by a robust z-score",
            vec![
                subject("series", Type::Series(Dim::Number), "The series."),
                optional(
                    "threshold",
                    Type::NUMBER,
                    DefaultValue::Number(5.0),
                    "Robust standard deviations from which a point is anomalous.",
                ),
                int("window", 300, "Earlier points that a point is compared with."),
                optional(
                    "least_change",
                    Type::NUMBER,
                    DefaultValue::Number(0.0),
                    "Smaller changes (in base units) raise no alarm.",
                ),
            ],
            result_record("anomaly.Judgement"),
            vec![example("Is the end far out", "anomaly.zscore(latency, threshold: 6).alarm")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let params = zscore::ZscoreParams {
        threshold: float(args, "threshold", 5.0),
        window: at_least_one(args, "window"),
        least_change: float(args, "least_change", 0.0),
        ..zscore::ZscoreParams::default()
    };
    judgement(&series, |s| zscore::judge(s, &params))
}
