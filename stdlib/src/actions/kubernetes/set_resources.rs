//! `kubernetes.set_resources`: sets a container's limits and requests.
//!
//! Absolute values (R1), so a retry does not compound. Requests never exceed limits: a request that would is lowered
//! with its limit and raised with neither. Preconditions and failures are those of `kubernetes.rollout_undo`.

use super::api::App;
use super::change::{self, Underway, blocked, refused};
use super::quantity;
use super::resources::{find, version};
use super::{app, writes};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{changes, data, example, maybe, required, result_record, undone_by};
use crate::error::ErrorInfo;
use crate::evaluate::quantity_text;
use crate::talk::{fail, talk};
use crate::value::Value;
use heal_lang::catalogue::Dim;
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Sets what is given and leaves the rest; rolls the pods. More than `at_most` is refused, not cut."
            .to_owned(),
        params: vec![
            app(),
            data(required("container", Type::String, "Which container.")),
            maybe("memory", Type::BYTES, "Its memory limit."),
            maybe("cpu", Type::CPU, "Its CPU limit."),
            maybe("at_most", Type::BYTES, "The most memory that may be set."),
            required(
                "expect",
                Type::String,
                "The `version` of `kubernetes.resources`; other resources block the change.",
            ),
        ],
        result: result_record("kubernetes.Changed"),
        target: Some("app".to_owned()),
        expects: true,
        permissions: writes(),
        examples: vec![example(
            "Half as much again",
            r#"kubernetes.set_resources(app, container: "checkout", memory: limit * 1.5, at_most: 4GiB, expect: size.version)"#,
        )],
        ..changes(
            "kubernetes.set_resources",
            "sets a container's limits",
            Class::Guarded,
            Risk::Medium,
            undone_by("kubernetes.set_resources", "sets the limits that there were"),
        )
    }
}

/// The action.
pub(crate) struct Action;

/// The argument of an undo: the resources that there were, whole.
const RESTORE: &str = "restore";

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let wanted = Wanted::new(args)?;
        let args = args.clone();
        Ok(talk(change::begin(&app.clone(), at, Underway::Blocks, move |deployment, _| {
            let (place, container) = match find(&deployment, &wanted.container) {
                Ok(found) => found,
                Err(error) => return fail(error),
            };
            if let Err(why) = wanted.allowed() {
                return refused(why);
            }
            let old = container.resources.clone().unwrap_or_else(|| json!({}));
            let new = wanted.apply(&old);
            let unchanged = version(Some(&new)) == version(Some(&old));
            if !unchanged && version(container.resources.as_ref()) != wanted.expect {
                return blocked(format!("the world moved: the resources of {} are others by now", app.shown()));
            }
            let at = format!("/spec/template/spec/containers/{place}");
            let ops = [
                json!({ "op": "test", "path": format!("{at}/name"), "value": wanted.container }),
                json!({ "op": "add", "path": format!("{at}/resources"), "value": new }),
            ];
            let mut undo = args.clone();
            undo.insert("expect".to_owned(), Value::text(&version(Some(&new))));
            undo.insert(RESTORE.to_owned(), Value::Json(Arc::new(old)));
            change::resolved(ResolvedCall {
                summary: format!("set {} of {} in {}", wanted.words(), wanted.container, app.shown()),
                before: change::before(&deployment, &ops),
                undo: Some(("kubernetes.set_resources".to_owned(), undo)),
                identity: change::identity(&deployment, json!({ "container": wanted.container, "resources": new })),
                unchanged,
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

/// What is to be set.
struct Wanted {
    container: String,
    memory: Option<f64>,
    cpu: Option<f64>,
    at_most: Option<f64>,
    expect: String,
    restore: Option<Json>,
}

impl Wanted {
    fn new(args: &Args) -> Result<Self, ErrorInfo> {
        let restore = match args.get(RESTORE) {
            Some(Value::Json(json)) => Some((**json).clone()),
            _ => None,
        };
        let wanted = Self {
            container: arguments::text(args, "container")?,
            memory: arguments::maybe_number(args, "memory")?,
            cpu: arguments::maybe_number(args, "cpu")?,
            at_most: arguments::maybe_number(args, "at_most")?,
            expect: arguments::text(args, "expect")?,
            restore,
        };
        let none = wanted.memory.is_none() && wanted.cpu.is_none() && wanted.restore.is_none();
        // Less than this starts nothing.
        let tiny = wanted.memory.is_some_and(|m| m < 1_048_576.0) || wanted.cpu.is_some_and(|c| c < 0.001);
        match (none, tiny) {
            (true, _) => Err(ErrorInfo::permanent("argument", "give `memory` or `cpu`")),
            (_, true) => Err(ErrorInfo::permanent("argument", "less than 1MiB or 1mcpu starts nothing")),
            _ => Ok(wanted),
        }
    }

    fn allowed(&self) -> Result<(), String> {
        match (self.memory, self.at_most, &self.restore) {
            (Some(memory), Some(most), None) if memory > most => Err(format!(
                "{} is more than `at_most`, {}",
                quantity_text(Dim::Bytes, memory),
                quantity_text(Dim::Bytes, most)
            )),
            _ => Ok(()),
        }
    }

    fn words(&self) -> String {
        if self.restore.is_some() {
            return "the resources that there were".to_owned();
        }
        let memory = self.memory.map(|m| format!("the memory limit {}", quantity_text(Dim::Bytes, m)));
        let cpu = self.cpu.map(|c| format!("the CPU limit {}", quantity_text(Dim::Cpu, c)));
        memory.into_iter().chain(cpu).collect::<Vec<_>>().join(" and ")
    }

    /// The whole new object: the rest of the old one stays, a request above its limit is lowered with it.
    fn apply(&self, old: &Json) -> Json {
        if let Some(restore) = &self.restore {
            return restore.clone();
        }
        let mut new = if old.is_object() { old.clone() } else { json!({}) };
        let set = [
            ("memory", self.memory.map(|m| (m, quantity::bytes(m)))),
            ("cpu", self.cpu.map(|c| (c, quantity::cpu(c)))),
        ];
        for (what, limit) in set {
            let Some((number, text)) = limit else { continue };
            if !new.get("limits").is_some_and(Json::is_object) {
                new["limits"] = json!({});
            }
            new["limits"][what] = json!(text);
            let request = new.get("requests").and_then(|r| r.get(what)).and_then(Json::as_str);
            if request.and_then(quantity::parse).is_some_and(|r| r > number) {
                new["requests"][what] = json!(text);
            }
        }
        new
    }
}
