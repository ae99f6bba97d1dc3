//! The `.heal` language: text to a checked [`plan::Plan`].
//!
//! The way through: [`syntax`] (text to a spanned tree, and back: the formatter) → [`check`] (names, types, units,
//! effects, silence, bounds) → [`plan`] (a typed DAG with a stable hash). [`catalogue`] is the vocabulary in which
//! actions and functions are declared; the checker is handed one. [`diagnostic`] is what every phase reports in.
//!
//! Architecture invariant: no input and output, no clock, no async, and no concrete action. Files come through
//! [`source::Loader`], actions through [`catalogue::Catalogue`], script syntax through [`check::ScriptChecker`].

pub mod catalogue;
pub mod check;
pub mod diagnostic;
pub mod plan;
pub mod source;
pub mod syntax;
