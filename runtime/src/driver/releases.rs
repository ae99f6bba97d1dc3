//! Which releases are live at a quiet or healed end: seen good, and noted (R57).
//!
//! No action is named here: a read counts whose result tells the latest release of a target by its hash.

use super::{Driver, Hands, machines, resolve};
use heal_engine::mode::Mode;
use heal_engine::node::Want;
use heal_lang::catalogue::{Catalogue, ResultDecl, Type};
use heal_lang::plan::ReadCall;
use heal_stdlib::action::Args;
use heal_stdlib::value::Value;
use std::collections::BTreeMap;

impl<M: Mode, H: Hands<M>> Driver<'_, M, H> {
    /// Target and release, for every release history that the playbook reads.
    pub async fn current_releases(&self) -> Vec<(String, String)> {
        let catalogue = heal_stdlib::catalogue::catalogue();
        let mut asked: BTreeMap<String, (ReadCall, Args)> = BTreeMap::new();
        for (index, node) in self.givens.plan.nodes.iter().enumerate() {
            let id = heal_lang::plan::NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            let Some(step) = self.givens.plan.step(node.step) else { continue };
            for read in step.reads.iter().filter(|read| tells_release(&catalogue, &read.action)) {
                let known = self.values.known(&self.givens, self.run.state(), id);
                let Ok(args) = resolve::args(&read.args, &known) else { continue };
                if let Some(target) = target_of(&args) {
                    asked.entry(target).or_insert((read.clone(), args));
                }
            }
        }
        let mut found = Vec::new();
        for (target, (read, args)) in asked {
            let at = self.givens.surroundings(read.timeout_ms);
            let answer =
                machines::read(&self.gate.passage(Want::Look, 1), &read.action, &args, &at, read.timeout_ms).await;
            match answer {
                Ok(value) => found.extend(live_release(&value).map(|release| (target, release))),
                // It is only missed: what was noted before still counts.
                Err(error) => tracing::warn!(target, "the release that is live could not be noted: {}", error.message),
            }
        }
        found
    }
}

/// Its result has `latest` with a `hash`, and `last_stable`, which rests on what was noted.
fn tells_release(catalogue: &Catalogue, action: &str) -> bool {
    let record = |typ: &Type| match typ {
        Type::Record(name) => catalogue.records.get(name),
        _ => None,
    };
    let Some(ResultDecl::Type(result)) = catalogue.actions.get(action).map(|a| &a.result) else { return false };
    let Some(history) = record(result).filter(|h| h.fields.contains_key("last_stable")) else { return false };
    history.fields.get("latest").and_then(|f| record(&f.typ)).is_some_and(|r| r.fields.contains_key("hash"))
}

fn target_of(args: &Args) -> Option<String> {
    args.values().find_map(|value| match value {
        Value::Target(target) => Some(target.id()),
        _ => None,
    })
}

/// The hash of the latest release; none while a rollout is under way.
fn live_release(value: &Value) -> Option<String> {
    let Value::Record(history) = value else { return None };
    if matches!(history.get("in_progress"), Some(Value::Bool(true))) {
        return None;
    }
    let Value::Record(latest) = history.get("latest")? else { return None };
    match latest.get("hash")? {
        Value::Text(hash) | Value::Untrusted(hash) => Some(hash.to_string()),
        _ => None,
    }
}
