//! `healrun graph`: the steps, what comes before what, and where each end leads.

use super::args::{Graph, GraphFormat};
use super::{SCHEMA, compile, out};
use crate::config::Config;
use crate::failure::Failure;
use heal_lang::plan::graph;
use serde_json::{Value, json};

pub(super) fn graph(args: &Graph) -> Result<u8, Failure> {
    let config = Config::find(&args.playbook)?;
    let (plan, _) = compile::plan(&args.playbook, args.name.as_deref(), &config)?;
    match args.format {
        GraphFormat::Json => {
            let mut whole = json!({ "schema": SCHEMA, "plan_hash": plan.hash });
            if let (Some(to), Value::Object(from)) = (whole.as_object_mut(), graph::json(&plan)) {
                to.extend(from);
            }
            out::json(&whole);
        }
        GraphFormat::Text => out::print(&graph::terminal(&plan)),
        GraphFormat::Dot => out::print(&graph::dot(&plan)),
        GraphFormat::Mermaid => out::print(&graph::mermaid(&plan)),
    }
    Ok(0)
}
