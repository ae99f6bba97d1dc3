//! `kubernetes.rollout_history`: the releases of a deployment, and which of them was good.
//!
//! Releases are its replica sets, ordered by revision. Failures are those of `kubernetes.pods`.

use super::app;
use crate::declare::{example, reads, result_record, rule};
use heal_lang::catalogue::ActionDecl;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "`last_stable` is the newest other release that healrun noted as good at a quiet or healed end, or one \
              that ran for the environment's `stable_after` from its creation to the next one's. Where a rollback \
              makes those times unknown (`deployment.kubernetes.io/revision-history` on it or its successor) only \
              what was noted counts."
            .to_owned(),
        params: vec![app()],
        result: result_record("kubernetes.History"),
        permissions: vec![rule("apps", "deployments", &["get"]), rule("apps", "replicasets", &["list"])],
        examples: vec![example("When the latest release came", "kubernetes.rollout_history(app).latest.at")],
        ..reads("kubernetes.rollout_history", "lists the releases of a deployment")
    }
}
