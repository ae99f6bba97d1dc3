//! `compare.drift`: how the distribution of a series changed at a time.
//!
//! Fewer than five samples on either side are no data.

use super::{Halves, halves};
use crate::action::Args;
use crate::declare::{example, function, required, result_record, subject};
use crate::functions::anomaly::named;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::compare::drift;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Sees what a mean does not: a spread that widens, a second mode. Order within a window does not matter."
            .to_owned(),
        ..function(
            "compare.drift",
            "measures how the distribution of a series changed at a time",
            vec![
                subject("series", Type::Series(Dim::Number), "The series, of any unit."),
                required("at", Type::Time, "The first moment of the second window."),
            ],
            result_record("compare.Drift"),
            vec![example("Did the latencies shift", "compare.drift(latency, at: restarted).psi > 0.25")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let Halves { series, before, after } = match halves(args) {
        Ok(halves) => halves,
        Err(unknown) => return unknown,
    };
    match drift::between(&before, &after) {
        Ok(d) => Value::record([
            ("ks", Value::Quantity(Dim::Ratio, d.ks)),
            ("chance", Value::Quantity(Dim::Ratio, d.ks_probability)),
            ("psi", Value::Quantity(Dim::Number, d.psi)),
            ("distance", Value::Quantity(Dim::Number, d.wasserstein)),
        ]),
        Err(reason) => Value::no_data(format!("{} can't be compared: {reason}", named(&series))),
    }
}
