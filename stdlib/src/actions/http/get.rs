//! `http.get`: reads a page.
//!
//! Any status that came whole is an answer. No answer is `transient`; 429 and 503 with `Retry-After` are `throttled`;
//! 401 and 403 are `denied`.

use super::{permission, request, shown, value};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::declare::{endpoint, example, reads, result_record, subject};
use crate::error::ErrorInfo;
use crate::request::{Endpoint, ReadRequest};
use crate::status::Asked;
use crate::talk::{ask, done, fail, http, talk};
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

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let request = request(args, "GET", true)?;
        let Endpoint::Url(url) = request.endpoint.clone() else {
            return Err(ErrorInfo::permanent("internal", "no URL"));
        };
        Ok(talk(ask(ReadRequest::Http(request), move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            let asked = Asked { what: &shown("GET", &url), permission: permission("GET the URL") };
            match asked.read(&answer) {
                // Any other status is an answer that the playbook may judge.
                Some(error) if matches!(answer.status, 401 | 403 | 429 | 503) => fail(error),
                _ => done(value(&answer)),
            }
        })))
    }
}
