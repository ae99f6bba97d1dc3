//! What strings mean: escapes, holes, and the margin of blocks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test states what it expects by panicking")]

use heal_lang::source::FileId;
use heal_lang::syntax::tree::{ExprKind, Item, TextPart, Top};
use heal_lang::syntax::{format, parse};

/// The pieces of the string that `let a = …` holds; holes as `${}`.
fn meaning(string: &str) -> String {
    let text = format!("playbook p {{\n  let a = {string}\n}}\n");
    let parsed = parse(FileId(0), &text);
    assert_eq!(parsed.diagnostics, vec![], "{text}");
    let Top::Playbook(playbook) = &parsed.file.unwrap().items[0] else { panic!("no playbook") };
    let Item::Let(item) = &playbook.body.items[0] else { panic!("no let") };
    let ExprKind::Text(string) = &item.value.kind else { panic!("no text") };
    let parts = string.parts.iter().map(|p| match p {
        TextPart::Text { text, .. } => text.as_str(),
        TextPart::Hole(_) => "${}",
    });
    let meaning: String = parts.collect();
    assert!(format(&text).is_ok());
    meaning
}

#[test]
fn escapes() {
    assert_eq!(meaning(r#""a\n\t\r\"\\\$\u{41}\u{1F600}é""#), "a\n\t\r\"\\$A😀é");
    assert_eq!(meaning(r#""""#), "");
}

#[test]
fn holes() {
    assert_eq!(meaning(r#""a ${b} c${d.e("f ${g}")}""#), "a ${} c${}");
    assert_eq!(meaning(r#""$${x} \${x} $x {x}""#), "${x} ${x} $x {x}");
}

#[test]
fn a_block_has_no_margin_and_no_last_line_end() {
    assert_eq!(meaning("\"\"\"\n    one\n      two\n    \"\"\""), "one\n  two");
    assert_eq!(meaning("\"\"\"\n    one\n  \"\"\""), "  one");
    assert_eq!(meaning("\"\"\"\n  one\n    \"\"\""), "one");
    assert_eq!(meaning("\"\"\"\n    one\n\n  \n    two\n    \"\"\""), "one\n\n\ntwo");
    assert_eq!(meaning("\"\"\"\n\t one\n\t  two\n\t \"\"\""), "one\n two");
    assert_eq!(meaning("\"\"\"\n  \"\"\""), "");
    assert_eq!(meaning("\"\"\"\n\n\n  \"\"\""), "\n");
}

#[test]
fn windows_line_ends_in_a_block_are_line_feeds() {
    assert_eq!(meaning("\"\"\"\r\n    one\r\n    two\r\n    \"\"\""), "one\ntwo");
}

#[test]
fn holes_in_a_block_keep_the_text_around_them() {
    assert_eq!(meaning("\"\"\"\n    ${a}\n      b ${c}\n    d ${e} f\n    \"\"\""), "${}\n  b ${}\nd ${} f");
    assert_eq!(meaning("\"\"\"\n    a ${\n  b\n} c\n    \"\"\""), "a ${} c");
    assert_eq!(meaning("\"\"\"\n    \\d \"q\" $${x} {y}\n    \"\"\""), "\\d \"q\" ${x} {y}");
}
