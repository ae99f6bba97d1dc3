//! The machine forms of findings, with text that would like to be more than text.
//!
//! To renew: `INSTA_UPDATE=always cargo test -p heal-lang --test forms`.

use heal_lang::diagnostic::{Diagnostic, github, json, sarif};
use heal_lang::source::{Sources, Span};

fn hostile() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let id = sources.add("play books/a,b:c%.heal", "let é = 1\nlet b = 2\n");
    let span = |start, end| Span::new(id, start, end);
    let findings = vec![
        Diagnostic::error("H0101", span(16, 17), "second\n::set-output name=x::y % \u{1b}[31m ##[error] \u{202e}")
            .at("a label")
            .note("a note")
            .fix(span(16, 17), "c", "write `c`"),
        Diagnostic::warning("H0117", span(5, 7), "first").label(span(0, 3), "because of this"),
        Diagnostic::error("H0102", span(0, 21), "over two lines"),
    ];
    (sources, findings)
}

#[test]
fn github_annotations() {
    let (sources, findings) = hostile();
    insta::assert_snapshot!(github(&findings, &sources));
}

#[test]
fn json_findings() {
    let (sources, findings) = hostile();
    insta::assert_json_snapshot!(json(&findings, &sources));
}

#[test]
fn sarif_log() {
    let (sources, findings) = hostile();
    let mut log = sarif(&findings, &sources);
    log["runs"][0]["tool"]["driver"]["version"] = "[version]".into();
    insta::assert_json_snapshot!(log);
}

#[test]
fn more_annotations_than_github_shows() {
    let mut sources = Sources::default();
    let id = sources.add("a.heal", "x".repeat(100));
    let findings: Vec<_> =
        (0..25).map(|i| Diagnostic::error("H0101", Span::new(id, i, i + 1), format!("number {i}"))).collect();
    let lines = github(&findings, &sources);
    assert_eq!(lines.lines().count(), 10);
    assert!(lines.ends_with("::error title=healrun::and 16 findings more, see the log\n"), "{lines}");
}
