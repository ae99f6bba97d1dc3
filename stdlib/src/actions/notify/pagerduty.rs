//! `notify.pagerduty`: opens or adds to an incident.
//!
//! 202 is delivered. 400 is `permanent` with PagerDuty's message, 429 `throttled`, 5xx and no answer `transient`: the
//! dedup key makes a second event part of the first incident.

use crate::declare::{endpoint, example, maybe, required, tells};
use heal_lang::catalogue::{ActionDecl, Class, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    let mut params = vec![required(
        "key",
        Type::Secret(Box::new(Type::String)),
        "The integration key of the service (Events API v2).",
    )];
    params.extend(super::message());
    params.push(maybe("dedup", Type::String, "What makes two events one incident; otherwise the run's incident."));
    ActionDecl {
        doc: "Events API v2, over the connection `pagerduty` where `healrun.yaml` names one (a proxy, a test), else \
              PagerDuty's own address."
            .to_owned(),
        params,
        result: ResultDecl::Nothing,
        permissions: vec![endpoint("POST to PagerDuty's Events API")],
        examples: vec![example(
            "Page",
            r#"notify.pagerduty(key: pagerduty_key, summary: "orders fail", link: run.url)"#,
        )],
        ..tells("notify.pagerduty", "pages through PagerDuty", Class::Guarded)
    }
}
