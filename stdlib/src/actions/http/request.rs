//! `http.request`: any request.
//!
//! As a change: 2xx happened; 400, 404, 405, 409, 410, 412, 413, 415, 422 are definite refusals (`permanent`, 409 and
//! 412 `conflict`); 401 and 403 `denied`; 429, and 503 with `Retry-After`, `throttled`; 408, other 5xx, a timeout and a
//! connection that was lost after sending are `uncertain` (R8).

use super::{permission, request, shown, value};
use crate::action::{
    Args, ChangeAction, ChangeMachine, ProbeMachine, ReadAction, ReadMachine, ResolveMachine, ResolveStep,
    ResolvedCall, Surroundings,
};
use crate::arguments;
use crate::declare::{changes, data, endpoint, example, no_undo, optional, result_record, subject};
use crate::error::ErrorInfo;
use crate::evaluate::{clip, to_json};
use crate::request::{ChangeRequest, HeaderText, HttpBody, HttpRequest, ReadRequest};
use crate::status::Asked;
use crate::talk::{Sent, Turn, ask, changed, done, fail, http, talk};
use heal_lang::catalogue::{ActionDecl, Class, DefaultValue, Effect, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    let mut params = vec![
        subject("url", Type::String, "Where; its host must be allowed."),
        optional("method", Type::enumeration("http.method"), DefaultValue::Word("post".to_owned()), "The method."),
        data(optional("body", Type::String.optional(), DefaultValue::None, "A body of text.")),
        data(optional("json", Type::Json.optional(), DefaultValue::None, "A body of JSON.")),
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

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let (request, shown) = whole(args)?;
        Ok(talk(ask(ReadRequest::Http(request), move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            let asked = Asked { what: &shown, permission: permission("send the request") };
            match asked.read(&answer) {
                Some(error) if matches!(answer.status, 401 | 403 | 429 | 503) => fail(error),
                _ => done(value(&answer)),
            }
        })))
    }
}

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let (request, shown) = whole(args)?;
        Ok(talk(Turn::End(ResolveStep::Done(Box::new(ResolvedCall {
            args: args.clone(),
            summary: clip(&shown, 200),
            before: serde_json::Value::Null,
            undo: None,
            identity: serde_json::json!({ "request": shown, "body": body_hash(&request) }),
            unchanged: false,
        })))))
    }

    fn send(&self, call: &ResolvedCall, key: &str, _: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let (mut request, shown) = whole(&call.args)?;
        request.headers.push(("idempotency-key".to_owned(), HeaderText::Plain(key.to_owned())));
        Ok(talk(ask(Sent::Write(ChangeRequest::Http(request)), move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            let asked = Asked { what: &shown, permission: permission("send the request") };
            match asked.change(&answer) {
                Some(error) => fail(error),
                None => changed(value(&answer)),
            }
        })))
    }

    fn probe(&self, _: &ResolvedCall, _: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        None
    }
}

/// The request, and how it is shown. Redirects are not followed: a change must not go where nobody sent it.
fn whole(args: &Args) -> Result<(HttpRequest, String), ErrorInfo> {
    let method = arguments::maybe_text(args, "method")?.unwrap_or_else(|| "post".to_owned()).to_uppercase();
    let mut request = request(args, &method, false)?;
    let text = arguments::maybe_text(args, "body")?;
    let json = arguments::given(args, "json")?;
    request.body = match (text, json) {
        (Some(_), Some(_)) => return Err(ErrorInfo::permanent("argument", "`body` and `json` exclude each other")),
        (Some(text), None) => Some(HttpBody::Text { content_type: "text/plain; charset=utf-8".to_owned(), text }),
        (None, Some(value)) => {
            let text = to_json(value).to_string();
            Some(HttpBody::Text { content_type: "application/json".to_owned(), text })
        }
        (None, None) => None,
    };
    let url = super::url(args, "url")?;
    Ok((request, shown(&method, &url)))
}

/// Another body is another change.
fn body_hash(request: &HttpRequest) -> String {
    let mut hasher = blake3::Hasher::new();
    if let Some(HttpBody::Text { text, .. }) = &request.body {
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().as_str().get(..16).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ChangeStep;
    use crate::request::Answer;
    use crate::status::tests::answer;
    use crate::value::Value;
    use heal_lang::plan::ErrorClass;

    fn args() -> Args {
        Args::from([
            ("url".to_owned(), Value::text("http://127.0.0.1:9/drain?key=hidden")),
            ("method".to_owned(), Value::Word("put".into())),
        ])
    }

    fn send(reply: Answer) -> ChangeStep {
        let at = Surroundings::default();
        let ResolveStep::Done(call) = Action.resolve(&args(), &at).unwrap().next(None, 0) else { panic!() };
        assert_eq!(call.summary, "PUT http://127.0.0.1:9/drain");
        let mut machine = Action.send(&call, "KEY", &at).unwrap();
        let ChangeStep::Send(ChangeRequest::Http(request)) = machine.next(None, 0) else { panic!() };
        assert!(request.headers.contains(&("idempotency-key".to_owned(), HeaderText::Plain("KEY".to_owned()))));
        assert_eq!(request.method, "PUT");
        machine.next(Some(reply), 0)
    }

    #[test]
    fn a_lost_answer_is_uncertain_and_a_refusal_is_definite() {
        let ChangeStep::Fail(lost) = send(Answer::Http(answer(502, ""))) else { panic!() };
        assert_eq!(lost.class, ErrorClass::Uncertain);
        let ChangeStep::Fail(refused) = send(Answer::Http(answer(422, ""))) else { panic!() };
        assert!(refused.class == ErrorClass::Permanent && refused.refused_definitely);
        let ChangeStep::Fail(denied) = send(Answer::Http(answer(403, ""))) else { panic!() };
        assert!(denied.permission.is_some());
        assert!(matches!(send(Answer::Http(answer(200, "ok"))), ChangeStep::Done { .. }));
    }

    #[test]
    fn only_http_urls_of_the_playbooks_own_are_asked() {
        for url in [Value::text("file:///etc/passwd"), Value::text("nonsense"), Value::Untrusted("http://x/".into())] {
            let args = Args::from([("url".to_owned(), url)]);
            assert!(Action.resolve(&args, &Surroundings::default()).is_err());
        }
    }
}
