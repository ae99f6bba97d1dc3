//! `http.probe`: does it answer?
//!
//! A probe's failure is its answer (L27): refused, reset, timed out, TLS and a status outside the expected range give
//! `ok = false`. Only what stops us from asking fails: a host that is not allowed, a URL that is none, no local socket.

use super::{latency, request};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{endpoint, example, maybe, reads, result_record, subject};
use crate::error::ErrorInfo;
use crate::evaluate::{millis, safe};
use crate::request::{Answer, ReadRequest};
use crate::talk::{ask, done, fail, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Type};
use heal_lang::plan::ErrorClass;

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

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn asks_for_presence(&self) -> bool {
        true
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let mut request = request(args, "GET", false)?;
        // What it says does not matter, only that it says it.
        request.max_bytes = 64 << 10;
        let status = arguments::maybe_int(args, "status")?;
        let slowest = arguments::maybe_number(args, "slower_than")?.map(millis);
        let began = at.now_ms;
        Ok(talk(ask(ReadRequest::Http(request), move |answer, now| match answer {
            Answer::Http(answer) => {
                let code = i64::from(answer.status);
                let expected = status.map_or((200..400).contains(&code), |s| s == code);
                let quick = slowest.is_none_or(|ms| i64::try_from(answer.elapsed_ms).is_ok_and(|took| took <= ms));
                done(Value::record([
                    ("ok", Value::Bool(expected && quick)),
                    ("status", Value::Int(code)),
                    ("latency", latency(&answer)),
                    ("error", Value::None),
                ]))
            }
            Answer::Failed(error) if answers(&error) => done(Value::record([
                ("ok", Value::Bool(false)),
                ("status", Value::None),
                ("latency", Value::duration_ms(if began > 0 { now.saturating_sub(began).max(0) } else { 0 })),
                ("error", Value::Untrusted(safe(&error.message).into())),
            ])),
            Answer::Failed(error) => fail(error),
            other => odd(other),
        })))
    }
}

/// Whether a failure is the server's answer, and not what kept us from asking (L27).
fn answers(error: &ErrorInfo) -> bool {
    match error.code.as_str() {
        "no_local_socket" | "send_by" | "internal" | "left_out" => false,
        "tls" | "protocol" | "encoding" => true,
        _ => error.class == ErrorClass::Transient || error.class == ErrorClass::Uncertain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;
    use crate::status::tests::answer;

    fn probe(extra: &[(&str, Value)], reply: Answer) -> ReadStep {
        let mut args = Args::from([("url".to_owned(), Value::text("http://127.0.0.1:9/health"))]);
        args.extend(extra.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        let mut machine = Action.start(&args, &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 0), ReadStep::Ask(_)));
        machine.next(Some(reply), 0)
    }

    fn ok(step: ReadStep) -> bool {
        match step {
            ReadStep::Done(Value::Record(r)) => r["ok"] == Value::Bool(true),
            other => panic!("{other:?}"),
        }
    }

    fn failed(class: ErrorClass, code: &str) -> Answer {
        Answer::Failed(ErrorInfo { class, ..ErrorInfo::permanent(code, "it did not answer") })
    }

    #[test]
    fn that_nobody_answers_is_an_answer() {
        assert!(!ok(probe(&[], failed(ErrorClass::Transient, "refused"))));
        assert!(!ok(probe(&[], failed(ErrorClass::Transient, "timeout"))));
        assert!(!ok(probe(&[], failed(ErrorClass::Permanent, "tls"))));
        assert!(!ok(probe(&[], Answer::Http(answer(503, "")))));
        assert!(ok(probe(&[], Answer::Http(answer(204, "")))));
    }

    #[test]
    fn what_kept_us_from_asking_is_no_answer() {
        assert!(matches!(probe(&[], failed(ErrorClass::Denied, "host")), ReadStep::Fail(_)));
        assert!(matches!(probe(&[], failed(ErrorClass::Permanent, "host")), ReadStep::Fail(_)));
        assert!(matches!(probe(&[], failed(ErrorClass::Transient, "no_local_socket")), ReadStep::Fail(_)));
    }

    #[test]
    fn the_author_may_expect_another_status_or_speed() {
        assert!(ok(probe(&[("status", Value::Int(401))], Answer::Http(answer(401, "")))));
        assert!(!ok(probe(&[("status", Value::Int(401))], Answer::Http(answer(200, "")))));
        let quick = Value::Quantity(heal_lang::catalogue::Dim::Duration, 0.005);
        assert!(!ok(probe(&[("slower_than", quick)], Answer::Http(answer(200, "")))), "12ms");
    }
}
