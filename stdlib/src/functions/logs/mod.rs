//! What lines say.

pub(crate) mod blame;
pub(crate) mod templates;

use crate::action::Args;
use crate::declare::record;
use crate::value::{Logs, Value};
use heal_lang::catalogue::{RecordDecl, Type};
use std::sync::Arc;

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        record(
            "logs.Suspect",
            "A line that may say what went wrong.",
            &[
                ("line", Type::Int, "Its number, from 1."),
                ("text", Type::String, "What it says."),
                ("score", Type::NUMBER, "How suspicious; comparable within one log."),
                ("new", Type::Bool, "No line of the passing log says the same."),
            ],
        ),
        record(
            "logs.Template",
            "Lines that say the same.",
            &[
                ("text", Type::String, "What they say; `<*>` stands for what varies."),
                ("count", Type::Int, "How many there are."),
            ],
        ),
    ]
}

/// The lines of that name.
fn lines(args: &Args, name: &str) -> Result<Option<Arc<Logs>>, Value> {
    match args.get(name) {
        Some(Value::Logs(logs)) => Ok(Some(Arc::clone(logs))),
        Some(unknown @ Value::NoData(_)) => Err(unknown.clone()),
        None | Some(Value::None) => Ok(None),
        Some(_) => Err(Value::no_data("lines are needed")),
    }
}
