//! `healrun fmt`.

use super::args::{Fmt, Format};
use super::{SCHEMA, compile, out};
use crate::failure::{Failure, exit};
use crate::files;
use heal_lang::diagnostic::{self, Severity};
use heal_lang::source::{FileId, Sources};
use serde_json::json;
use std::path::Path;

enum Done {
    Same,
    Changed,
    Refused,
}

pub(super) fn fmt(args: &Fmt) -> Result<u8, Failure> {
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for path in compile::expand(&args.paths)? {
        let name = files::shown(&path);
        match one(&path, args.check)? {
            Done::Same => {}
            Done::Changed => changed.push(name),
            Done::Refused => refused.push(name),
        }
    }
    match args.format {
        Format::Json => out::json(&json!({
            "schema": SCHEMA, "check": args.check, "changed": changed, "refused": refused,
        })),
        Format::Text => {
            for name in &changed {
                out::print(&format!("{}{name}\n", if args.check { "would change " } else { "" }));
            }
        }
    }
    Ok(if !refused.is_empty() || (args.check && !changed.is_empty()) { exit::FINDINGS } else { 0 })
}

fn one(path: &Path, check: bool) -> Result<Done, Failure> {
    let fail = |e: std::io::Error| Failure::invalid(format!("cannot read `{}`: {}", path.display(), files::why(&e)));
    let bytes = files::read(path).map_err(fail)?;
    let mut sources = Sources::default();
    let found = match heal_lang::syntax::decode(FileId(0), &bytes) {
        Err(found) => {
            sources.add(files::shown(path), "");
            vec![*found]
        }
        Ok(text) => {
            sources.add(files::shown(path), text.clone());
            match heal_lang::syntax::format(&text) {
                Ok(formatted) if formatted.as_bytes() == bytes => return Ok(Done::Same),
                Ok(_) if check => return Ok(Done::Changed),
                Ok(formatted) => {
                    files::replace(path, &formatted).map_err(|e| {
                        Failure::invalid(format!("cannot write `{}`: {}", path.display(), files::why(&e)))
                            .help("it is as it was")
                    })?;
                    return Ok(Done::Changed);
                }
                Err(found) => found,
            }
        }
    };
    let errors: Vec<_> = found.into_iter().filter(|d| d.severity == Severity::Error).collect();
    out::note(diagnostic::render(&errors, &sources, out::colour()).trim_end());
    Ok(Done::Refused)
}
