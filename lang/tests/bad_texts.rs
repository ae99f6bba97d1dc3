//! What wrong texts get: each case is a file in `syntax/bad`, each snapshot holds the input and the output.
//!
//! To renew: `INSTA_UPDATE=always cargo test -p heal-lang --test bad_texts`, then read the difference.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

use heal_lang::diagnostic::{Severity, render};
use heal_lang::source::{FileId, Sources};
use heal_lang::syntax::parse;
use std::path::Path;

#[test]
fn every_bad_text_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/bad");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 20, "the cases are gone");
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let mut sources = Sources::default();
        let id: FileId = sources.add(format!("{name}.heal"), text.as_str());
        let parsed = parse(id, &text);
        assert!(parsed.diagnostics.iter().any(|d| d.severity == Severity::Error), "{name} is not refused");
        let shown = render(&parsed.diagnostics, &sources, false);
        insta::with_settings!({ snapshot_path => "syntax/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, format!("{text}\n{}\n\n{shown}", "-".repeat(80)));
        });
    }
}
