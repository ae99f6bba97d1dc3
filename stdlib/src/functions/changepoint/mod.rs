//! When the level of a series changed.

pub(crate) mod all;
pub(crate) mod last;
pub(crate) mod recent;

use crate::action::Args;
use crate::declare::record;
use crate::functions::anomaly::{at_least_one, float};
use crate::value::Value;
use heal_lang::catalogue::{Dim, RecordDecl, Type};
use heal_signal::changepoint::{Change, Params};

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        recent_record(),
        record(
            "changepoint.Change",
            "A change of level.",
            &[
                ("at", Type::Time, "The first sample of the new level."),
                ("before", Type::NUMBER, "The mean before, in base units."),
                ("after", Type::NUMBER, "The mean after, in base units."),
                ("size", Type::NUMBER, "`after` less `before`."),
                ("confidence", Type::RATIO, "How surely the two levels differ."),
            ],
        ),
    ]
}

fn recent_record() -> RecordDecl {
    record(
        "changepoint.Recent",
        "Whether the level of a series has just changed.",
        &[
            ("probability", Type::RATIO, "That it changed within the last five samples."),
            ("samples", Type::Int, "Since the most probable last change."),
            ("level", Type::NUMBER, "The level since then, in base units."),
        ],
    )
}

/// How changes are searched for.
fn params(args: &Args) -> Params {
    Params {
        least_points: at_least_one(args, "least_points"),
        penalty: float(args, "penalty", 1.0),
        ..Params::default()
    }
}

/// A change as a record.
fn change(c: &Change) -> Value {
    Value::record([
        ("at", Value::Time(c.at)),
        ("before", Value::Quantity(Dim::Number, c.before)),
        ("after", Value::Quantity(Dim::Number, c.after)),
        ("size", Value::Quantity(Dim::Number, c.size)),
        ("confidence", Value::Quantity(Dim::Ratio, c.confidence)),
    ])
}
