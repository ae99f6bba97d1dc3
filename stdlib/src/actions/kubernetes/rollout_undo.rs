//! `kubernetes.rollout_undo`: sets the pod template of an earlier release.
//!
//! Not a toggle: the release is named, and resolved to its template (R1). The write carries tests on uid and generation
//! and the key of the intent (R58), so the server itself refuses a second time. `conflict` where the deployment moved;
//! `denied` 403; `throttled` 429; a lost answer and 5xx are `uncertain`.

use super::api::{App, get, parse, permission, replica_sets};
use super::change::{self, Underway, blocked, refused};
use super::objects::ReplicaSet;
use super::rollout_history::release;
use super::{app, writes};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{changes, example, required, result_record, undone_by};
use crate::error::ErrorInfo;
use crate::talk::{Sent, ask, fail, talk};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};
use serde_json::{Value as Json, json};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Releases compare by the hash of their template. Blocked where the deployment no longer wants `expect`. \
              Refused where Argo CD, Flux or an operator manages it: they would take it back."
            .to_owned(),
        params: vec![
            app(),
            required("to", Type::record("kubernetes.Rollout"), "The release to go to."),
            required("expect", Type::record("kubernetes.Rollout"), "The release that is rolled out now."),
        ],
        result: result_record("kubernetes.Changed"),
        target: Some("app".to_owned()),
        expects: true,
        permissions: writes(),
        examples: vec![example("Back to the last good one", "kubernetes.rollout_undo(app, to: good, expect: bad)")],
        ..changes(
            "kubernetes.rollout_undo",
            "rolls a deployment back to an earlier release",
            Class::Guarded,
            Risk::Medium,
            undone_by("kubernetes.rollout_undo", "sets the template of the release it was rolled back from"),
        )
    }
}

/// The action.
pub(crate) struct Action;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let (to, to_revision) = release(&*arguments::record(args, "to")?, "to")?;
        let (expect, _) = release(&*arguments::record(args, "expect")?, "expect")?;
        let args = args.clone();
        // A rollout of the suspect itself may be under way, or stuck: that is what is taken back.
        Ok(talk(change::begin(&app.clone(), at, Underway::Suspect, move |deployment, _| {
            if deployment.unseen() {
                return blocked(format!("a rollout of {} is just beginning", app.shown()));
            }
            replica_sets(&app.clone(), deployment, move |deployment, sets, _| {
                let Some(latest) = sets.last() else {
                    return refused(format!("{} has no releases yet", app.shown()));
                };
                let unchanged = latest.metadata.hash() == to;
                if !unchanged && latest.metadata.hash() != expect {
                    return blocked(format!(
                        "the world moved: {} wants revision {} ({}), not {expect}",
                        app.shown(),
                        latest.metadata.revision(),
                        latest.metadata.hash()
                    ));
                }
                let Some(set) = sets.iter().find(|s| s.metadata.hash() == to) else {
                    return refused(format!("the release {to} of {} is no longer kept by the cluster", app.shown()));
                };
                let mut undo = args.clone();
                for (name, from) in [("to", "expect"), ("expect", "to")] {
                    if let Some(value) = args.get(from) {
                        undo.insert(name.to_owned(), value.clone());
                    }
                }
                let mut before = change::before(&deployment, &[]);
                before["replica_set"] = json!(set.metadata.name);
                change::resolved(ResolvedCall {
                    summary: format!(
                        "roll {} back from revision {} ({expect}) to revision {to_revision} ({to}, {})",
                        app.shown(),
                        latest.metadata.revision(),
                        set.image()
                    ),
                    before,
                    undo: Some(("kubernetes.rollout_undo".to_owned(), undo)),
                    identity: change::identity(&deployment, json!({ "to": to, "expect": expect })),
                    unchanged,
                    args,
                })
            })
        })))
    }

    /// The template is read again from the release's replica set: intents stay small (R25).
    fn send(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let app = change::app(call)?;
        let (to, _) = release(&*arguments::record(&call.args, "to")?, "to")?;
        let name = call.before.get("replica_set").and_then(Json::as_str).unwrap_or_default().to_owned();
        let path = format!("/apis/apps/v1/namespaces/{}/replicasets/{name}", app.namespace);
        let (call, key, at) = (call.clone(), key.to_owned(), at.clone());
        Ok(talk(ask(Sent::Look(get(path, Vec::new())), move |answer, _| {
            let what = format!("the replica set {name}");
            let set: ReplicaSet = match parse(answer, &what, permission("apps", "replicasets", "get")) {
                Ok(set) => set,
                // Nothing was sent yet.
                Err(error) => return fail(ErrorInfo { sent: crate::error::Sent::No, ..error }),
            };
            if set.metadata.hash() != to || !set.template().is_object() {
                let message = format!("{what} no longer holds the release {to}");
                return fail(ErrorInfo::permanent("gone", message));
            }
            let ops = vec![json!({ "op": "replace", "path": "/spec/template", "value": set.template() })];
            change::write(&call, ops, &key, &at, to).unwrap_or_else(fail)
        })))
    }

    fn probe(&self, call: &ResolvedCall, key: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        let (to, _) = release(&*arguments::record(&call.args, "to").ok()?, "to").ok()?;
        Some(talk(change::probe(call, key, to)?))
    }
}
