//! `file.switch_release`: points a release link at another release.
//!
//! One rename, only if the link still points at `expect`, then a line in `LINK.history`. Its probe is the link itself.
//! Fails `conflict` where the link points elsewhere, `denied` where its folder may not be written.

use crate::declare::{changes, example, local, required, result_record, subject, undone_by};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc:
            "The target must exist: a link is never pointed at nothing. Switching does not restart anything: whatever \
              serves the release has to notice."
                .to_owned(),
        params: vec![
            subject("link", Type::target("file.release_link"), "Which link."),
            required("to", Type::record("file.Release"), "The release to serve."),
            required(
                "expect",
                Type::record("file.Release"),
                "The release that is served now; another one blocks the change.",
            ),
        ],
        result: result_record("file.Switched"),
        target: Some("link".to_owned()),
        expects: true,
        permissions: vec![local("write the folder of the link")],
        examples: vec![example(
            "Back to the last stable release",
            "file.switch_release(served, to: good, expect: bad)",
        )],
        ..changes(
            "file.switch_release",
            "switches a release link",
            Class::Probed,
            Risk::Medium,
            undone_by("file.switch_release", "points the link back at the release it was switched from"),
        )
    }
}
