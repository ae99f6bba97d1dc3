//! `healrun plan`: what would be done now. Live reads, no writes: the mode has no orders.

use super::args::{Format, Plan};
use super::prepare::{self, Prepared};
use super::{SCHEMA, needs, out, show, tree};
use crate::config::show_duration;
use crate::failure::Failure;
use crate::session;
use heal_engine::event::{Autonomy, ResolvedChange};
use heal_lang::plan::{Plan as Checked, StepBody};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn plan(args: &Plan) -> Result<u8, Failure> {
    let Prepared { givens, start, tokens } = prepare::prepare(&args.start)?;
    let checked = std::sync::Arc::clone(&givens.plan);
    let autonomy = givens.settings.autonomy;
    let mut observer = tree::looking(args.start.format);
    let work = session::preview(givens, &start, &tokens, args.allow_asserted, observer.as_mut());
    let (report, changes) = prepare::drive(work)??;
    drop(observer);
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
        Format::Text => out::print(&text(&checked, &report, &changes, autonomy)),
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

fn text(plan: &Checked, report: &Value, changes: &[ResolvedChange], autonomy: Autonomy) -> String {
    let environment = report["environment"].as_str().unwrap_or("?");
    let mut text =
        format!("plan of {} in {environment}: what was read now, and what a run would do\n\n", plan.playbook);
    text.push_str(&show::steps(report, |step| word(step, changes)));
    text.push('\n');
    if changes.is_empty() {
        let _ = writeln!(text, "would change nothing: {}", nothing(report));
    }
    for change in changes {
        let _ = writeln!(text, "would {}", show::one_line(&change.summary));
        for undo in &change.undo {
            let _ = writeln!(text, "  undone by: {}", show::one_line(&undo.summary));
        }
    }
    if !changes.is_empty() {
        let asks = plan.steps.iter().any(|s| matches!(&s.body, StepBody::Remediate(r) if r.approval.is_some()));
        let _ = writeln!(text, "  {}", allowed(autonomy, asks, environment));
    }
    text.push('\n');
    bounds(&mut text, plan);
    for (assertion, _) in &plan.assertions {
        let _ = writeln!(text, "asserted by its author: {}", show::one_line(assertion));
    }
    if !plan.permissions.is_empty() {
        let _ = write!(text, "needs\n{}", needs::block(&plan.permissions));
    }
    text
}

/// Another word for how a step ended: here it ends where a run would go on.
fn word(step: &Value, changes: &[ResolvedChange]) -> Option<&'static str> {
    let why = step["because"].as_str().unwrap_or_default();
    match step["kind"].as_str() {
        Some("remediate") if changes.iter().any(|c| why.contains(&c.summary)) => Some("would change"),
        Some("verify") if !changes.is_empty() && step["status"] == "skipped" => Some("would follow"),
        _ => None,
    }
}

/// Why nothing would be changed.
fn nothing(report: &Value) -> String {
    match report["outcome"].as_str().unwrap_or("?") {
        "healthy" => "nothing is wrong".to_owned(),
        "no_data" => "too little could be read".to_owned(),
        other => match report["because"][0]["text"].as_str() {
            Some(why) => show::one_line(why),
            None => other.replace('_', " "),
        },
    }
}

/// What stands between the plan and the change.
fn allowed(autonomy: Autonomy, asks: bool, environment: &str) -> String {
    match (autonomy, asks) {
        (Autonomy::Observe, _) => format!("`{environment}` only observes: a run would not do it"),
        (Autonomy::Suggest, _) => format!("`{environment}` only suggests: a run would tell it to people"),
        (Autonomy::Approve, _) => format!("`{environment}` asks first: a run would wait for an approval"),
        (Autonomy::Act, true) => format!("`{environment}` may act; the playbook may ask for an approval first"),
        (Autonomy::Act, false) => format!("`{environment}` may act: a run would do it at once"),
    }
}

fn bounds(text: &mut String, plan: &Checked) {
    let bounds = &plan.bounds;
    let mut worst = vec![show_duration(bounds.duration_ms), count(bounds.changes, "change")];
    if bounds.changes > 0 {
        worst.push(count(bounds.attempts, "attempt"));
    }
    worst.extend(bounds.targets.iter().map(|(noun, n)| format!("{n} {noun}")));
    let _ = writeln!(text, "at most {}", worst.join(", "));
    for step in &plan.steps {
        let schedule = bounds.steps.get(step.id.0 as usize).map(|b| b.schedule_ms.as_slice()).unwrap_or_default();
        if matches!(step.body, StepBody::Remediate(_)) && !schedule.is_empty() {
            let waits: Vec<String> = schedule.iter().map(|ms| show_duration(*ms)).collect();
            let _ = writeln!(text, "  {} is tried again after {}", step.name, waits.join(", "));
        }
    }
}

fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
