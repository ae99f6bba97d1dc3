//! Annotations of GitHub Actions: workflow commands on standard output.

use super::json::{ends, word};
use super::order::{count, ordered};
use super::{Diagnostic, Severity};
use crate::source::Sources;

/// GitHub shows ten annotations of a kind per step and drops the others without a word.
const MAX_OF_A_KIND: usize = 10;

/// One line per finding, each ending in a line end; ten of a severity at most, the tenth then counts the rest.
///
/// Whatever a playbook holds, a finding is exactly one command and sets nothing: line ends, `%` and the separators
/// of a command are escaped, characters that cannot be seen are written out (R69).
#[must_use]
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let sorted = ordered(diagnostics);
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning] {
        let of_kind: Vec<_> = sorted.iter().filter(|d| d.severity == severity).collect();
        let shown = if of_kind.len() > MAX_OF_A_KIND { MAX_OF_A_KIND - 1 } else { of_kind.len() };
        for diagnostic in of_kind.iter().take(shown) {
            out.push_str(&one(diagnostic, sources));
            out.push('\n');
        }
        if shown < of_kind.len() {
            let rest = count(of_kind.len() - shown);
            out.push_str(&format!("::{} title=healrun::and {rest} more, see the log\n", word(severity)));
        }
    }
    out
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut place = String::new();
    if let Some(label) = diagnostic.labels.first()
        && let Some(file) = sources.get(label.span.file)
    {
        let ((line, column), (end_line, end_column)) = ends(label.span, sources);
        place = format!("file={},line={line},endLine={end_line}", property(&file.name));
        // Columns of a place over several lines are not shown, and refused by some runners.
        if line == end_line {
            place.push_str(&format!(",col={column},endColumn={}", end_column.max(column)));
        }
        place.push(',');
    }
    let mut text = diagnostic.message.clone();
    if let Some(label) = diagnostic.labels.first().filter(|l| !l.text.is_empty()) {
        text.push_str(": ");
        text.push_str(&label.text);
    }
    for note in &diagnostic.notes {
        text.push('\n');
        text.push_str(note);
    }
    if let Some(help) = &diagnostic.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    format!("::{} {place}title={}::{}", word(diagnostic.severity), property(diagnostic.code), data(&text))
}

fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Where a runner that splits the text into lines again would look for a command.
    let mut line_begins = true;
    for c in text.chars() {
        match c {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            ':' if line_begins => out.push_str("\\u{3A}"),
            c if unseen(c) => out.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
            c => out.push(c),
        }
        line_begins = c == '\n' || line_begins && c.is_whitespace();
    }
    // Older agents also read `##[command]` wherever it stands in a line.
    out.replace("##[", "#\\u{23}[")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

// Controls (ANSI begins with one) and what turns or hides the direction of text.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
