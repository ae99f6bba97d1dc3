//! The one door to standard output and standard error.
//!
//! A closed pipe (`| head`) is not an error: what was asked for is still done, and its exit code still given.

use serde_json::Value;
use std::io::{IsTerminal, Write};

/// Text on standard output, as it is.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A JSON document on standard output.
pub(super) fn json(value: &Value) {
    print(&format!("{value:#}\n"));
}

/// A line on standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Standard error is a terminal that shows colours.
pub(super) fn colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}
