//! `prometheus.range`: a query over time.
//!
//! An empty answer and more than one series are no data; a step without a value is a missing sample. Failures are
//! those of `prometheus.instant`.

use crate::declare::{duration, endpoint, example, reads, required, subject, unit};
use heal_lang::catalogue::{ActionDecl, Language, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "At most 11,000 steps. The newest sample that exists says how late the source is.".to_owned(),
        params: vec![
            subject("query", Type::Query(Language::Promql), "The query."),
            unit(),
            required("over", Type::DURATION, "How far back."),
            duration("step", 30.0, "Between two samples."),
        ],
        result: ResultDecl::SeriesOfUnit,
        permissions: vec![endpoint("query Prometheus")],
        examples: vec![example(
            "Six hours of an error ratio",
            r#"prometheus.range("sum(rate(errors_total[1m])) / sum(rate(requests_total[1m]))", unit: ratio, over: 6h, step: 30s)"#,
        )],
        ..reads("prometheus.range", "asks Prometheus for a series")
    }
}
