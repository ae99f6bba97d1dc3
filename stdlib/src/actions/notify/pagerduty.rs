//! `notify.pagerduty`: opens or adds to an incident.
//!
//! 202 is delivered. 400 is `permanent` with PagerDuty's message, 429 `throttled`, 5xx and no answer `transient`: the
//! dedup key makes a second event part of the first incident.

use super::{Message, posted, resolved};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::arguments;
use crate::declare::{data, endpoint, example, maybe, required, tells};
use crate::error::ErrorInfo;
use crate::request::Endpoint;
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    let mut params = vec![required(
        "key",
        Type::Secret(Box::new(Type::String)),
        "The integration key of the service (Events API v2).",
    )];
    params.extend(super::message());
    params.push(data(maybe(
        "dedup",
        Type::String,
        "What makes two events one incident; otherwise the run's incident.",
    )));
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

/// The action.
pub(crate) struct Action;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        Message::new(args, at)?;
        Ok(resolved(args, "page through PagerDuty".to_owned()))
    }

    fn send(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let message = Message::new(&call.args, at)?;
        let Some(routing) = arguments::maybe_secret(&call.args, "key")? else {
            return Err(ErrorInfo::permanent("argument", "`key` must be given"));
        };
        let dedup = match arguments::maybe_text(&call.args, "dedup")? {
            Some(dedup) => dedup,
            None if at.incident.is_empty() => key.to_owned(),
            None => at.incident.clone(),
        };
        let payload = Value::record([
            // PagerDuty cuts at 1024.
            ("summary", Value::text(&crate::evaluate::clip(&message.summary, 1_000))),
            ("source", Value::text("healrun")),
            ("severity", Value::text(&message.severity)),
            ("custom_details", Value::record([("run", Value::text(&at.run_id)), ("key", Value::text(key))])),
        ]);
        let mut links = Vec::new();
        if message.link.starts_with("http") {
            links.push(Value::record([("href", Value::text(&message.link)), ("text", Value::text("the run"))]));
        }
        let body = Value::record([
            ("routing_key", Value::Secret(routing)),
            ("event_action", Value::text("trigger")),
            ("dedup_key", Value::text(&crate::evaluate::clip(&dedup, 255))),
            ("payload", payload),
            ("links", Value::list(links)),
        ]);
        let endpoint = Endpoint::Connection { name: "pagerduty".to_owned(), path: "/v2/enqueue".to_owned() };
        Ok(posted(endpoint, Vec::new(), body, ("PagerDuty", "send events with this integration key")))
    }

    /// A second event with the same dedup key is part of the first incident: sending again is the probe.
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
    use crate::value::Secret;

    #[test]
    fn every_run_of_an_incident_pages_once() {
        let args = Args::from([
            ("key".to_owned(), Value::Secret(Secret::new("pagerduty_key", "0123456789".to_owned()))),
            ("summary".to_owned(), Value::text("orders fail")),
            ("link".to_owned(), Value::text("http://ci/run/1")),
        ]);
        let at = Surroundings { incident: "shop/orders".to_owned(), ..Surroundings::default() };
        let ResolveStep::Done(call) = Action.resolve(&args, &at).unwrap().next(None, 0) else { panic!() };
        let mut machine = Action.send(&call, "KEY", &at).unwrap();
        let ChangeStep::Send(ChangeRequest::Http(request)) = machine.next(None, 0) else { panic!() };
        let Some(HttpBody::Json(Value::Record(body))) = request.body else { panic!() };
        assert_eq!(body["dedup_key"], Value::text("shop/orders"));
        assert!(matches!(body["routing_key"], Value::Secret(_)));
        assert!(matches!(machine.next(Some(Answer::Http(answer(202, ""))), 0), ChangeStep::Done { .. }));
    }
}
