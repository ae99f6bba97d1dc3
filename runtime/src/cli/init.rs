//! `healrun init`: a first playbook and its healrun.yaml, which check.

use super::args::{Format, Init};
use super::{SCHEMA, out};
use crate::config;
use crate::failure::Failure;
use serde_json::json;
use std::io::Write;
use std::path::Path;

pub(super) const PLAYBOOK: &str = include_str!("init/restart_api.heal");
pub(super) const CONFIG: &str = include_str!("init/healrun.yaml");

pub(super) fn init(args: &Init) -> Result<u8, Failure> {
    let fail = |path: &Path, e: std::io::Error| {
        let failure = Failure::invalid(format!("cannot write `{}`: {e}", path.display()));
        match e.kind() {
            std::io::ErrorKind::AlreadyExists => failure.help("nothing is overwritten; name another folder"),
            _ => failure,
        }
    };
    let files = [(args.folder.join(config::FILE), CONFIG), (args.folder.join("restart_api.heal"), PLAYBOOK)];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(fail(path, std::io::ErrorKind::AlreadyExists.into()));
    }
    std::fs::create_dir_all(&args.folder).map_err(|e| fail(&args.folder, e))?;
    for (path, text) in &files {
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|e| fail(path, e))?;
    }
    let written: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    match args.format {
        Format::Json => out::json(&json!({ "schema": SCHEMA, "written": written })),
        Format::Text => {
            for name in &written {
                out::print(&format!("wrote {name}\n"));
            }
            out::print(&format!("next: healrun check {}\n", args.folder.display()));
        }
    }
    Ok(0)
}
