//! Every playbook that we ship checks with the real catalogue, and stands as `fmt` writes it.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use std::path::{Path, PathBuf};

fn shipped() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "heal") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for folder in ["examples", "playbooks"] {
        walk(&support::root().join(folder), &mut found);
    }
    found.sort();
    assert!(found.len() >= 4, "the walk found {found:?}");
    found
}

#[test]
fn every_shipped_playbook_checks_without_a_finding() {
    let mut findings = String::new();
    for path in shipped() {
        let checked = support::check_file(&path);
        findings += &checked.rendered;
    }
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn every_shipped_playbook_stands_as_fmt_writes_it() {
    for path in shipped() {
        let text = std::fs::read_to_string(&path).expect("a playbook of the repository");
        let written = heal_lang::syntax::format(&text).expect("a shipped playbook has no syntax error");
        assert_eq!(written, text, "{}", path.display());
    }
}
