//! `compare.before_after`: by how much a series changed at a time, with an interval.
//!
//! Fewer than five samples on either side are no data.

use super::{Halves, halves};
use crate::action::Args;
use crate::declare::{example, function, optional, required, result_record, subject};
use crate::evaluate::number;
use crate::functions::anomaly::named;
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};
use heal_signal::compare::effect;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "The difference of the medians with a block-bootstrap interval: an effect and how sure it is, not a bare \
              p-value. The same samples give the same interval."
            .to_owned(),
        ..function(
            "compare.before_after",
            "measures how a series changed at a time",
            vec![
                subject("series", Type::Series(Dim::Number), "The series, of any unit."),
                required("at", Type::Time, "The first moment of the second window."),
                optional("interval", Type::RATIO, DefaultValue::Number(0.95), "How sure the interval is."),
            ],
            result_record("compare.Effect"),
            vec![example("Did it help", "compare.before_after(errors, at: restarted).upper < 0")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let Halves { series, before, after } = match halves(args) {
        Ok(halves) => halves,
        Err(unknown) => return unknown,
    };
    let level = args.get("interval").and_then(number).map_or(0.95, |n| n.1);
    match effect::compare(&before, &after, level) {
        Ok(e) => {
            let number = |v: f64| Value::Quantity(Dim::Number, v);
            Value::record([
                ("before", number(e.before)),
                ("after", number(e.after)),
                ("change", number(e.change)),
                ("lower", number(e.lower)),
                ("upper", number(e.upper)),
                ("delta", number(e.delta)),
                ("clear", Value::Bool(e.clear)),
            ])
        }
        Err(reason) => Value::no_data(format!("{} can't be compared: {reason}", named(&series))),
    }
}
