//! Files, and releases behind a symbolic link.
//!
//! A release link is switched in one rename. Each switch, by healrun or by a deploy script, appends a line to
//! `LINK.history`: the time as RFC 3339, a space, the link's new target.

pub(crate) mod facts;
mod history;
pub(crate) mod logs;
pub(crate) mod releases;
pub(crate) mod switch_release;

use crate::declare::{from_outside, record, subject, words};
use heal_lang::catalogue::{EnumDecl, RecordDecl, TargetDecl, Type};

pub(crate) fn targets() -> Vec<TargetDecl> {
    vec![TargetDecl {
        name: "file.release_link".to_owned(),
        noun: "release_link".to_owned(),
        params: vec![subject("path", Type::String, "The symbolic link.")],
        section: None,
        doc: "A symbolic link that says which release is served.".to_owned(),
    }]
}

pub(crate) fn enums() -> Vec<EnumDecl> {
    vec![words("file.kind", &["missing", "file", "folder", "link", "other"], "What stands at a path.")]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "file.Facts",
                "What is known about a path.",
                &[
                    ("exists", Type::Bool, "There is something."),
                    ("kind", Type::enumeration("file.kind"), "What it is."),
                    ("size", Type::BYTES, "Its size; 0 where there is nothing."),
                    ("modified", Type::Time.optional(), "When it was last written; of a link itself."),
                    ("link", Type::String.optional(), "Where a link points, as it stands in it."),
                ],
            ),
            &["link"],
        ),
        record(
            "file.Release",
            "A release behind a link. Two are the same when their target is.",
            &[
                ("target", Type::String, "Where the link points or pointed, as it stands in it."),
                ("at", Type::Time, "When the link was switched to it."),
            ],
        ),
        record(
            "file.Releases",
            "The releases behind a link.",
            &[
                ("latest", Type::record("file.Release"), "What the link points at now."),
                (
                    "last_stable",
                    Type::record("file.Release").optional(),
                    "The newest other release that served for `stable_after` before it was replaced; absent if none did.",
                ),
                ("earlier", Type::record("file.Release").list(), "What it pointed at before, newest first."),
            ],
        ),
        record(
            "file.Switched",
            "A link that was switched.",
            &[("from", Type::String, "Where it pointed."), ("to", Type::String, "Where it points.")],
        ),
    ]
}
