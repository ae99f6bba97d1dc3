//! `kubernetes.rollout_undo`: sets the pod template of an earlier release.
//!
//! Not a toggle: the release is named, and resolved to its template (R1). The write carries tests on uid and generation
//! and the key of the intent (R58), so the server itself refuses a second time. `conflict` where the deployment moved;
//! `denied` 403; `throttled` 429; a lost answer and 5xx are `uncertain`.

use super::{app, writes};
use crate::declare::{changes, example, required, result_record, undone_by};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Releases compare by the hash of their template. Blocked where the deployment no longer wants `expect`. \
              Refused where Argo CD, Flux or an operator manages it: they would take it back."
            .to_owned(),
        params: vec![
            app(),
            required("to", Type::record("kubernetes.Rollout"), "The release to go to."),
            required("expect", Type::record("kubernetes.Rollout"), "The release that is rolled out now."),
        ],
        result: result_record("kubernetes.Changed"),
        target: Some("app".to_owned()),
        expects: true,
        permissions: writes(),
        examples: vec![example("Back to the last good one", "kubernetes.rollout_undo(app, to: good, expect: bad)")],
        ..changes(
            "kubernetes.rollout_undo",
            "rolls a deployment back to an earlier release",
            Class::Guarded,
            Risk::Medium,
            undone_by("kubernetes.rollout_undo", "sets the template of the release it was rolled back from"),
        )
    }
}
