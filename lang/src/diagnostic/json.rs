//! For programs: everything a finding holds, places as lines, columns and bytes.

use super::order::ordered;
use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};
use serde_json::{Value, json};

/// A list of findings in order. Lines and columns count from 1, columns in characters; bytes count from 0.
#[must_use]
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    ordered(diagnostics).into_iter().map(|d| one(d, sources)).collect()
}

fn one(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|l| {
            let mut label = place(l.span, sources);
            label["text"] = l.text.as_str().into();
            label
        })
        .collect();
    let fix = diagnostic.fix.as_ref().map(|fix| {
        let mut value = place(fix.span, sources);
        value["text"] = fix.text.as_str().into();
        value
    });
    json!({
        "severity": word(diagnostic.severity),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "labels": labels,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "fix": fix,
    })
}

pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Line and column of both ends.
pub(super) fn ends(span: Span, sources: &Sources) -> ((usize, usize), (usize, usize)) {
    let end = Span { start: span.end.max(span.start), ..span };
    (sources.line_column(span), sources.line_column(end))
}

fn place(span: Span, sources: &Sources) -> Value {
    let ((line, column), (end_line, end_column)) = ends(span, sources);
    json!({
        "file": sources.get(span.file).map(|f| f.name.as_str()),
        "start": { "line": line, "column": column, "byte": span.start },
        "end": { "line": end_line, "column": end_column, "byte": span.end },
    })
}
