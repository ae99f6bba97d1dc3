//! Logs as data: masking what varies, mining templates, blaming the lines of a failing run.
//!
//! Lines come in as text; nothing is read from files. Uses nothing else of the crate.

pub mod blame;
pub mod mask;
pub mod template;
