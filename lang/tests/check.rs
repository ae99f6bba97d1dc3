//! Every code of the checker has a playbook that is wrong in that way; see `check/README.md`.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its cases has failed")]

mod support;

use heal_lang::catalogue::Language;
use heal_lang::check::{Options, QueryChecker, QueryError, QueryFacts, ScriptChecker, compile};
use heal_lang::diagnostic::codes;
use heal_lang::source::Sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A stand-in for a query language: brackets must match.
struct Brackets;

impl QueryChecker for Brackets {
    fn check(&self, _: Language, text: &str) -> Result<QueryFacts, QueryError> {
        if text.matches('(').count() == text.matches(')').count() {
            Ok(QueryFacts::default())
        } else {
            Err(QueryError { message: "a bracket is never closed".to_owned() })
        }
    }
}

/// A stand-in for a script language: it has no word `error`.
struct NoErrors;

impl ScriptChecker for NoErrors {
    fn check(&self, _: &str, _: &[String], code: &str) -> Result<(), (Option<usize>, String)> {
        match code.lines().position(|l| l.contains("error")) {
            Some(line) => Err((Some(line + 1), "`error` is no word".to_owned())),
            None => Ok(()),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/cases")
}

fn cases() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "heal"))
        .map(|p| (p.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&p).unwrap()))
        .collect();
    all.sort();
    all
}

fn files() -> support::Files {
    let mut files = support::Files::default();
    for name in ["a.heal", "b.heal", "world.yaml"] {
        let text = std::fs::read_to_string(folder().join("files").join(name)).unwrap();
        files.0.insert(format!("files/{name}"), text);
    }
    files
}

/// The first line of a case, as options.
fn options(text: &str) -> Options<'static> {
    let first = text.lines().next().unwrap_or("");
    let mut options = support::with_escalate();
    if let Some(escalate) = first.strip_prefix("// escalate: ") {
        options.defaults.escalate = (escalate != "none").then(|| escalate.to_owned());
    }
    if first == "// environments" {
        options.environments = support::with_environments().environments;
    }
    if let Some(name) = first.strip_prefix("// playbook: ") {
        options.playbook = Some(name.to_owned());
    }
    if let Some(names) = first.strip_prefix("// services: ") {
        let names = names.split(", ").map(str::to_owned).collect();
        options.configured.insert("services".to_owned(), names);
    }
    if first == "// queries: strict" {
        options.queries = Some(&Brackets);
    }
    options
}

fn check(text: &str) -> (String, Vec<&'static str>) {
    let mut sources = Sources::default();
    let root = sources.add("case.heal", text);
    let scripts: &dyn ScriptChecker =
        if text.starts_with("// scripts: strict") { &NoErrors } else { &heal_lang::check::AnyScript };
    let checked = compile(&mut sources, root, &files(), &support::catalogue(), scripts, &options(text));
    assert!(checked.plans.is_empty() || !checked.has_errors());
    let found = checked.diagnostics.iter().map(|d| d.code).collect();
    (support::rendered(&sources, &checked), found)
}

#[test]
fn every_case_says_what_it_is_about() {
    let mut missed = Vec::new();
    insta::with_settings!({ snapshot_path => "check/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, text) in cases() {
            let (rendered, found) = check(&text);
            let code = &name[..5];
            // A case without findings shows what is allowed beside what is not.
            if !found.is_empty() && !found.contains(&code) {
                missed.push(format!("{name} finds {found:?}"));
            }
            insta::assert_snapshot!(name, format!("{text}\n──\n{rendered}"));
        }
    });
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_file_with_nothing_in_it_is_refused() {
    for text in ["", "heal 1\n", "// to be written\n"] {
        assert_eq!(check(text).1, ["H0010"], "{text:?}");
    }
}

#[test]
fn every_code_of_the_checker_has_a_case() {
    let cases: BTreeSet<String> = cases().into_iter().map(|(n, _)| n[..5].to_owned()).collect();
    let missing: Vec<&str> = codes::all().map(|e| e.code).filter(|c| *c >= "H0200" && !cases.contains(*c)).collect();
    assert!(missing.is_empty(), "write a case for {missing:?}");
}
