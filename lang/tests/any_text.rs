//! Random texts: bytes, words of the language, and good texts with some damage.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

#[path = "support/promises.rs"]
mod promises;

use promises::keeps_its_promises;
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/good");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|p| std::fs::read_to_string(p).unwrap()).collect()
});

/// Pieces of the language, torn where it hurts.
const PIECES: [&str; 90] = [
    "playbook p {",
    "detect d {",
    "remediate r when c {",
    "diagnose g {",
    "verify v after r {",
    "rank {",
    "ladder l {",
    "escalate {",
    "limits {",
    "retry {",
    "undo {",
    "on healed {",
    "scenario \"s\" for p {",
    "policy q {",
    "fn f(a: int) = ",
    "script s(a: int) -> int = \"\"\"",
    "heal 1",
    "use \"./x\" as x",
    "let a = ",
    "input i: int",
    "secret s from env(\"S\")",
    "target t = ",
    "fire when ",
    "clear when ",
    "until ",
    " holds 3m",
    " within 5m",
    "guard ",
    "on alert(\"A\")",
    "for x in xs at_most 5 {",
    "a = ",
    "f(x)",
    "a.b(c, d: 1)",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "{ k: 1 }",
    "\"",
    "\"\"\"",
    "\"\"\"\n",
    "${",
    "$${",
    "${{",
    "re\"",
    "\\",
    "\\d",
    "\n",
    "\r\n",
    "\n\n",
    ";",
    ",",
    ":",
    "=",
    "==",
    "=>",
    "<",
    "..",
    "??",
    "?.",
    ".",
    "-",
    "+",
    "*",
    "/",
    "//",
    "/// d",
    "//! f",
    "#",
    "and",
    "or",
    "not",
    "is",
    "in",
    "for",
    "with",
    "if a then b else c",
    "p => p",
    "x",
    "1",
    "5%",
    "1h30m",
    "none",
    "true",
    "as int",
    "exists",
    "3 per 1h",
    "é🙂",
];

fn damaged() -> impl Strategy<Value = String> {
    let damage = prop_oneof![
        (any::<prop::sample::Index>(), 1..40_usize).prop_map(|(at, len)| (at, len, String::new())),
        (any::<prop::sample::Index>(), Just(0_usize), prop::sample::select(&PIECES[..]))
            .prop_map(|(at, len, piece)| (at, len, format!(" {piece} "))),
        (any::<prop::sample::Index>(), 0..3_usize, any::<char>()).prop_map(|(at, len, c)| (at, len, c.to_string())),
    ];
    (any::<prop::sample::Index>(), prop::collection::vec(damage, 0..4)).prop_map(|(which, damages)| {
        let mut text: Vec<char> = GOOD[which.index(GOOD.len())].chars().collect();
        for (at, len, with) in damages {
            if text.is_empty() {
                break;
            }
            let at = at.index(text.len());
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        text.into_iter().collect()
    })
}

/// A good text in which blanks and line ends stand elsewhere and comments have been strewn: most are still good, and
/// the formatter has to place the comments.
fn strewn() -> impl Strategy<Value = String> {
    let notes = prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize), 0..6);
    (any::<prop::sample::Index>(), notes).prop_map(|(which, notes)| {
        let mut lines: Vec<String> = GOOD[which.index(GOOD.len())].lines().map(str::to_owned).collect();
        for (index, (at, kind)) in notes.into_iter().enumerate() {
            let at = at.index(lines.len());
            match kind {
                0 => lines[at].push_str(&format!(" // note {index}")),
                1 => lines.insert(at, format!("   // own {index}")),
                2 => lines.insert(at, String::new()),
                _ => {
                    // After a bracket or a comma a line may end.
                    if let Some(cut) = lines[at].rfind(['(', ',', '[', '{']) {
                        let tail = lines[at].split_off(cut + 1);
                        lines[at].push_str(&format!(" // cut {index}"));
                        lines.insert(at + 1, tail);
                    }
                }
            }
        }
        lines.join("\n")
    })
}

proptest! {
    // `PROPTEST_CASES=100000 cargo test --release` looks further.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases / 2,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        keeps_its_promises(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_words(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)) {
        keeps_its_promises(&pieces.join(" "));
    }

    #[test]
    fn good_texts_with_damage(text in damaged()) {
        keeps_its_promises(&text);
    }

    #[test]
    fn good_texts_with_comments_everywhere(text in strewn()) {
        keeps_its_promises(&text);
    }
}

#[test]
fn every_beginning_of_a_good_text() {
    for text in GOOD.iter() {
        for (at, _) in text.char_indices().step_by(61) {
            keeps_its_promises(&text[..at]);
        }
    }
}
