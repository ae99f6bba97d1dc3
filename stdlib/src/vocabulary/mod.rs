//! What belongs to no action: words of the language's own settings, records of a run, triggers, faults, methods.

pub(crate) mod faults;
pub(crate) mod methods;
pub(crate) mod triggers;

use crate::declare::{from_outside, ordered, record, words};
use heal_lang::catalogue::{EnumDecl, RecordDecl, Type};

pub(crate) fn enums() -> Vec<EnumDecl> {
    vec![
        ordered("risk", &["low", "medium", "high"], "Risk and severity."),
        ordered("severity", &["low", "medium", "high"], "How bad an incident is."),
        words(
            "unit",
            &["ratio", "percent", "seconds", "milliseconds", "bytes", "per_second", "count", "number"],
            "What the numbers of a query are.",
        ),
        words(
            "outcome",
            &[
                "healthy",
                "self_resolved",
                "joined",
                "healed",
                "observed",
                "suggested",
                "waiting",
                "refused",
                "blocked",
                "no_data",
                "not_healed",
                "undone",
                "inconclusive",
                "unsafe",
                "untold",
                "cancelled",
                "internal",
                "invalid",
                "state",
            ],
            "How a run ended.",
        ),
        words("verdict", &["fixed", "not_fixed", "worse", "cannot_tell"], "What a verify found."),
        ordered("autonomy", &["observe", "suggest", "approve", "act"], "What is allowed in an environment."),
        words(
            "error_class",
            &["transient", "throttled", "permanent", "denied", "conflict", "uncertain"],
            "What kind of failure it was.",
        ),
        words("jitter", &["full", "none"], "Whether waits are drawn by lot."),
        words("alert_status", &["firing", "resolved"], "Where an alert stands."),
        words(
            "weekday",
            &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            "A day of the week.",
        ),
        ordered("notify.severity", &["info", "warning", "error", "critical"], "How loud a message is."),
        words("http.method", &["get", "head", "post", "put", "patch", "delete"], "A method."),
    ]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "run",
                "The run itself.",
                &[
                    ("id", Type::String, "Its id."),
                    ("url", Type::String, "Its page in CI, else the command that shows it."),
                    ("outcome", Type::enumeration("outcome"), "How it ended, as far as it has."),
                    ("environment", Type::String, "The environment of `healrun.yaml`."),
                    ("playbook", Type::String, "The playbook's name."),
                    ("plan_hash", Type::String, "What was planned."),
                    ("because", Type::String, "Why it ended so, in words."),
                    ("started", Type::Time, "When it began."),
                    ("incident", Type::String, "The key of its incident, the same for every run of it."),
                ],
            ),
            &["because"],
        ),
        record(
            "cause",
            "A cause that a diagnose considered.",
            &[("name", Type::String, "Its name."), ("confidence", Type::RATIO, "Its number.")],
        ),
        from_outside(
            record(
                "change",
                "A change that was made.",
                &[
                    ("action", Type::String, "The action."),
                    ("target", Type::String, "On what."),
                    ("summary", Type::String, "In words."),
                ],
            ),
            &["target", "summary"],
        ),
    ]
}
