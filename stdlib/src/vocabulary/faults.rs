//! Faults that scenarios inject: of the world, the adapters, the telemetry, the runner (design, section 5).

use crate::declare::{maybe, required, subject};
use heal_lang::catalogue::{Dim, FaultDecl, ParamDecl, Type};

fn fault(name: &str, params: Vec<ParamDecl>, doc: &str) -> FaultDecl {
    FaultDecl { name: name.to_owned(), params, doc: doc.to_owned() }
}

/// How long it lasts; without it, until something ends it.
fn lasting() -> ParamDecl {
    maybe("for", Type::DURATION, "How long; otherwise until something ends it.")
}

fn service() -> ParamDecl {
    subject("service", Type::String, "Of which service of the world.")
}

fn adapter() -> ParamDecl {
    subject("adapter", Type::String, "Of which family: `kubernetes`, `prometheus`, `github`, `http`.")
}

fn source() -> ParamDecl {
    subject("source", Type::String, "Of which source: `metrics`, `logs`, or a metric's name.")
}

pub(crate) fn faults() -> Vec<FaultDecl> {
    let mut all = world();
    all.extend(adapters());
    all.extend(telemetry());
    all.push(fault(
        "runner_crash",
        vec![subject("at", Type::String, "Right after which event: `admitted`, `sent`, `answered`, `settled`.")],
        "healrun itself dies.",
    ));
    all
}

fn world() -> Vec<FaultDecl> {
    vec![
        fault(
            "bad_release",
            vec![
                service(),
                maybe("error_rate", Type::RATIO, "The share of requests that fail."),
                maybe("latency", Type::DURATION, "Added to each answer."),
                maybe("version", Type::String, "Its name."),
            ],
            "A release is rolled out that fails part of the requests.",
        ),
        fault(
            "memory_leak",
            vec![service(), required("rate", Type::Quantity(Dim::BytesPerSecond), "How fast it grows."), lasting()],
            "Memory grows until the container is killed.",
        ),
        fault(
            "dependency_down",
            vec![service(), required("dependency", Type::String, "Which one."), lasting()],
            "A dependency refuses.",
        ),
        fault(
            "slow_dependency",
            vec![
                service(),
                required("dependency", Type::String, "Which one."),
                required("latency", Type::DURATION, "Added to each answer."),
                lasting(),
            ],
            "A dependency answers late.",
        ),
        fault(
            "traffic_surge",
            vec![service(), required("factor", Type::NUMBER, "So many times the usual load."), lasting()],
            "More customers come.",
        ),
        fault(
            "attack_traffic",
            vec![service(), required("rate", Type::RATE, "Requests per second."), lasting()],
            "Somebody floods the service.",
        ),
        fault("node_loss", vec![subject("node", Type::String, "Which node."), lasting()], "A node is gone."),
        fault(
            "disk_filling",
            vec![service(), required("rate", Type::Quantity(Dim::BytesPerSecond), "How fast."), lasting()],
            "A disk fills.",
        ),
        fault(
            "certificate_expiry",
            vec![service(), required("in", Type::DURATION, "How soon.")],
            "A certificate expires.",
        ),
        fault(
            "config_drift",
            vec![service(), required("key", Type::String, "Which setting."), maybe("value", Type::String, "To what.")],
            "Somebody changed a setting by hand.",
        ),
        fault(
            "queue_lag",
            vec![service(), required("rate", Type::RATE, "Messages per second that pile up."), lasting()],
            "A queue grows.",
        ),
        fault(
            "data_corruption",
            vec![service(), required("share", Type::RATIO, "The share of records that are bad.")],
            "Stored data is damaged.",
        ),
        fault(
            "flaky_test",
            vec![
                subject("workflow", Type::String, "Of which workflow."),
                required("rate", Type::RATIO, "How often it fails."),
            ],
            "A test fails now and then.",
        ),
        fault(
            "runner_starvation",
            vec![subject("label", Type::String, "Of which runners."), lasting()],
            "No runner is free.",
        ),
    ]
}

fn adapters() -> Vec<FaultDecl> {
    vec![
        fault(
            "api_errors",
            vec![
                adapter(),
                required("status", Type::Int, "With which status."),
                maybe("share", Type::RATIO, "Of how many calls; otherwise of all."),
                lasting(),
            ],
            "An API answers with errors.",
        ),
        fault(
            "api_timeouts",
            vec![adapter(), maybe("share", Type::RATIO, "Of how many calls; otherwise of all."), lasting()],
            "An API does not answer.",
        ),
        fault(
            "api_throttling",
            vec![adapter(), maybe("retry_after", Type::DURATION, "The server's hint."), lasting()],
            "An API asks to come again later.",
        ),
        fault(
            "partial_success",
            vec![adapter(), required("share", Type::RATIO, "The share that works."), lasting()],
            "An API does part of what it was asked.",
        ),
        fault(
            "effect_without_answer",
            vec![adapter(), lasting()],
            "An API does what it was asked and the answer is lost.",
        ),
    ]
}

fn telemetry() -> Vec<FaultDecl> {
    vec![
        fault("telemetry_gap", vec![source(), lasting()], "Samples are missing."),
        fault(
            "telemetry_delay",
            vec![source(), required("by", Type::DURATION, "How late."), lasting()],
            "Samples come late.",
        ),
        fault(
            "telemetry_noise",
            vec![source(), required("level", Type::RATIO, "Of the usual value."), lasting()],
            "Samples are noisy.",
        ),
        fault(
            "poisoned_logs",
            vec![service(), required("line", Type::String, "What somebody gets into the log."), lasting()],
            "Log lines lie.",
        ),
    ]
}
