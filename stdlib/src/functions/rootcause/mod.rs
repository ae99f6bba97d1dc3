//! Which component made a symptom.

pub(crate) mod component;
pub(crate) mod rank;

use crate::declare::record;
use heal_lang::catalogue::{Dim, RecordDecl, Type};

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        record(
            "rootcause.Component",
            "A component of a system, for `rootcause.rank`.",
            &[
                ("name", Type::String, "Its name."),
                ("latency", Type::Series(Dim::Duration).optional(), "How long it takes to answer."),
                ("availability", Type::Series(Dim::Ratio).optional(), "The share of its calls that succeed."),
                ("requests", Type::Series(Dim::Number).optional(), "How often it is called."),
                ("calls", Type::String.list(), "Names of the components that it calls."),
            ],
        ),
        record(
            "rootcause.Cause",
            "A component that may have caused a symptom.",
            &[
                ("name", Type::String, "Its name."),
                ("score", Type::RATIO, "Its share of the suspicion."),
                ("change", Type::NUMBER, "How much worse it became: seconds, or percent of its calls."),
                ("basis", Type::String, "What it rests on."),
            ],
        ),
    ]
}
