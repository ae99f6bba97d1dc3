//! `kubernetes.rollout_restart`: replaces the pods of a deployment one by one, as its strategy says.
//!
//! Sets the annotation `kubectl.kubernetes.io/restartedAt` of the pod template; preconditions and failures are those of
//! `kubernetes.rollout_undo`.

use super::api::App;
use super::change::{self, Underway};
use super::{app, writes};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{changes, example, no_undo, result_record};
use crate::error::ErrorInfo;
use crate::moment;
use crate::talk::talk;
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, Risk};
use serde_json::json;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Blocked while a rollout is under way: its pods are being replaced already.".to_owned(),
        params: vec![app()],
        result: result_record("kubernetes.Changed"),
        target: Some("app".to_owned()),
        permissions: writes(),
        examples: vec![example("Fresh pods", "kubernetes.rollout_restart(app)")],
        ..changes(
            "kubernetes.rollout_restart",
            "restarts the pods of a deployment",
            Class::Guarded,
            Risk::Low,
            no_undo("the pods that were replaced are gone; the new ones run the same release"),
        )
    }
}

/// The action.
pub(crate) struct Action;

/// As `kubectl rollout restart` does it.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let mut args = args.clone();
        Ok(talk(change::begin(&app.clone(), at, Underway::Blocks, move |deployment, now| {
            // Fixed here: every attempt writes the same moment.
            args.insert("restarted_at".to_owned(), Value::Time(now));
            let stamp = moment::format(now);
            let op = if deployment.spec.template.pointer("/metadata/annotations").is_some() {
                let path = format!("/spec/template/metadata/annotations/{}", change::escape(RESTARTED));
                json!({ "op": "add", "path": path, "value": stamp })
            } else {
                json!({ "op": "add", "path": "/spec/template/metadata/annotations", "value": { RESTARTED: stamp } })
            };
            change::resolved(ResolvedCall {
                summary: format!("restart the {} pods of {}", deployment.replicas(), app.shown()),
                before: change::before(&deployment, &[op]),
                undo: None,
                identity: change::identity(&deployment, json!("restart")),
                unchanged: false,
                args,
            })
        })))
    }

    fn send(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        Ok(talk(change::send(call, key, at)?))
    }

    fn probe(&self, call: &ResolvedCall, key: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        Some(talk(change::probe(call, key, String::new())?))
    }
}
