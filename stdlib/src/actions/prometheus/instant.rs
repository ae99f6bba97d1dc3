//! `prometheus.instant`: the value of a query now.
//!
//! An empty answer, NaN, and more than one series are no data, each with its reason. 400 and 422 are `permanent` with
//! the server's message; 429, and 503 with `Retry-After`, `throttled`; other 5xx and no answer `transient`.

use super::answer::{one_series, request};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{endpoint, example, reads, subject, unit};
use crate::error::ErrorInfo;
use crate::evaluate::quantity;
use crate::talk::{ask, done, fail, http, talk};
use crate::value::Value;
use heal_lang::catalogue::unit_of;
use heal_lang::catalogue::{ActionDecl, Language, ResultDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "The query must give one number (a scalar, or one series). A quotient of rates is empty exactly when \
              there is nothing to count: write `or vector(0)` where that means 0."
            .to_owned(),
        params: vec![subject("query", Type::Query(Language::Promql), "The query."), unit()],
        result: ResultDecl::QuantityOfUnit,
        permissions: vec![endpoint("query Prometheus")],
        examples: vec![example(
            "Requests per second",
            r#"prometheus.instant("sum(rate(http_requests_total[1m]))", unit: per_second)"#,
        )],
        ..reads("prometheus.instant", "asks Prometheus for a value now")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let query = arguments::text(args, "query")?;
        let unit = arguments::maybe_text(args, "unit")?.unwrap_or_else(|| "number".to_owned());
        let (dim, factor) =
            unit_of(&unit).ok_or_else(|| ErrorInfo::permanent("argument", format!("there is no unit `{unit}`")))?;
        // Without a time the server takes its own: our clock may differ.
        Ok(talk(ask(request("/api/v1/query", vec![("query".to_owned(), query)]), move |answer, _| {
            match http(answer).and_then(|answer| one_series(&answer)) {
                Err(error) => fail(error),
                Ok(Err(why)) => done(Value::no_data(why)),
                Ok(Ok(samples)) => done(match samples.last() {
                    Some((_, v)) if v.is_finite() => quantity(dim, v * factor),
                    Some(_) => Value::no_data("the query gave no number"),
                    None => Value::no_data("the query gave a series without samples"),
                }),
            }
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;
    use crate::request::{Answer, Endpoint, ReadRequest};
    use crate::status::tests::answer;
    use heal_lang::catalogue::Dim;
    use heal_lang::plan::ErrorClass;

    fn go(status: u16, body: &str) -> ReadStep {
        let args =
            Args::from([("query".to_owned(), Value::text("up")), ("unit".to_owned(), Value::Word("percent".into()))]);
        let mut machine = Action.start(&args, &Surroundings::default()).unwrap();
        let ReadStep::Ask(ReadRequest::Http(request)) = machine.next(None, 0) else { panic!() };
        assert_eq!(
            request.endpoint,
            Endpoint::Connection { name: "prometheus".to_owned(), path: "/api/v1/query".to_owned() }
        );
        machine.next(Some(Answer::Http(answer(status, body))), 0)
    }

    fn vector(lines: &str) -> ReadStep {
        go(200, &format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{lines}]}}}}"#))
    }

    #[test]
    fn one_number_or_the_reason_why_not() {
        let line = |v: &str| format!(r#"{{"metric":{{}},"value":[1.5,"{v}"]}}"#);
        assert_eq!(vector(&line("5")), ReadStep::Done(Value::Quantity(Dim::Ratio, 0.05)));
        for lines in [String::new(), line("NaN"), line("+Inf"), format!("{},{}", line("1"), line("2"))] {
            assert!(matches!(vector(&lines), ReadStep::Done(Value::NoData(_))), "{lines}");
        }
        let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"100"]}}"#;
        assert_eq!(go(200, scalar), ReadStep::Done(Value::Quantity(Dim::Ratio, 1.0)));
    }

    #[test]
    fn failures_are_told_apart() {
        let wrong = r#"{"status":"error","errorType":"bad_data","error":"parse error at char 3"}"#;
        let ReadStep::Fail(error) = go(400, wrong) else { panic!() };
        assert!(error.class == ErrorClass::Permanent && error.message.contains("char 3"), "{}", error.message);
        let class = |status, body: &str| match go(status, body) {
            ReadStep::Fail(error) => error.class,
            other => panic!("{other:?}"),
        };
        assert_eq!(class(503, ""), ErrorClass::Transient);
        assert_eq!(class(403, ""), ErrorClass::Denied);
        assert_eq!(class(200, "<html>"), ErrorClass::Permanent);
    }
}
