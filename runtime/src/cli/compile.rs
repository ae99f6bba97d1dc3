//! From a path to a checked plan, with everything said about it.

use super::out;
use crate::config::Config;
use crate::failure::{Failure, exit};
use crate::files::{self, Files};
use heal_lang::check::{Checked, Defaults, Environment, Options};
use heal_lang::diagnostic::{self, Diagnostic, Severity};
use heal_lang::plan::Plan;
use heal_lang::source::{FileId, Sources};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is known of one file.
pub(super) struct Compiled {
    pub(super) sources: Sources,
    pub(super) checked: Checked,
    /// The file itself could not be read as text.
    pub(super) unreadable: bool,
}

impl Compiled {
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.checked.diagnostics.iter().filter(|d| d.severity == severity).count()
    }
}

/// Compiles one file.
pub(super) fn compile(path: &Path, playbook: Option<&str>, config: &Config) -> Result<Compiled, Failure> {
    let bytes = files::read(path).map_err(|e| {
        let failure = Failure::invalid(format!("cannot read `{}`: {}", path.display(), files::why(&e)));
        match e.kind() {
            std::io::ErrorKind::NotFound => failure.help("name a `.heal` file, or a folder that holds some"),
            _ => failure,
        }
    })?;
    let mut sources = Sources::default();
    let name = files::shown(path);
    let text = match heal_lang::syntax::decode(FileId(0), &bytes) {
        Ok(text) => text,
        Err(diagnostic) => {
            sources.add(name, "");
            return Ok(Compiled { sources, checked: refused(*diagnostic), unreadable: true });
        }
    };
    let root = sources.add(name, text);
    let options = Options {
        playbook: playbook.map(str::to_owned),
        defaults: Defaults {
            escalate: config.defaults.escalate.clone(),
            retry: config.defaults.retry.clone(),
            timeout_ms: config.defaults.timeout_ms,
        },
        environments: config
            .environments
            .iter()
            .map(|(name, e)| Environment { name: name.clone(), risk_floor: e.risk_floor })
            .collect(),
        configured: BTreeMap::from([("services".to_owned(), config.services.keys().cloned().collect())]),
        queries: Some(&heal_stdlib::promql::Queries),
    };
    let catalogue = heal_stdlib::catalogue::catalogue();
    let loader = Files::around(path);
    let checked =
        heal_lang::check::compile(&mut sources, root, &loader, &catalogue, &heal_stdlib::script::Scripts, &options);
    Ok(Compiled { sources, checked, unreadable: false })
}

fn refused(diagnostic: Diagnostic) -> Checked {
    Checked { diagnostics: vec![diagnostic], ..Checked::default() }
}

/// The plan of the one playbook that is meant, or exit 2 with all findings shown on standard error.
pub(super) fn plan(path: &Path, playbook: Option<&str>, config: &Config) -> Result<(Plan, Sources), Failure> {
    let compiled = compile(path, playbook, config)?;
    if !compiled.checked.diagnostics.is_empty() {
        out::note(diagnostic::render(&compiled.checked.diagnostics, &compiled.sources, out::colour()).trim_end());
    }
    if compiled.checked.has_errors() {
        let shown = format!("`{}` does not check", path.display());
        let errors: Vec<_> =
            compiled.checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
        let findings = match diagnostic::json(&errors, &compiled.sources) {
            serde_json::Value::Array(findings) => findings,
            other => vec![other],
        };
        return Err(Failure::already_shown(exit::INVALID, shown, findings));
    }
    let mut plans = compiled.checked.plans;
    let names: Vec<String> = plans.iter().map(|p| format!("`{}`", p.playbook)).collect();
    match (plans.pop(), plans.is_empty()) {
        (Some(plan), true) => Ok((plan, compiled.sources)),
        (None, _) => Err(match playbook {
            Some(name) => Failure::invalid(format!("`{}` has no playbook `{name}`", path.display())),
            None => Failure::invalid(format!("`{}` holds no playbook", path.display())),
        }),
        (Some(_), false) => {
            Err(Failure::invalid(format!("`{}` holds several playbooks: {}", path.display(), names.join(", ")))
                .help("say which with `--name`"))
        }
    }
}

/// The `.heal` files that the arguments mean; folders are searched, hidden ones and `target` are not.
pub(super) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            search(path, &mut found, 0)
                .map_err(|e| Failure::invalid(format!("cannot read `{}`: {}", path.display(), files::why(&e))))?;
            if found.len() == before {
                return Err(Failure::invalid(format!("`{}` holds no `.heal` file", path.display())));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>, depth: u32) -> std::io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type()?;
        let skipped = name.to_string_lossy().starts_with('.') || name == "target" || name == "node_modules";
        if kind.is_dir() && !skipped && depth < 16 {
            search(&path, found, depth + 1)?;
        } else if kind.is_file() && path.extension().is_some_and(|e| e == "heal") {
            found.push(path);
        }
    }
    Ok(())
}
