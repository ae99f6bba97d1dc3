//! Checks files of the repository as `healrun check` would, in process.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of it")]
#![allow(clippy::expect_used, reason = "a part of tests")]

use heal_lang::check::{Checked, Options};
use heal_lang::source::{LoadError, Loader, SourceFile, Sources};
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the crate stands in the workspace")
}

struct Disk {
    folder: PathBuf,
}

impl Loader for Disk {
    fn load(&self, _: &str, path: &str) -> Result<SourceFile, LoadError> {
        let text = std::fs::read_to_string(self.folder.join(path)).map_err(|e| LoadError::Other(e.to_string()))?;
        Ok(SourceFile { name: path.trim_start_matches("./").to_owned(), text })
    }
    fn exists(&self, _: &str, path: &str) -> bool {
        self.folder.join(path).is_file()
    }
}

pub struct CheckedFile {
    pub checked: Checked,
    pub rendered: String,
}

/// Checks a playbook of the repository, with a `defaults.escalate` as its `healrun.yaml` might have.
pub fn check_file(path: &Path) -> CheckedFile {
    let mut sources = Sources::default();
    let text = std::fs::read_to_string(path).expect("a playbook of the repository");
    let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let file = sources.add(name, text);
    let loader = Disk { folder: path.parent().expect("a file has a folder").to_owned() };
    let mut options = Options::default();
    options.defaults.escalate = Some("notify.console(summary: \"${run.outcome}: see ${run.url}\")".to_owned());
    let catalogue = heal_stdlib::catalogue::catalogue();
    let checked =
        heal_lang::check::compile(&mut sources, file, &loader, &catalogue, &heal_lang::check::AnyScript, &options);
    let rendered = if checked.diagnostics.is_empty() {
        String::new()
    } else {
        heal_lang::diagnostic::render(&checked.diagnostics, &sources, false)
    };
    CheckedFile { checked, rendered }
}
