//! The formatter on the good texts: what comes out, and that it is its own fixed point.
//!
//! To renew the snapshots: `INSTA_UPDATE=always cargo test -p heal-lang --test format`.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

use heal_lang::syntax::format;
use std::path::Path;

fn good_texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/good");
    let mut texts: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&p).unwrap()))
        .collect();
    texts.sort();
    texts
}

#[test]
fn every_good_text_has_one_layout() {
    for (name, text) in good_texts() {
        let once = format(&text).unwrap();
        insta::with_settings!({ snapshot_path => "syntax/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("format_{name}"), once);
        });
        assert_eq!(format(&once).unwrap(), once, "{name}: not idempotent");
    }
}

#[test]
fn line_ends_of_windows_become_ours() {
    for (name, text) in good_texts() {
        let windows = text.replace('\n', "\r\n");
        assert_eq!(format(&windows).unwrap(), format(&text).unwrap(), "{name}");
    }
}

#[test]
fn a_text_with_errors_is_refused() {
    let found = format("playbook p {\n  let a =\n}\n").unwrap_err();
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["H0101"]);
}

#[test]
fn an_empty_text_stays_empty() {
    assert_eq!(format("").unwrap(), "");
    assert_eq!(format("\n\n").unwrap(), "");
    assert_eq!(format("// alone").unwrap(), "// alone\n");
}
