//! GitHub Actions and issues, over the connection `github` (in CI: the job's own repository and token).
//!
//! Answers are read into structs of our own with optional fields: they serve Gitea too, which mirrors these paths.

mod api;
pub(crate) mod comment;
pub(crate) mod failed_jobs;
pub(crate) mod job_log;
pub(crate) mod rerun_failed_jobs;
pub(crate) mod runs;
#[cfg(test)]
mod tests;

use crate::declare::{from_outside, record, subject, words};
use heal_lang::catalogue::{EnumDecl, RecordDecl, TargetDecl, Type};

pub(crate) fn targets() -> Vec<TargetDecl> {
    vec![TargetDecl {
        name: "github.run".to_owned(),
        noun: "run".to_owned(),
        params: vec![subject("id", Type::Int, "Its id: `GITHUB_RUN_ID`.")],
        section: None,
        doc: "A workflow run of the connected repository.".to_owned(),
    }]
}

pub(crate) fn enums() -> Vec<EnumDecl> {
    vec![
        words(
            "github.status",
            &["queued", "in_progress", "waiting", "completed", "other"],
            "Where a run or job stands.",
        ),
        words(
            "github.conclusion",
            &[
                "pending",
                "success",
                "failure",
                "cancelled",
                "skipped",
                "timed_out",
                "action_required",
                "neutral",
                "stale",
                "other",
            ],
            "How a run or job ended; `pending` until it did.",
        ),
    ]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "github.Run",
                "A workflow run.",
                &[
                    ("id", Type::Int, "Its id."),
                    ("workflow", Type::String, "The workflow's name."),
                    ("status", Type::enumeration("github.status"), "Where it stands."),
                    ("conclusion", Type::enumeration("github.conclusion"), "How it ended."),
                    ("attempt", Type::Int, "Which attempt this is, 1 first."),
                    ("branch", Type::String, "Of which branch."),
                    ("commit", Type::String, "Of which commit."),
                    ("event", Type::String, "What started it."),
                    ("at", Type::Time.optional(), "When it was created."),
                    ("url", Type::String, "Its page."),
                ],
            ),
            &["workflow", "branch", "commit", "event", "url"],
        ),
        from_outside(
            record(
                "github.Job",
                "A job of a run.",
                &[
                    ("id", Type::Int, "Its id."),
                    ("name", Type::String, "Its name."),
                    ("conclusion", Type::enumeration("github.conclusion"), "How it ended."),
                    ("failed_step", Type::String.optional(), "The first step that failed."),
                    ("attempt", Type::Int, "Of which attempt of the run."),
                    ("started", Type::Time.optional(), "When it began."),
                    ("ended", Type::Time.optional(), "When it ended."),
                    ("url", Type::String, "Its page."),
                ],
            ),
            &["name", "failed_step", "url"],
        ),
        record(
            "github.Rerun",
            "A run that was started again.",
            &[("attempt", Type::Int, "The attempt before; the new one is the next.")],
        ),
    ]
}
