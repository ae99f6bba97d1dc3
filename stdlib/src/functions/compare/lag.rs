//! `compare.lag`: which of two series leads the other, and how closely they go together.
//!
//! Fewer than eight shared samples, or a series that never changes, are no data.

use crate::action::Args;
use crate::declare::{duration, example, function, required, result_record, subject};
use crate::evaluate::{millis, number};
use crate::functions::anomaly::named;
use crate::functions::series::given;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::compare::lag;

pub(crate) fn decl() -> FunctionDecl {
    function(
        "compare.lag",
        "finds how two series go together, and which leads",
        vec![
            subject("series", Type::Series(Dim::Number), "One, of any unit."),
            required("with", Type::Series(Dim::Number), "The other, of any unit."),
            duration("most", 3_600.0, "The longest lead that is looked at, either way."),
        ],
        result_record("compare.Lag"),
        vec![example("Does the queue lead the latency", "compare.lag(queue, with: latency).lead > 0s")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let (first, second) = match (given(args, "series"), given(args, "with")) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(unknown), _) | (_, Err(unknown)) => return unknown,
    };
    let most = millis(args.get("most").and_then(number).map_or(3_600.0, |n| n.1));
    let found = heal_signal::Series::new(&first.at, &first.value).and_then(|a| {
        let b = heal_signal::Series::new(&second.at, &second.value)?;
        lag::find(&a, &b, most)
    });
    match found {
        Ok(l) => Value::record([
            ("lead", Value::duration_ms(l.lead_ms)),
            ("correlation", Value::Quantity(Dim::Number, l.correlation)),
            ("confidence", Value::Quantity(Dim::Ratio, l.confidence)),
        ]),
        Err(reason) => Value::no_data(format!("{} and {} can't be compared: {reason}", named(&first), named(&second))),
    }
}
