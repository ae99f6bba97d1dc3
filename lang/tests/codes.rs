//! The registry of codes against itself and against the sources.

#![allow(clippy::unwrap_used, reason = "a test states what it expects by panicking")]

use heal_lang::diagnostic::codes;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// `"H0123"` in the sources that report, and where first.
fn used() -> BTreeMap<String, PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let pattern = regex::Regex::new(r#""(H\d{4})""#).unwrap();
    let mut used = BTreeMap::new();
    for file in files.into_iter().filter(|f| !f.starts_with(src.join("diagnostic"))) {
        let text = std::fs::read_to_string(&file).unwrap();
        for found in pattern.captures_iter(&text) {
            used.entry(found[1].to_owned()).or_insert_with(|| file.clone());
        }
    }
    used
}

#[test]
fn codes_are_in_order_and_never_twice() {
    let all: Vec<&str> = codes::all().map(|e| e.code).collect();
    assert!(all.is_sorted_by(|a, b| a < b), "out of order or twice: {all:?}");
    let retired: BTreeSet<_> = codes::RETIRED.iter().collect();
    assert!(all.iter().all(|c| !retired.contains(c)), "a retired code is in use again");
}

#[test]
fn every_code_that_is_used_is_explained() {
    let missing: Vec<String> = used()
        .into_iter()
        .filter(|(code, _)| codes::find(code).is_none())
        .map(|(code, file)| format!("{code} in {}", file.display()))
        .collect();
    assert!(missing.is_empty(), "add these to lang/src/diagnostic/codes/: {missing:#?}");
}

#[test]
fn every_code_that_is_explained_is_used() {
    let used = used();
    let idle: Vec<&str> = codes::all().map(|e| e.code).filter(|c| !used.contains_key(*c)).collect();
    assert!(idle.is_empty(), "nothing reports these: retire them: {idle:?}");
}

#[test]
fn titles_are_short_and_explanations_are_not_empty() {
    for entry in codes::all() {
        assert!(entry.title.len() <= 60 && !entry.title.ends_with('.'), "{}: {}", entry.code, entry.title);
        assert!(!entry.explanation.trim().is_empty(), "{}", entry.code);
        assert!(entry.explanation.lines().all(|l| l.chars().count() <= 120), "{}: a line is too long", entry.code);
    }
}

/// The `heal` blocks of an explanation.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("```heal\n") {
        let (block, tail) = after.split_once("```").unwrap();
        blocks.push(block.to_owned());
        rest = tail;
    }
    blocks
}

#[test]
fn the_parsers_examples_are_wrong_and_right_as_they_say() {
    for entry in codes::all().filter(|e| e.code < "H0200") {
        let blocks = blocks(entry.explanation);
        if let [wrong, right] = blocks.as_slice() {
            let found = |text: &str| heal_lang::syntax::parse(heal_lang::source::FileId(0), text).diagnostics;
            let codes: Vec<&str> = found(wrong).iter().map(|d| d.code).collect();
            assert_eq!(codes, [entry.code], "{wrong}");
            assert_eq!(found(right), vec![], "{}: {right}", entry.code);
        } else {
            assert!(blocks.is_empty(), "{}: one wrong example, one right", entry.code);
        }
    }
}
