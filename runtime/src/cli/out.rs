//! The one door to standard output and standard error.
//!
//! A closed pipe (`| head`) is not an error: what was asked for is still done, and its exit code still given. Any other
//! failure to write (a full disk behind `> report.json`) is said, and no exit code hides it ([`lost`]).

use serde_json::Value;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static LOST: AtomicBool = AtomicBool::new(false);

/// Something that was to be printed could not be.
pub(super) fn lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Text on standard output, as it is.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            LOST.store(true, Ordering::Relaxed);
            note(&format!("error: cannot write to standard output: {}", crate::files::why(&error)));
        }
        _ => {}
    }
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
