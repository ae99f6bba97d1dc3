//! `healrun check`.

use super::args::{Check, CheckFormat, Deny};
use super::{SCHEMA, compile, out};
use crate::config::Config;
use crate::failure::{Failure, exit};
use heal_lang::diagnostic::{self, Severity};
use serde_json::{Value, json};

pub(super) fn check(args: &Check) -> Result<u8, Failure> {
    let (mut errors, mut warnings, mut unreadable) = (0, 0, false);
    let mut files: Vec<Value> = Vec::new();
    let paths = compile::expand(&args.paths)?;
    for path in &paths {
        let config = Config::find(path)?;
        let compiled = compile::compile(path, None, &config)?;
        let (found, sources) = (&compiled.checked.diagnostics, &compiled.sources);
        errors += compiled.count(Severity::Error);
        warnings += compiled.count(Severity::Warning);
        unreadable |= compiled.unreadable;
        match args.format {
            CheckFormat::Text if found.is_empty() => {}
            CheckFormat::Text => out::print(&diagnostic::render(found, sources, out::colour())),
            CheckFormat::Github => out::print(&diagnostic::github(found, sources)),
            CheckFormat::Sarif => files.push(diagnostic::sarif(found, sources)),
            CheckFormat::Json => files.push(json!({
                "file": crate::files::shown(path),
                "diagnostics": diagnostic::json(found, sources),
                "playbooks": compiled.checked.plans.iter().map(|p| json!({
                    "name": p.playbook,
                    "plan_hash": p.hash,
                    "bounds": p.bounds,
                    "permissions": p.permissions,
                    "assertions": p.assertions.iter().map(|(text, _)| text).collect::<Vec<_>>(),
                })).collect::<Vec<_>>(),
            })),
        }
    }
    match args.format {
        CheckFormat::Json => out::json(&json!({
            "schema": SCHEMA, "errors": errors, "warnings": warnings, "files": files,
        })),
        CheckFormat::Sarif => out::json(&merged(files)),
        CheckFormat::Github => {}
        CheckFormat::Text => out::note(&words(paths.len(), errors, warnings)),
    }
    Ok(match (errors, warnings) {
        _ if unreadable => exit::INVALID,
        (0, 0) => 0,
        (0, _) if args.deny != Some(Deny::Warnings) => 0,
        _ => exit::FINDINGS,
    })
}

fn words(files: usize, errors: usize, warnings: usize) -> String {
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let files = count(files, "file");
    match (errors, warnings) {
        (0, 0) => format!("{files} checked, nothing found"),
        _ => format!("{files} checked: {}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

/// One log of several: their runs, one after the other.
fn merged(logs: Vec<Value>) -> Value {
    let mut logs = logs.into_iter();
    let mut first = logs.next().unwrap_or_else(|| diagnostic::sarif(&[], &heal_lang::source::Sources::default()));
    for log in logs {
        if let (Some(runs), Some(more)) = (first["runs"].as_array_mut(), log["runs"].as_array()) {
            runs.extend(more.iter().cloned());
        }
    }
    first
}
