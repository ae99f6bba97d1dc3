//! `kubernetes.scale`: sets the number of replicas.
//!
//! An absolute number (R1). Refused where a HorizontalPodAutoscaler owns the number. Preconditions and failures are
//! those of `kubernetes.rollout_undo`.

use super::api::{App, get, parse, permission};
use super::change::{self, Underway, blocked, refused};
use super::objects::{Autoscaler, List};
use super::{app, writes};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{changes, example, required, result_record, undone_by};
use crate::error::ErrorInfo;
use crate::talk::{ask, fail, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};
use serde_json::json;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Scaling to 0 stops the service: it is refused.".to_owned(),
        params: vec![
            app(),
            required("replicas", Type::Int, "How many; at least 1."),
            required("expect", Type::Int, "How many are wanted now; another number blocks the change."),
        ],
        result: result_record("kubernetes.Changed"),
        target: Some("app".to_owned()),
        expects: true,
        permissions: writes(),
        examples: vec![example(
            "One more",
            "kubernetes.scale(app, replicas: size.replicas + 1, expect: size.replicas)",
        )],
        ..changes(
            "kubernetes.scale",
            "sets the replicas of a deployment",
            Class::Guarded,
            Risk::Medium,
            undone_by("kubernetes.scale", "sets the number of replicas that there were"),
        )
    }
}

/// The action.
pub(crate) struct Action;

/// More is a mistake, not a remedy.
const MOST: i64 = 1_000;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let (to, expect) = (arguments::int(args, "replicas")?, arguments::int(args, "expect")?);
        if !(1..=MOST).contains(&to) {
            return Err(ErrorInfo::permanent(
                "argument",
                format!("`replicas` must be 1 to {MOST}: 0 stops the service"),
            ));
        }
        let args = args.clone();
        Ok(talk(change::begin(&app.clone(), at, Underway::Blocks, move |deployment, _| {
            let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", app.namespace);
            ask(get(path, Vec::new()), move |answer, _| {
                let missing = permission("autoscaling", "horizontalpodautoscalers", "list");
                let list: List<Autoscaler> = match parse(answer, "the autoscalers", missing) {
                    Ok(list) => list,
                    Err(error) => return fail(error),
                };
                let owns = |a: &&Autoscaler| {
                    let of = &a.spec.scale_target_ref;
                    of.kind == "Deployment" && of.name == app.name
                };
                if let Some(owner) = list.items.iter().find(owns) {
                    return refused(format!(
                        "the autoscaler {} owns the replicas of {}: change its bounds instead",
                        owner.metadata.name,
                        app.shown()
                    ));
                }
                let now = deployment.replicas();
                if now != to && now != expect {
                    return blocked(format!("the world moved: {} wants {now} replicas, not {expect}", app.shown()));
                }
                let mut undo = args.clone();
                undo.insert("replicas".to_owned(), Value::Int(now));
                undo.insert("expect".to_owned(), Value::Int(to));
                let op = json!({ "op": "add", "path": "/spec/replicas", "value": to });
                change::resolved(ResolvedCall {
                    summary: format!("scale {} from {now} to {to}", app.shown()),
                    before: change::before(&deployment, &[op]),
                    // Back to none is nowhere to go.
                    undo: (now >= 1).then(|| ("kubernetes.scale".to_owned(), undo)),
                    identity: change::identity(&deployment, json!({ "replicas": to })),
                    unchanged: now == to,
                    args,
                })
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
