//! `kubernetes.set_resources`: sets a container's limits and requests.
//!
//! Absolute values (R1), so a retry does not compound. Requests never exceed limits: a request that would is lowered
//! with its limit and raised with neither. Preconditions and failures are those of `kubernetes.rollout_undo`.

use super::{app, writes};
use crate::declare::{changes, example, maybe, required, result_record, undone_by};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Sets what is given and leaves the rest; rolls the pods. More than `at_most` is refused, not cut."
            .to_owned(),
        params: vec![
            app(),
            required("container", Type::String, "Which container."),
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
