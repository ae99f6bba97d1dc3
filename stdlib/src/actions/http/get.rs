//! `http.get`: reads a page.
//!
//! Any status that came whole is an answer. No answer is `transient`; 429 and 503 with `Retry-After` are `throttled`;
//! 401 and 403 are `denied`.

use crate::declare::{endpoint, example, reads, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    let mut params = vec![subject("url", Type::String, "Where; its host must be allowed.")];
    params.extend(super::common());
    ActionDecl {
        doc: "A GET. For any other method, and for a GET that changes something, there is `http.request`.".to_owned(),
        params,
        result: result_record("http.Answer"),
        permissions: vec![endpoint("GET the URL")],
        examples: vec![example(
            "A field of a JSON answer",
            r#"http.get("http://127.0.0.1:8080/state").json["mode"] as string"#,
        )],
        ..reads("http.get", "reads a page over HTTP")
    }
}
