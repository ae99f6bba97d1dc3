//! The grammar's law that no two alternatives share a recursive prefix, tested from outside (L6): short patterns of
//! words, repeated until an exponential grammar would take years, each within a number of calls that a linear one
//! never needs.
//!
//! pest's call limit belongs to the whole process, so this file has one test and a process of its own.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

use heal_lang::source::FileId;
use heal_lang::syntax::{MAX_DEPTH, parse};
use std::num::NonZeroUsize;

/// Linear parsing of 120 words needs some 10,000 calls; 2^40 is out of reach of any limit.
const CALLS: usize = 200_000;

/// Words that begin, join or end something, each with what closes it.
const WORDS: [(&str, &str); 40] = [
    ("x", ""),
    ("1", ""),
    ("5%", ""),
    ("\"s\"", ""),
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("{ k:", "}"),
    ("f(", ")"),
    ("x.f(p =>", ")"),
    ("\"${", "}\""),
    ("t<", ">"),
    ("if", ""),
    ("then", ""),
    ("else", ""),
    ("if x then", ""),
    ("not", ""),
    ("-", ""),
    ("+", ""),
    ("and", ""),
    ("or", ""),
    ("<", ""),
    ("??", ""),
    ("..", ""),
    ("for", ""),
    ("with", ""),
    ("in", ""),
    ("is", ""),
    ("matches", ""),
    ("p =>", ""),
    (".a", ""),
    ("?.a", ""),
    ("exists", ""),
    ("as t", ""),
    ("k:", ""),
    (",", ""),
    ("per", ""),
    ("when", ""),
    ("=", ""),
    ("on x {", "}"),
];

/// Where the pattern stands.
const PLACES: [(&str, &str); 4] = [
    ("playbook p {\nlet a = ", "\n}"),
    ("playbook p {\n", "\n}"),
    ("playbook p {\ninput a: ", "\n}"),
    ("fn f(a: t) = ", ""),
];

fn text(pattern: &[usize], times: usize, (before, after): (&str, &str)) -> String {
    let opening = pattern.iter().filter(|w| !WORDS[**w].1.is_empty()).count();
    let times = if opening == 0 { times } else { times.min((MAX_DEPTH - 4) / (2 * opening)) };
    let mut text = before.to_owned();
    let mut closing = String::new();
    for _ in 0..times {
        for word in pattern {
            let (open, close) = WORDS[*word];
            text.push_str(open);
            text.push(' ');
            closing.insert_str(0, close);
        }
    }
    text.push('x');
    text.push_str(&closing);
    text.push_str(after);
    text
}

fn check(pattern: &[usize]) {
    for place in PLACES {
        let text = text(pattern, 40, place);
        let found = parse(FileId(0), &text).diagnostics;
        assert!(found.iter().all(|d| d.code != "H0008"), "more than {CALLS} calls for:\n{text}");
    }
}

#[test]
fn no_short_pattern_makes_the_grammar_exponential() {
    // The first parse sets the limit of the process; ours comes after it.
    assert_eq!(parse(FileId(0), "").diagnostics, vec![]);
    pest::set_call_limit(NonZeroUsize::new(CALLS));
    let n = WORDS.len();
    for a in 0..n {
        check(&[a]);
        for b in 0..n {
            check(&[a, b]);
        }
    }
    // Of the triples one in 41; all of them, in some minutes, with `HEAL_PATTERNS=all`.
    let step = if std::env::var("HEAL_PATTERNS").is_ok_and(|v| v == "all") { 1 } else { 41 };
    for triple in (0..n * n * n).step_by(step) {
        check(&[triple / (n * n), triple / n % n, triple % n]);
    }
}
