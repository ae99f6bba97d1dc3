//! `http.probe`: does it answer?
//!
//! A probe's failure is its answer (L27): refused, reset, timed out, TLS and a status outside the expected range give
//! `ok = false`. Only what stops us from asking fails: a host that is not allowed, a URL that is none, no local socket.

use crate::declare::{endpoint, example, maybe, reads, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "One GET, redirects not followed. `ok` means 2xx or 3xx, or exactly `status` where it is given."
            .to_owned(),
        params: vec![
            subject("url", Type::String, "Where; its host must be allowed."),
            maybe("status", Type::Int, "The one status that counts as well."),
            maybe("slower_than", Type::DURATION, "An answer that took longer is not ok."),
        ],
        result: result_record("http.Probe"),
        permissions: vec![endpoint("GET the probed URL")],
        examples: vec![
            example("Is it up", r#"http.probe("http://127.0.0.1:8080/health").ok"#),
            example("Does it refuse strangers", r#"http.probe("http://127.0.0.1:8080/admin", status: 401).ok"#),
        ],
        ..reads("http.probe", "asks whether a URL answers")
    }
}
