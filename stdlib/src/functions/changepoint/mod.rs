//! When the level of a series changed.

pub(crate) mod last;

use crate::declare::record;
use heal_lang::catalogue::{RecordDecl, Type};

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![record(
        "changepoint.Change",
        "A change of level.",
        &[
            ("at", Type::Time, "The first sample of the new level."),
            ("before", Type::NUMBER, "The mean before, in base units."),
            ("after", Type::NUMBER, "The mean after, in base units."),
            ("size", Type::NUMBER, "`after` less `before`."),
            ("confidence", Type::RATIO, "How surely the two levels differ."),
        ],
    )]
}
