//! Texts that must be read without a finding.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

use heal_lang::source::FileId;
use heal_lang::syntax::parse;
use std::path::Path;

#[test]
fn every_good_text_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/good");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse(FileId(0), &text);
        assert_eq!(parsed.diagnostics, vec![], "{}", path.display());
        assert!(parsed.file.is_some());
        seen += 1;
    }
    assert!(seen > 2, "the texts are gone");
}
