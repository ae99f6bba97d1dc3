//! Series from files.

pub(crate) mod series;
mod table;

use crate::declare::words;
use heal_lang::catalogue::EnumDecl;

pub(crate) fn enums() -> Vec<EnumDecl> {
    vec![words(
        "data.format",
        &["auto", "csv", "json_lines", "openmetrics"],
        "How a file of samples is written; `auto` goes by its name and its first line.",
    )]
}
