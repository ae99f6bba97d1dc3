//! What a text may be before anything looks at its meaning.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Bytes in one file.
pub const MAX_BYTES: usize = 1 << 20;
/// Lines in one file.
pub const MAX_LINES: usize = 20_000;

/// The text of a file's bytes: UTF-8, a byte-order mark skipped.
///
/// # Errors
/// H0001 where there are more than [`MAX_BYTES`], H0003 at the first byte that is not UTF-8.
pub fn decode(file: FileId, bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.len() > MAX_BYTES {
        return Err(Box::new(too_large(file, bytes.len())));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let at = error.valid_up_to();
            let before = &bytes[..at];
            let line = before.iter().filter(|b| **b == b'\n').count() + 1;
            let column = at - before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1) + 1;
            let byte = bytes.get(at).copied().unwrap_or(0);
            let found = Diagnostic::error("H0003", Span::new(file, at, at), "the file is not UTF-8 text")
                .at(format!("byte 0x{byte:02X}, byte {column} of line {line}"))
                .help("save the file as UTF-8");
            Err(Box::new(found))
        }
    }
}

fn too_large(file: FileId, len: usize) -> Diagnostic {
    Diagnostic::error(
        "H0001",
        Span::new(file, 0, 0),
        format!("the file has {len} bytes, more than {MAX_BYTES} are not read"),
    )
    .help("split the playbook with `use`, and keep data out of it")
}

/// Size, lines and characters; the first finding alone, since each makes the rest meaningless.
pub(super) fn check(file: FileId, text: &str) -> Option<Diagnostic> {
    if text.len() > MAX_BYTES {
        return Some(too_large(file, text.len()));
    }
    let mut lines = 1;
    let bytes = text.as_bytes();
    for (at, b) in bytes.iter().enumerate() {
        match b {
            b'\n' => {
                lines += 1;
                if lines > MAX_LINES + 1 {
                    return Some(
                        Diagnostic::error(
                            "H0002",
                            Span::new(file, at, at),
                            format!("the file has more than {MAX_LINES} lines"),
                        )
                        .at("the first line too many begins here")
                        .help("split the playbook with `use`"),
                    );
                }
            }
            b'\t' => {}
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            0..0x20 | 0x7F => return Some(hidden(file, text, at)),
            // U+202A..U+202E and U+2066..U+2069 turn the direction of text, U+2028 and U+2029 end lines in some
            // editors: what a person approves must be what runs.
            0xE2 if matches!(&bytes[at + 1..], [0x80, 0xA8..=0xAE, ..] | [0x81, 0xA6..=0xA9, ..]) => {
                return Some(hidden(file, text, at));
            }
            _ => {}
        }
    }
    None
}

fn hidden(file: FileId, text: &str, at: usize) -> Diagnostic {
    let c = text.get(at..).and_then(|t| t.chars().next()).unwrap_or('\0');
    let code = u32::from(c);
    let span = Span::new(file, at, at + c.len_utf8());
    let found = Diagnostic::error("H0006", span, format!("the character U+{code:04X} cannot be seen"))
        .at("hidden here")
        .note("what a person reads and approves must be what runs");
    match c {
        '\r' => found.help("end lines with a line feed, or with carriage return and line feed"),
        _ => found.help(format!("remove it; inside a string, write `\\u{{{code:X}}}`")),
    }
}
