//! `healrun explain H0123`.

use super::args::{Explain, Format};
use super::{SCHEMA, out};
use crate::failure::Failure;
use heal_lang::diagnostic::codes;

pub(super) fn explain(args: &Explain) -> Result<u8, Failure> {
    let wanted = args.code.to_ascii_uppercase();
    let Some(entry) = codes::find(&wanted) else {
        return Err(Failure::invalid(format!("there is no finding `{}`", args.code))
            .help("codes look like `H0201`; `healrun check` prints them"));
    };
    match args.format {
        Format::Text => out::print(&codes::explain(&wanted).unwrap_or_default()),
        Format::Json => out::json(&serde_json::json!({
            "schema": SCHEMA, "code": entry.code, "title": entry.title, "explanation": entry.explanation,
        })),
    }
    Ok(0)
}
