//! Texts that are too much, each a clear error and never a crash; on a thread with the stack that tests have.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

use heal_lang::source::FileId;
use heal_lang::syntax::{MAX_BYTES, MAX_DEPTH, MAX_HEIGHT, MAX_HOLES, MAX_LINES, decode, format, parse};

fn codes(text: &str) -> Vec<&'static str> {
    parse(FileId(0), text).diagnostics.iter().map(|d| d.code).collect()
}

fn value(expr: &str) -> String {
    format!("playbook p {{\n  let a = {expr}\n}}\n")
}

#[test]
fn ten_thousand_brackets() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{ k: ", "}"), ("f(", ")"), ("\"${", "}\"")] {
        let text = value(&format!("{}x{}", open.repeat(10_000), close.repeat(10_000)));
        let expected = if open == "\"${" { "H0005" } else { "H0004" };
        assert_eq!(codes(&text)[..], [expected], "{open}");
        assert!(format(&text).is_err());
        assert_eq!(codes(&value(&open.repeat(10_000)))[..], [expected], "{open} without {close}");
    }
    assert!(codes(&value(&")".repeat(10_000))).contains(&"H0103"));
}

#[test]
fn as_deep_as_it_may_be() {
    let depth = MAX_DEPTH - 1; // the playbook's own brace is one
    for (open, close) in [("(", ")"), ("[", "]"), ("{ k: ", "}"), ("f(", ")"), ("f(p => ", ")")] {
        let text = value(&format!("{}x{}", open.repeat(depth), close.repeat(depth)));
        assert_eq!(codes(&text), [""; 0], "{open}");
        assert_eq!(format(&format(&text).unwrap()), format(&text), "{open}");
    }
    let holes = format!("{}x{}", "\"${".repeat(MAX_HOLES), "}\"".repeat(MAX_HOLES));
    assert_eq!(codes(&value(&holes)), [""; 0]);
}

#[test]
fn chains_are_bounded_as_trees_are() {
    for link in [" + a", " and a", ".a", "[1]", " ?? a", "(1)", " exists"] {
        assert_eq!(codes(&value(&format!("a{}", link.repeat(MAX_HEIGHT)))), ["H0007"], "{link}");
        let most = if link.starts_with(' ') && !link.contains("exists") { MAX_HEIGHT / 2 - 2 } else { MAX_HEIGHT - 4 };
        let text = value(&format!("a{}", link.repeat(most)));
        assert_eq!(codes(&text), [""; 0], "{link}");
        assert!(format(&text).is_ok(), "{link}");
    }
    for prefix in ["not ", "- ", "p => ", "if a then b else "] {
        assert_eq!(codes(&value(&format!("{}a", prefix.repeat(20_000)))).len(), 1, "{prefix}");
        assert_eq!(codes(&value(&format!("{}a", prefix.repeat(MAX_HEIGHT + 1)))), ["H0007"], "{prefix}");
        assert_eq!(codes(&value(&format!("{}a", prefix.repeat(MAX_HEIGHT / 2)))), [""; 0], "{prefix}");
    }
    let types = |n: usize| format!("fn f(a: {}t{}) = a", "t<".repeat(n), ">".repeat(n));
    assert_eq!(codes(&types(MAX_HEIGHT / 2)), [""; 0]);
    assert_eq!(codes(&types(MAX_HEIGHT + 1)), ["H0007"]);
    assert_eq!(codes(&types(100_000)).len(), 1);
}

#[test]
fn more_than_a_mebibyte() {
    let text = "// a line\n".repeat(MAX_BYTES / 10 + 10_000);
    assert_eq!(codes(&text), ["H0001"]);
    assert_eq!(decode(FileId(0), text.as_bytes()).unwrap_err().code, "H0001");
    let long_line = format!("let a = {}", "x".repeat(MAX_BYTES));
    assert_eq!(codes(&long_line), ["H0001"]);
}

#[test]
fn more_than_twenty_thousand_lines() {
    assert_eq!(codes(&"\n".repeat(MAX_LINES + 1)), ["H0002"]);
    assert_eq!(codes(&"\n".repeat(MAX_LINES)), [""; 0]);
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(decode(FileId(0), b"\xEF\xBB\xBFheal 1").unwrap(), "heal 1");
    let found = decode(FileId(0), b"heal 1\nab\xFFcd").unwrap_err();
    assert_eq!(found.code, "H0003");
    assert_eq!(found.labels[0].text, "byte 0xFF, byte 3 of line 2");
    assert_eq!(found.labels[0].span.start, 9);
}

#[test]
fn a_thousand_wrong_items_are_a_thousand_findings_and_one_screen() {
    let text = format!("playbook p {{\n{}}}\n", "  let a =\n".repeat(1_000));
    let mut sources = heal_lang::source::Sources::default();
    let id = sources.add("many.heal", text.as_str());
    let found = parse(id, &text).diagnostics;
    assert_eq!(found.len(), 1_000);
    let shown = heal_lang::diagnostic::render(&found, &sources, false);
    assert!(shown.ends_with("… and 980 findings more\n"), "{}", &shown[shown.len() - 200..]);
}

/// Wrong texts of the largest size, each in time linear in it: none may take seconds.
#[test]
fn large_wrong_texts_take_no_longer_than_right_ones() {
    for piece in [")", "}", "a;", "a = ;", "\"", "a b ", "{}", "() ", "x\n", "${", "\"${x", "#", "'", "/* ", "é", "} {"]
    {
        for (before, after) in [("", ""), ("playbook p { a = ", "}"), ("playbook p {\n", "\n}")] {
            let count = 60_000.min(if piece.contains('\n') { MAX_LINES - 5 } else { usize::MAX }) / piece.len();
            let text = format!("{before}{}{after}", piece.repeat(count));
            let begun = std::time::Instant::now();
            let found = parse(FileId(0), &text).diagnostics;
            assert!(!found.is_empty() && found.len() <= 1_100, "{piece}: {}", found.len());
            // Sixty kilobytes take some 10 ms; a quadratic reader would need minutes.
            assert!(begun.elapsed().as_secs() < 60, "{piece}: {:?}", begun.elapsed());
        }
    }
}
