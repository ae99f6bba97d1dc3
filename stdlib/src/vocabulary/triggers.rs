//! What starts a run. Everything a trigger brings is a hint of untrusted text: detect reads again (R53, R67).

use crate::declare::{from_outside, maybe, optional, record, subject};
use heal_lang::catalogue::{DefaultValue, RecordDecl, TriggerDecl, Type};
use std::collections::BTreeMap;

fn trigger(name: &str, params: Vec<heal_lang::catalogue::ParamDecl>, binds: Option<&str>, doc: &str) -> TriggerDecl {
    TriggerDecl {
        name: name.to_owned(),
        params,
        binds: binds.map(|r| BTreeMap::from([(name.to_owned(), Type::record(r))])).unwrap_or_default(),
        doc: doc.to_owned(),
    }
}

pub(crate) fn triggers() -> Vec<TriggerDecl> {
    vec![
        trigger(
            "alert",
            vec![
                subject("name", Type::String, "The alert's name."),
                maybe("labels", Type::Map(Box::new(Type::String)), "Labels that it must have."),
            ],
            Some("trigger.Alert"),
            "An alert fires.",
        ),
        trigger(
            "schedule",
            vec![
                subject("cron", Type::String, "Five fields: minute, hour, day, month, weekday."),
                optional("zone", Type::String, DefaultValue::Text("UTC".to_owned()), "The time zone."),
            ],
            Some("trigger.Schedule"),
            "A time comes.",
        ),
        trigger(
            "ci",
            vec![
                subject("workflow", Type::String, "The workflow's name."),
                maybe("conclusion", Type::enumeration("github.conclusion"), "Only runs that ended like this."),
                maybe("branch", Type::String, "Only runs of this branch."),
            ],
            Some("trigger.Ci"),
            "A workflow run ends (`workflow_run`).",
        ),
    ]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "trigger.Alert",
                "An alert, as the alerting system sent it.",
                &[
                    ("name", Type::String, "Its name."),
                    ("status", Type::enumeration("alert_status"), "Where it stands."),
                    ("labels", Type::Map(Box::new(Type::String)), "Its labels."),
                    ("annotations", Type::Map(Box::new(Type::String)), "Its annotations."),
                    ("starts_at", Type::Time, "Since when it fires."),
                    ("fingerprint", Type::String, "What makes it the same alert."),
                ],
            ),
            &["name", "labels", "annotations", "fingerprint"],
        ),
        record("trigger.Schedule", "A time that came.", &[("at", Type::Time, "Which.")]),
        from_outside(
            record(
                "trigger.Ci",
                "A workflow run that ended.",
                &[
                    ("run_id", Type::Int, "Its id."),
                    ("workflow", Type::String, "The workflow's name."),
                    ("conclusion", Type::enumeration("github.conclusion"), "How it ended."),
                    ("attempt", Type::Int, "Which attempt it was."),
                    ("branch", Type::String, "Of which branch."),
                    ("commit", Type::String, "Of which commit."),
                    ("url", Type::String, "Its page."),
                ],
            ),
            &["workflow", "branch", "commit", "url"],
        ),
    ]
}
