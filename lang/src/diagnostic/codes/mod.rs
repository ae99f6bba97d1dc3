//! Every code with its title and the long form that `healrun explain H0123` prints.
//!
//! One file per family. Numbers are explicit and never reused: a code that is gone leaves its line in [`RETIRED`].
//! The first `heal` block of an explanation is wrong in just this way, the second is its cure; for the families of
//! this crate's parser both are tested.

mod bounds;
mod config;
mod effects;
mod flow;
mod names;
mod reading;
mod syntax;
mod types;

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `H0123`
    pub code: &'static str,
    /// A few words, as a heading.
    pub title: &'static str,
    /// Why it is refused and what to do, in Markdown, usually with a wrong and a right example.
    pub explanation: &'static str,
}

/// Codes that were in use once.
pub const RETIRED: &[&str] = &[];

const FAMILIES: [&[Entry]; 8] = [
    reading::ENTRIES,
    syntax::ENTRIES,
    names::ENTRIES,
    types::ENTRIES,
    effects::ENTRIES,
    flow::ENTRIES,
    bounds::ENTRIES,
    config::ENTRIES,
];

/// All codes, family by family.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.into_iter().flatten()
}

/// The entry of a code, in any case: `h0123` finds `H0123`.
#[must_use]
pub fn find(code: &str) -> Option<&'static Entry> {
    all().find(|e| e.code.eq_ignore_ascii_case(code.trim()))
}

/// The long form of a code.
#[must_use]
pub fn explain(code: &str) -> Option<String> {
    find(code).map(|e| format!("{}: {}\n\n{}\n", e.code, e.title, e.explanation.trim()))
}
