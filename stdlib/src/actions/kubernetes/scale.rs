//! `kubernetes.scale`: sets the number of replicas.
//!
//! An absolute number (R1). Refused where a HorizontalPodAutoscaler owns the number. Preconditions and failures are
//! those of `kubernetes.rollout_undo`.

use super::{app, writes};
use crate::declare::{changes, example, required, result_record, undone_by};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

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
