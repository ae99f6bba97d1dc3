//! Logs as data: masking what varies, differences of two runs, mining templates, their rates, blaming the lines of a failing
//! run.
//!
//! Lines come in as text; nothing is read from files. Uses `math`, and `detect` for the alarm layer behind the rates.

pub mod blame;
pub mod diff;
pub mod mask;
pub mod rate;
pub mod template;
