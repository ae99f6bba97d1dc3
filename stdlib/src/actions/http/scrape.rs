//! `http.scrape`: reads a metrics page again and again, and keeps what it saw.
//!
//! A scrape that fails is a gap, not a failure; if all fail there is no data. Its timeout is `for` + 10s.

use crate::declare::{duration, endpoint, example, reads, required, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Samples are appended as OpenMetrics text, stamped with the time of their scrape, to a file below the \
              state directory: evidence of our own, so also in `plan`. Each scrape adds `heal_scrape_ok` (1 or 0): a \
              series that a successful scrape does not show can then be counted as absent."
            .to_owned(),
        params: vec![
            subject("url", Type::String, "The metrics page (Prometheus text or OpenMetrics)."),
            required("into", Type::String, "The file's name below the state directory; kept from run to run."),
            duration("every", 1.0, "Between two scrapes."),
            required("for", Type::DURATION, "How long to go on."),
        ],
        result: result_record("http.Scrape"),
        permissions: vec![endpoint("GET the metrics page")],
        timeout_from: Some("for".to_owned()),
        examples: vec![example(
            "Twenty seconds of a service's own counters",
            r#"http.scrape("http://127.0.0.1:8080/metrics", into: "shop.om", every: 1s, for: 20s)"#,
        )],
        ..reads("http.scrape", "collects samples from a metrics page")
    }
}
