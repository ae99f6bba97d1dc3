//! `kubernetes.rollout_restart`: replaces the pods of a deployment one by one, as its strategy says.
//!
//! Sets the annotation `kubectl.kubernetes.io/restartedAt` of the pod template; preconditions and failures are those of
//! `kubernetes.rollout_undo`.

use super::{app, writes};
use crate::declare::{changes, example, no_undo, result_record};
use heal_lang::catalogue::{ActionDecl, Class, Risk};

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
