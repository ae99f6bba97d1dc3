//! `kubernetes.logs`: what the pods of a deployment said.
//!
//! A pod whose log can't be read is left out, with a line that says so; if none can, that failure is the answer.

use super::api::{App, deployment, permission};
use super::app;
use super::objects::Pod;
use super::pods::pods;
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{data, duration, example, flag, int, maybe, reads, result, rule};
use crate::error::ErrorInfo;
use crate::moment;
use crate::request::{KubernetesGet, ReadRequest};
use crate::status::Asked;
use crate::talk::{Reading, ask, done, fail, http, talk};
use crate::value::{LogLine, Logs, Value};
use heal_lang::catalogue::{ActionDecl, Evidence, Type};
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Pods that are not ready or were restarted come first; of a restarted container the log of the run \
              before is read too where `previous` says so."
            .to_owned(),
        params: vec![
            app(),
            duration("over", 900.0, "How far back."),
            data(maybe("container", Type::String, "Of which container; otherwise the pod's first.")),
            flag("previous", "Also of the run before the last restart."),
            int("pods", 5, "Of how many pods at most."),
            int("at_most", 2_000, "Most lines of each pod, from the end."),
        ],
        result: result(Type::Logs),
        permissions: vec![
            rule("apps", "deployments", &["get"]),
            rule("", "pods", &["list"]),
            rule("", "pods/log", &["get"]),
        ],
        evidence: Evidence::Text,
        examples: vec![example(
            "A dependency that refuses",
            r#"kubernetes.logs(app, over: 15m) matches re"connection refused""#,
        )],
        ..reads("kubernetes.logs", "reads the logs of a deployment's pods")
    }
}

/// The action.
pub(crate) struct Action;

/// Of one pod.
const MOST_BYTES: u64 = 4 << 20;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let app = App::new(&*arguments::target(args, "app")?)?;
        let mut wanted = Wanted {
            namespace: app.namespace.clone(),
            seconds: arguments::ms(args, "over")?.div_ceil(1000),
            container: arguments::maybe_text(args, "container")?,
            lines: arguments::count(args, "at_most", 2_000, 20_000)?,
            left: Vec::new(),
            found: Logs::default(),
            failed: None,
            read: 0,
        };
        let most = arguments::count(args, "pods", 5, 50)?;
        let previous = arguments::flag(args, "previous")?;
        Ok(talk(deployment(&app.clone(), move |found, _| {
            pods(&app.clone(), &found, move |mut pods, _| {
                if pods.is_empty() {
                    return done(Value::no_data(format!("{} has no pods", app.shown())));
                }
                // Those in trouble first.
                pods.sort_by_key(|p| (p.ready(), std::cmp::Reverse(p.restarts()), p.metadata.name.clone()));
                pods.truncate(most);
                // Taken from the end.
                for pod in pods.iter().rev() {
                    wanted.left.push(One::of(pod, false));
                    if previous && pod.restarts() > 0 {
                        wanted.left.push(One::of(pod, true));
                    }
                }
                wanted.next()
            })
        })))
    }
}

/// One log to read.
struct One {
    pod: String,
    container: Option<String>,
    previous: bool,
}

impl One {
    fn of(pod: &Pod, previous: bool) -> One {
        One { pod: pod.metadata.name.clone(), container: pod.spec.containers.first().map(|c| c.name.clone()), previous }
    }
}

/// Logs under way.
struct Wanted {
    namespace: String,
    seconds: u64,
    container: Option<String>,
    lines: usize,
    left: Vec<One>,
    found: Logs,
    failed: Option<ErrorInfo>,
    read: usize,
}

impl Wanted {
    fn next(mut self) -> Reading {
        let Some(one) = self.left.pop() else { return self.end() };
        let mut query =
            vec![("timestamps".to_owned(), "true".to_owned()), ("tailLines".to_owned(), self.lines.to_string())];
        if one.previous {
            query.push(("previous".to_owned(), "true".to_owned()));
        } else {
            query.push(("sinceSeconds".to_owned(), self.seconds.to_string()));
        }
        if let Some(container) = self.container.clone().or_else(|| one.container.clone()) {
            query.push(("container".to_owned(), container));
        }
        let path = format!("/api/v1/namespaces/{}/pods/{}/log", self.namespace, one.pod);
        let request = ReadRequest::Kubernetes(KubernetesGet { path, query, text: true, max_bytes: MOST_BYTES });
        ask(request, move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            let what = format!("the log of {}", one.pod);
            let asked = Asked { what: &what, permission: permission("", "pods/log", "get") };
            match asked.read(&answer) {
                None => {
                    self.read += 1;
                    self.found.truncated |= answer.truncated;
                    self.found.lines.extend(answer.body.lines().map(|l| line(&one.pod, l)));
                }
                // Denied once is denied for all.
                Some(error) if answer.status == 401 || answer.status == 403 => return fail(error),
                // A container that has not started has no log; a pod may be gone by now.
                Some(error) => self.failed = Some(error),
            }
            self.next()
        })
    }

    fn end(mut self) -> Reading {
        match self.failed {
            Some(error) if self.read == 0 => fail(error),
            _ => {
                self.found.lines.sort_by_key(|l| l.at);
                done(Value::Logs(Arc::new(self.found)))
            }
        }
    }
}

/// `2026-01-02T03:04:05.678Z what it said`
fn line(pod: &str, text: &str) -> LogLine {
    let (at, rest) = match text.split_once(' ') {
        Some((stamp, rest)) => match moment::parse(stamp) {
            Some(at) => (Some(at), rest),
            None => (None, text),
        },
        None => (None, text),
    };
    LogLine { at, source: pod.to_owned(), text: rest.to_owned() }
}
