//! HTTP: requests, probes, scrapes. Hosts come from the allow list (R72).

pub(crate) mod get;
pub(crate) mod probe;
pub(crate) mod request;
pub(crate) mod scrape;

use crate::declare::{optional, record};
use heal_lang::catalogue::{DefaultValue, ParamDecl, RecordDecl, Type};

/// Parameters that every request shares.
fn common() -> Vec<ParamDecl> {
    let texts = || Type::Map(Box::new(Type::String));
    vec![
        optional("headers", texts(), DefaultValue::EmptyMap, "Headers."),
        optional(
            "token",
            Type::Secret(Box::new(Type::String)).optional(),
            DefaultValue::None,
            "Sent as `Authorization: Bearer …`.",
        ),
    ]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        record(
            "http.Answer",
            "What a server answered.",
            &[
                ("ok", Type::Bool, "The status is 2xx."),
                ("status", Type::Int, "The status."),
                ("body", Type::String, "The body, up to the cap."),
                ("json", Type::Json, "The body as JSON; no data where it is none."),
                ("latency", Type::DURATION, "From sending to the last byte."),
            ],
        ),
        record(
            "http.Probe",
            "What a probe found. That nobody answers is an answer.",
            &[
                (
                    "ok",
                    Type::Bool,
                    "An answer came and its status is what was expected (2xx or 3xx unless said otherwise).",
                ),
                ("status", Type::Int.optional(), "The status, where an answer came."),
                ("latency", Type::DURATION, "From sending to the last byte, or to the failure."),
                ("error", Type::String.optional(), "Why no answer came, in words."),
            ],
        ),
        record(
            "http.Scrape",
            "Samples that were collected.",
            &[
                ("path", Type::String, "The file they were appended to; goes into `data.series`."),
                ("scrapes", Type::Int, "How often the page was read."),
                ("failures", Type::Int, "How often it could not be read."),
            ],
        ),
    ]
}
