//! SARIF 2.1.0, as code hosts read it.

use super::json::{ends, word};
use super::order::ordered;
use super::{Diagnostic, codes};
use crate::source::{Sources, Span};
use serde_json::{Value, json};

/// One run of one tool; the rules are those that were broken.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
    let sorted = ordered(diagnostics);
    let mut used: Vec<&str> = sorted.iter().map(|d| d.code).collect();
    used.sort_unstable();
    used.dedup();
    let rules: Vec<Value> = used.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = sorted.into_iter().map(|d| result(d, &used, sources)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "healrun", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    match codes::find(code) {
        Some(entry) => json!({
            "id": code,
            "shortDescription": { "text": entry.title },
            "help": { "text": entry.explanation, "markdown": entry.explanation },
        }),
        None => json!({ "id": code }),
    }
}

fn result(diagnostic: &Diagnostic, rules: &[&str], sources: &Sources) -> Value {
    let mut text = diagnostic.message.clone();
    for more in diagnostic.notes.iter().chain(&diagnostic.help) {
        text.push_str("\n\n");
        text.push_str(more);
    }
    let mut labels = diagnostic.labels.iter();
    let locations: Vec<Value> = labels.next().map(|l| location(l.span, &l.text, sources)).into_iter().collect();
    let related: Vec<Value> = labels.map(|l| location(l.span, &l.text, sources)).collect();
    let mut value = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": rules.binary_search(&diagnostic.code).unwrap_or(0),
        "level": word(diagnostic.severity),
        "message": { "text": text },
        "locations": locations,
    });
    if !related.is_empty() {
        value["relatedLocations"] = related.into();
    }
    if let Some(fix) = &diagnostic.fix {
        value["fixes"] = json!([{
            "description": { "text": diagnostic.help },
            "artifactChanges": [{
                "artifactLocation": artifact(fix.span, sources),
                "replacements": [{
                    "deletedRegion": region(fix.span, sources),
                    "insertedContent": { "text": fix.text },
                }],
            }],
        }]);
    }
    value
}

fn location(span: Span, text: &str, sources: &Sources) -> Value {
    let mut value = json!({
        "physicalLocation": { "artifactLocation": artifact(span, sources), "region": region(span, sources) },
    });
    if !text.is_empty() {
        value["message"] = json!({ "text": text });
    }
    value
}

fn region(span: Span, sources: &Sources) -> Value {
    let ((line, column), (end_line, end_column)) = ends(span, sources);
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

fn artifact(span: Span, sources: &Sources) -> Value {
    json!({ "uri": uri(sources.get(span.file).map_or("", |f| f.name.as_str())) })
}

fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for b in path.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(b)),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
