//! `notify.webhook`: posts JSON to a URL.
//!
//! 2xx is delivered. 4xx is `permanent` (401 and 403 `denied`, 429 `throttled`); 5xx, a timeout and no answer are
//! `transient`: a message may come twice, and carries its key so that the receiver can tell.

use crate::declare::{endpoint, example, optional, subject, tells};
use heal_lang::catalogue::{ActionDecl, Class, DefaultValue, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    let mut params = vec![subject("url", Type::String, "Where; its host must be allowed.")];
    params.extend(super::message());
    params.push(optional(
        "token",
        Type::Secret(Box::new(Type::String)).optional(),
        DefaultValue::None,
        "Sent as `Authorization: Bearer …`.",
    ));
    ActionDecl {
        doc:
            "The body is `{text, summary, link, severity, run, key}`; `text` holds summary and link, as chat services \
              want it. The key is also the header `Idempotency-Key`."
                .to_owned(),
        params,
        result: ResultDecl::Nothing,
        permissions: vec![endpoint("POST to the webhook")],
        examples: vec![example(
            "Tell a chat room",
            r#"notify.webhook("http://127.0.0.1:9000/hook", summary: "orders fail")"#,
        )],
        ..tells("notify.webhook", "posts a message to a webhook", Class::Blind)
    }
}
