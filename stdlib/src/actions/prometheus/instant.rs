//! `prometheus.instant`: the value of a query now.
//!
//! An empty answer, NaN, and more than one series are no data, each with its reason. 400 and 422 are `permanent` with
//! the server's message; 429, and 503 with `Retry-After`, `throttled`; other 5xx and no answer `transient`.

use crate::declare::{endpoint, example, reads, subject, unit};
use heal_lang::catalogue::{ActionDecl, Language, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "The query must give one number (a scalar, or one series). A quotient of rates is empty exactly when \
              there is nothing to count: write `or vector(0)` where that means 0."
            .to_owned(),
        params: vec![subject("query", Type::Query(Language::Promql), "The query."), unit()],
        result: ResultDecl::QuantityOfUnit,
        permissions: vec![endpoint("query Prometheus")],
        examples: vec![example(
            "Requests per second",
            r#"prometheus.instant("sum(rate(http_requests_total[1m]))", unit: per_second)"#,
        )],
        ..reads("prometheus.instant", "asks Prometheus for a value now")
    }
}
