//! `healrun plan`: what would be done now. Live reads, no writes: the mode has no orders.

use super::args::{Format, Plan};
use super::prepare::{self, Prepared};
use super::{SCHEMA, out, show, tree};
use crate::config::show_duration;
use crate::failure::Failure;
use crate::session;
use heal_engine::event::ResolvedChange;
use heal_lang::plan::{Plan as Checked, StepBody};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn plan(args: &Plan) -> Result<u8, Failure> {
    let Prepared { givens, start, tokens } = prepare::prepare(&args.start)?;
    let checked = std::sync::Arc::clone(&givens.plan);
    let mut observer = tree::observer(&givens, false, args.start.format);
    let work = session::preview(givens, &start, &tokens, args.allow_asserted, observer.as_mut());
    let (report, changes) = prepare::drive(work)??;
    match args.start.format {
        Format::Json => out::json(&json!({
            "schema": SCHEMA,
            "playbook": checked.playbook,
            "plan_hash": checked.hash,
            "environment": report["environment"],
            "outcome": report["outcome"],
            "because": report["because"],
            "steps": report["steps"],
            "would_change": changes.iter().map(would).collect::<Vec<_>>(),
            "bounds": checked.bounds,
            "permissions": checked.permissions,
            "assertions": checked.assertions.iter().map(|(text, _)| text).collect::<Vec<_>>(),
        })),
        Format::Text => out::print(&text(&checked, &report, &changes)),
    }
    Ok(0)
}

fn would(change: &ResolvedChange) -> Value {
    json!({
        "action": change.action, "target": change.target, "summary": change.summary,
        "effect": change.effect, "class": change.class,
        "undo": change.undo.iter().map(|u| &u.summary).collect::<Vec<_>>(),
    })
}

fn text(plan: &Checked, report: &Value, changes: &[ResolvedChange]) -> String {
    let mut text = format!("{}: what would be done now\n", plan.playbook);
    for step in report["steps"].as_array().into_iter().flatten() {
        let (name, status) = (step["name"].as_str().unwrap_or("?"), step["status"].as_str().unwrap_or("-"));
        let why = step["because"].as_str().or_else(|| step["evidence"].as_str()).unwrap_or("");
        let _ = writeln!(text, "  {name:20} {status:12} {}", show::one_line(why));
    }
    if changes.is_empty() {
        text.push_str("no change\n");
    }
    for change in changes {
        let _ = writeln!(text, "would {}", show::one_line(&change.summary));
        for undo in &change.undo {
            let _ = writeln!(text, "  undone by: {}", show::one_line(&undo.summary));
        }
    }
    let bounds = &plan.bounds;
    let _ = writeln!(
        text,
        "at worst: {}, {} change{}, {} attempt{}",
        show_duration(bounds.duration_ms),
        bounds.changes,
        plural(bounds.changes),
        bounds.attempts,
        plural(bounds.attempts)
    );
    for (noun, count) in &bounds.targets {
        let _ = writeln!(text, "  touches at most {count} {noun}");
    }
    for step in &plan.steps {
        let schedule = plan.bounds.steps.get(step.id.0 as usize).map(|b| b.schedule_ms.as_slice()).unwrap_or_default();
        if matches!(step.body, StepBody::Remediate(_)) && !schedule.is_empty() {
            let waits: Vec<String> = schedule.iter().map(|ms| show_duration(*ms)).collect();
            let _ = writeln!(text, "  {} is tried again after {}", step.name, waits.join(", "));
        }
    }
    for (assertion, _) in &plan.assertions {
        let _ = writeln!(text, "asserted by its author: {}", show::one_line(assertion));
    }
    for permission in &plan.permissions {
        let _ = writeln!(text, "needs {}", serde_json::to_string(permission).unwrap_or_default());
    }
    text
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}
