//! `healrun init`: a first playbook and its healrun.yaml, which check.

use super::args::{Format, Init};
use super::{SCHEMA, out};
use crate::config;
use crate::failure::Failure;
use crate::files;
use serde_json::json;

pub(super) const PLAYBOOK: &str = include_str!("init/restart_api.heal");
pub(super) const CONFIG: &str = include_str!("init/healrun.yaml");

pub(super) fn init(args: &Init) -> Result<u8, Failure> {
    let wanted = [(args.folder.join(config::FILE), CONFIG), (args.folder.join("restart_api.heal"), PLAYBOOK)];
    let there: Vec<String> = wanted
        .iter()
        .filter(|(path, _)| path.symlink_metadata().is_ok())
        .map(|(p, _)| p.display().to_string())
        .collect();
    if !there.is_empty() {
        let folder = args.folder.display();
        let verb = if there.len() == 1 { "is" } else { "are" };
        return Err(Failure::invalid(format!("{} {verb} there already: nothing was written", there.join(" and ")))
            .help(format!("`healrun check {folder}` checks what is there; name another folder for a new start")));
    }
    std::fs::create_dir_all(&args.folder).map_err(|e| {
        Failure::invalid(format!("cannot make the folder `{}`: {}", args.folder.display(), files::why(&e)))
    })?;
    for (at, (path, text)) in wanted.iter().enumerate() {
        files::replace(path, text).map_err(|e| {
            // All or nothing: the next `init` finds the folder as this one did.
            for (before, _) in &wanted[..at] {
                let _ = std::fs::remove_file(before);
            }
            Failure::invalid(format!("cannot write `{}`: {}", path.display(), files::why(&e)))
                .help("nothing was left behind")
        })?;
    }
    let written: Vec<String> = wanted.iter().map(|(path, _)| path.display().to_string()).collect();
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
