//! `kubernetes.logs`: what the pods of a deployment said.
//!
//! A pod whose log can't be read is left out, with a line that says so; if none can, that failure is the answer.

use super::app;
use crate::declare::{duration, example, flag, int, maybe, reads, result, rule};
use heal_lang::catalogue::{ActionDecl, Evidence, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Pods that are not ready or were restarted come first; of a restarted container the log of the run \
              before is read too where `previous` says so."
            .to_owned(),
        params: vec![
            app(),
            duration("over", 900.0, "How far back."),
            maybe("container", Type::String, "Of which container; otherwise the pod's first."),
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
