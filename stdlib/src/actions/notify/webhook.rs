//! `notify.webhook`: posts JSON to a URL.
//!
//! 2xx is delivered. 4xx is `permanent` (401 and 403 `denied`, 429 `throttled`); 5xx, a timeout and no answer are
//! `transient`: a message may come twice, and carries its key so that the receiver can tell.

use super::{Message, posted, resolved};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::actions::http::{bearer, url};
use crate::arguments;
use crate::declare::{endpoint, example, optional, subject, tells};
use crate::error::ErrorInfo;
use crate::request::{Endpoint, HeaderText};
use crate::value::Value;
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

/// The action.
pub(crate) struct Action;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        Message::new(args, at)?;
        let url = url(args, "url")?;
        Ok(resolved(args, format!("post a message to {}", url.split('?').next().unwrap_or_default())))
    }

    fn send(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let message = Message::new(&call.args, at)?;
        let mut headers = vec![("idempotency-key".to_owned(), HeaderText::Plain(key.to_owned()))];
        if let Some(token) = arguments::maybe_secret(&call.args, "token")? {
            headers.push(("authorization".to_owned(), bearer(&token)));
        }
        let body = Value::record([
            ("text", Value::text(&message.text())),
            ("summary", Value::text(&message.summary)),
            ("link", Value::text(&message.link)),
            ("severity", Value::text(&message.severity)),
            ("run", Value::text(&at.run_id)),
            ("key", Value::text(key)),
        ]);
        let endpoint = Endpoint::Url(url(&call.args, "url")?);
        Ok(posted(endpoint, headers, body, ("the webhook", "POST to the webhook")))
    }

    fn probe(&self, _: &ResolvedCall, _: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ChangeStep, ResolveStep};
    use crate::request::{Answer, ChangeRequest, HttpBody};
    use crate::status::tests::answer;
    use heal_lang::plan::ErrorClass;

    #[test]
    fn a_lost_message_is_sent_again() {
        let args = Args::from([
            ("url".to_owned(), Value::text("http://127.0.0.1:9/hook")),
            ("summary".to_owned(), Value::text("orders fail")),
        ]);
        let at = Surroundings { run_id: "r1".to_owned(), ..Surroundings::default() };
        let ResolveStep::Done(call) = Action.resolve(&args, &at).unwrap().next(None, 0) else { panic!() };
        let mut machine = Action.send(&call, "KEY", &at).unwrap();
        let ChangeStep::Send(ChangeRequest::Http(request)) = machine.next(None, 0) else { panic!() };
        let Some(HttpBody::Json(Value::Record(body))) = request.body else { panic!() };
        assert_eq!((&body["text"], &body["key"]), (&Value::text("orders fail"), &Value::text("KEY")));
        let ChangeStep::Fail(error) = machine.next(Some(Answer::Http(answer(502, ""))), 0) else { panic!() };
        assert_eq!(error.class, ErrorClass::Transient);
    }
}
