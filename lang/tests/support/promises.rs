// What holds for any text whatever: shared by the property tests and the fuzz target.

use heal_lang::diagnostic::{Severity, github, json, render, sarif};
use heal_lang::source::Sources;
use heal_lang::syntax::{format, parse};

/// Parses, renders in every form, and formats; panics where a promise is broken.
#[allow(unreachable_pub, reason = "a module of several test programs")]
pub fn keeps_its_promises(text: &str) {
    let mut sources = Sources::default();
    let id = sources.add("any.heal", text);
    let parsed = parse(id, text);
    for diagnostic in &parsed.diagnostics {
        assert!(!diagnostic.labels.is_empty(), "a finding without a place: {diagnostic:?}");
        for label in &diagnostic.labels {
            let range = label.span.range();
            assert!(range.start <= range.end && range.end <= text.len(), "outside of the text: {diagnostic:?}");
            assert!(text.get(range).is_some(), "inside of a character: {diagnostic:?}");
        }
        let said = [&diagnostic.message].into_iter().chain(&diagnostic.notes).chain(&diagnostic.help);
        for sentence in said {
            assert!(!sentence.contains("Rule::") && !sentence.contains('\n'), "not for people: {sentence}");
        }
    }
    assert!(!parsed.diagnostics.iter().any(|d| matches!(d.code, "H0199" | "H0008")), "{:?}", parsed.diagnostics);
    let shown = render(&parsed.diagnostics, &sources, false);
    assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
    let lines = github(&parsed.diagnostics, &sources);
    assert!(lines.lines().all(|l| l.starts_with("::error ") || l.starts_with("::warning ")), "{lines}");
    assert!(json(&parsed.diagnostics, &sources).is_array());
    assert!(sarif(&parsed.diagnostics, &sources).is_object());
    let wrong = parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
    match format(text) {
        Err(found) => {
            assert!(wrong, "a good text is not formatted: {found:?}\n{text}");
            assert!(found.iter().all(|d| d.code != "H0198"), "{found:?}\n{text}");
        }
        Ok(once) => {
            assert!(!wrong, "a wrong text is formatted:\n{text}");
            assert_eq!(format(&once).as_ref(), Ok(&once), "not idempotent:\n{text}");
            let again = parse(id, &once);
            assert_eq!(again.diagnostics.len(), parsed.diagnostics.len());
            let items = |p: &heal_lang::syntax::Parsed| p.file.as_ref().map(|f| f.items.clone());
            assert_eq!(items(&again), items(&parsed), "another meaning:\n{text}");
        }
    }
}
