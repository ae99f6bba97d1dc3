//! `http.request`: any request.
//!
//! As a change: 2xx happened; 400, 404, 405, 409, 410, 412, 413, 415, 422 are definite refusals (`permanent`, 409 and
//! 412 `conflict`); 401 and 403 `denied`; 429, and 503 with `Retry-After`, `throttled`; 408, other 5xx, a timeout and a
//! connection that was lost after sending are `uncertain` (R8).

use crate::declare::{changes, endpoint, example, no_undo, optional, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Class, DefaultValue, Effect, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    let mut params = vec![
        subject("url", Type::String, "Where; its host must be allowed."),
        optional("method", Type::enumeration("http.method"), DefaultValue::Word("post".to_owned()), "The method."),
        optional("body", Type::String.optional(), DefaultValue::None, "A body of text."),
        optional("json", Type::Json.optional(), DefaultValue::None, "A body of JSON."),
    ];
    params.extend(super::common());
    ActionDecl {
        effect: Effect::Destroy,
        assertable: true,
        doc: "Nobody knows what a request does, so it may do anything until its author asserts `effect: read` or \
              `effect: change` (L35). The key of the intent is sent as `Idempotency-Key`."
            .to_owned(),
        params,
        result: result_record("http.Answer"),
        permissions: vec![endpoint("send the request")],
        examples: vec![
            example(
                "A query that is a POST",
                r#"http.request("http://127.0.0.1:9000/search", json: "errors", effect: read)"#,
            ),
            example("Drain a node", r#"http.request("http://127.0.0.1:9000/drain", method: put, effect: change)"#),
        ],
        ..changes(
            "http.request",
            "sends an HTTP request",
            Class::Blind,
            Risk::High,
            no_undo("nobody knows what the request did"),
        )
    }
}
