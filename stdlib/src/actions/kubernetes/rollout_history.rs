//! `kubernetes.rollout_history`: the releases of a deployment, and which of them was good.
//!
//! Releases are its replica sets, ordered by revision. Failures are those of `kubernetes.pods`.

use super::api::{App, deployment, replica_sets};
use super::app;
use super::objects::{Deployment, ReplicaSet, rolled_out};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, reads, result_record, rule};
use crate::error::ErrorInfo;
use crate::evaluate::plain;
use crate::request::{Answer, ReadRequest};
use crate::talk::{ask, done, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::ActionDecl;
use std::collections::BTreeMap;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "`last_stable` is the newest other release that healrun noted as good at a quiet or healed end, or one \
              that ran for the environment's `stable_after` from its creation to the next one's. Where a rollback \
              makes those times unknown (`deployment.kubernetes.io/revision-history` on it or its successor) only \
              what was noted counts."
            .to_owned(),
        params: vec![app()],
        result: result_record("kubernetes.History"),
        permissions: vec![rule("apps", "deployments", &["get"]), rule("apps", "replicasets", &["list"])],
        examples: vec![example("When the latest release came", "kubernetes.rollout_history(app).latest.at")],
        ..reads("kubernetes.rollout_history", "lists the releases of a deployment")
    }
}

/// The action.
pub(crate) struct Action;

/// `kubernetes.io/change-cause`
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let stable_after = i64::try_from(at.stable_after_ms).unwrap_or(i64::MAX);
        Ok(talk(deployment(&app.clone(), move |found, _| {
            replica_sets(&app.clone(), found, move |deployment, sets, _| {
                ask(ReadRequest::Noted { target: app.id.clone() }, move |answer, _| match answer {
                    Answer::Noted(noted) => done(value(&app, &deployment, &sets, &noted, stable_after)),
                    other => odd(other),
                })
            })
        })))
    }
}

/// `kubernetes.History`
fn value(app: &App, deployment: &Deployment, sets: &[ReplicaSet], noted: &[(String, i64)], stable_after: i64) -> Value {
    let Some((latest, earlier)) = sets.split_last() else {
        return Value::no_data(format!("{} has no releases yet", app.shown()));
    };
    if deployment.unseen() {
        return Value::no_data(format!("a rollout of {} is just beginning: its release is not known yet", app.shown()));
    }
    let stable = last_stable(sets, noted, stable_after).map_or(Value::None, |s| rollout(s, s.metadata.created()));
    Value::record([
        ("latest", rollout(latest, rolled_out(deployment, latest))),
        ("last_stable", stable),
        ("earlier", Value::list(earlier.iter().rev().map(|s| rollout(s, s.metadata.created())).collect())),
        ("in_progress", Value::Bool(deployment.in_progress())),
        ("stalled", Value::Bool(deployment.stalled())),
    ])
}

/// The newest release, other than the latest, that was good: it was seen good at least `stable_after` after it came, or it
/// ran so long before the next one came. A rollback makes the second unknown, on either side of it; and what was replaced
/// by going back to an older release was taken back, whatever was seen before.
fn last_stable<'s>(sets: &'s [ReplicaSet], noted: &[(String, i64)], stable_after: i64) -> Option<&'s ReplicaSet> {
    sets.windows(2).rev().find_map(|pair| {
        let [set, next] = pair else { return None };
        let came = set.metadata.created();
        let seen = noted.iter().any(|(r, at)| *r == set.metadata.hash() && at.saturating_sub(came) >= stable_after);
        let unknown = set.metadata.was_rolled_back_to() || next.metadata.was_rolled_back_to();
        let ran = !unknown && next.metadata.created().saturating_sub(came) >= stable_after;
        let taken_back = next.metadata.was_rolled_back_to() && next.metadata.created() < came;
        ((seen && !taken_back) || ran).then_some(set)
    })
}

/// `kubernetes.Rollout`
fn rollout(set: &ReplicaSet, at: i64) -> Value {
    let meta = &set.metadata;
    let cause = meta.annotation(CHANGE_CAUSE).map_or(Value::None, |c| Value::Untrusted(c.into()));
    Value::record([
        ("revision", Value::Int(meta.revision())),
        ("hash", Value::text(&meta.hash())),
        ("at", Value::Time(at)),
        ("image", Value::Untrusted(set.image().into())),
        ("replica_set", Value::text(&meta.name)),
        ("change_cause", cause),
    ])
}

/// The hash and the revision of a release.
pub(super) fn release(fields: &BTreeMap<String, Value>, of: &str) -> Result<(String, i64), ErrorInfo> {
    let hash = fields.get("hash").and_then(plain).filter(|h| !h.is_empty());
    let hash = hash.ok_or_else(|| ErrorInfo::permanent("argument", format!("`{of}` names no release")))?;
    let revision = match fields.get("revision") {
        Some(Value::Int(r)) => *r,
        _ => 0,
    };
    Ok((hash, revision))
}
