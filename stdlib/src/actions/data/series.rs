//! `data.series`: one series from CSV, JSON lines or OpenMetrics text.
//!
//! An unfinished last line is ignored: somebody may be writing it. A file that is missing or holds no matching sample
//! has no data.

use crate::declare::{duration, example, local, maybe, optional, reads, subject, unit};
use heal_lang::catalogue::{ActionDecl, DefaultValue, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc:
            "**OpenMetrics**: samples of `metric` whose labels contain `labels`; several series are added up stamp by \
              stamp. `absent: 0` counts a series that a successful scrape (`http.scrape`) does not show as 0; a \
              failed scrape stays a gap.\n\n**CSV** (with a head line) and **JSON lines**: the value stands in the \
              column or field `metric`, the time in `time`; `labels` select rows. Times are RFC 3339, or seconds or \
              milliseconds since 1970."
                .to_owned(),
        params: vec![
            subject("path", Type::String, "The file, or the `path` of an `http.scrape`."),
            optional("metric", Type::String, DefaultValue::Text("value".to_owned()), "The metric, column or field."),
            optional(
                "labels",
                Type::Map(Box::new(Type::String)),
                DefaultValue::EmptyMap,
                "What the labels, columns or fields must be.",
            ),
            maybe(
                "time",
                Type::String,
                "The column or field of the time; otherwise `time`, `timestamp`, `at` or `ts`.",
            ),
            maybe("absent", Type::NUMBER, "The value of a series that a successful scrape does not show."),
            optional(
                "format",
                Type::enumeration("data.format"),
                DefaultValue::Word("auto".to_owned()),
                "How the file is written.",
            ),
            duration("over", 86_400.0, "How far back."),
            unit(),
        ],
        result: ResultDecl::SeriesOfUnit,
        permissions: vec![local("read the file")],
        examples: vec![
            example(
                "Failed orders",
                r#"data.series("shop.om", metric: "shop_orders_total", labels: { code: "500" }, absent: 0)"#,
            ),
            example("A column of a CSV file", r#"data.series("latency.csv", metric: "p99", unit: milliseconds)"#),
        ],
        ..reads("data.series", "reads a series from a file")
    }
}
