//! `kubernetes.events`: what the cluster noted about a deployment, its replica sets and its pods.
//!
//! Events live for an hour; none is an answer. Failures are those of `kubernetes.pods`.

use super::api::{App, deployment, get, parse, permission, replica_sets};
use super::app;
use super::objects::{Event, List};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{duration, example, reads, result, rule};
use crate::error::ErrorInfo;
use crate::moment;
use crate::talk::{ask, done, fail, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Evidence, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Newest first. Messages hold text of anybody who can name an object.".to_owned(),
        params: vec![app(), duration("over", 3600.0, "How far back.")],
        result: result(Type::record("kubernetes.Event").list()),
        permissions: vec![rule("", "events", &["list"])],
        evidence: Evidence::Text,
        examples: vec![example(
            "An image that can't be pulled",
            r#"kubernetes.events(app).any(e => e.reason == "Failed")"#,
        )],
        ..reads("kubernetes.events", "lists the events of a deployment")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let over = i64::try_from(arguments::ms(args, "over")?).unwrap_or(i64::MAX);
        Ok(talk(deployment(&app.clone(), move |found, _| {
            replica_sets(&app.clone(), found, move |deployment, sets, _| {
                let path = format!("/api/v1/namespaces/{}/events", app.namespace);
                let name = deployment.metadata.name.clone();
                let sets: Vec<String> = sets.into_iter().map(|s| s.metadata.name).collect();
                let query = vec![("limit".to_owned(), "1000".to_owned())];
                ask(get(path, query), move |answer, now| {
                    let what = format!("the events of {}", app.shown());
                    let list: List<Event> = match parse(answer, &what, permission("", "events", "list")) {
                        Ok(list) => list,
                        Err(error) => return fail(error),
                    };
                    let since = now.saturating_sub(over);
                    let mut events: Vec<(i64, Value)> = list
                        .items
                        .iter()
                        .filter(|e| about(e, &name, &sets))
                        .map(|e| (seen(e).unwrap_or(i64::MAX), value(e)))
                        .filter(|(at, _)| *at >= since)
                        .collect();
                    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
                    done(Value::list(events.into_iter().map(|(_, e)| e).collect()))
                })
            })
        })))
    }
}

/// Whether it is about the deployment, one of its replica sets, or one of their pods (`SET-x7k2p`).
fn about(event: &Event, name: &str, sets: &[String]) -> bool {
    let object = &event.involved_object;
    match object.kind.as_str() {
        "Deployment" => object.name == name,
        "ReplicaSet" => sets.contains(&object.name),
        "Pod" => object.name.rsplit_once('-').is_some_and(|(set, _)| sets.iter().any(|s| s == set)),
        _ => false,
    }
}

fn seen(event: &Event) -> Option<i64> {
    let stamps =
        [event.last_timestamp.as_deref(), event.event_time.as_deref(), event.metadata.creation_timestamp.as_deref()];
    stamps.into_iter().flatten().find_map(moment::parse)
}

/// `kubernetes.Event`
fn value(event: &Event) -> Value {
    let text = |t: &str| Value::Untrusted(t.into());
    Value::record([
        ("at", seen(event).map_or(Value::None, Value::Time)),
        ("kind", text(&event.kind)),
        ("reason", text(&event.reason)),
        ("message", text(&event.message)),
        ("object", text(&format!("{}/{}", event.involved_object.kind, event.involved_object.name))),
        ("count", Value::Int(event.count.unwrap_or(1))),
    ])
}
