//! `prometheus.range`: a query over time.
//!
//! An empty answer and more than one series are no data; a step without a value is a missing sample. Failures are
//! those of `prometheus.instant`.

use super::answer::{one_series, request};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{duration, endpoint, example, reads, required, subject, unit};
use crate::error::ErrorInfo;
use crate::evaluate::clip;
use crate::talk::{ask, done, fail, http, talk};
use crate::value::{Series, Value};
use heal_lang::catalogue::{ActionDecl, Language, ResultDecl, Type};
use heal_lang::catalogue::{Dim, unit_of};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "At most 11,000 steps. The newest sample that exists says how late the source is.".to_owned(),
        params: vec![
            subject("query", Type::Query(Language::Promql), "The query."),
            unit(),
            required("over", Type::DURATION, "How far back."),
            duration("step", 30.0, "Between two samples."),
        ],
        result: ResultDecl::SeriesOfUnit,
        permissions: vec![endpoint("query Prometheus")],
        examples: vec![example(
            "Six hours of an error ratio",
            r#"prometheus.range("sum(rate(errors_total[1m])) / sum(rate(requests_total[1m]))", unit: ratio, over: 6h, step: 30s)"#,
        )],
        ..reads("prometheus.range", "asks Prometheus for a series")
    }
}

/// The action.
pub(crate) struct Action;

/// Prometheus' own limit.
const MOST_STEPS: i64 = 11_000;
/// Twice a usual scrape interval (R50).
const SCRAPES_MS: u64 = 30_000;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let query = arguments::text(args, "query")?;
        let unit = arguments::maybe_text(args, "unit")?.unwrap_or_else(|| "number".to_owned());
        let (dim, factor) =
            unit_of(&unit).ok_or_else(|| ErrorInfo::permanent("argument", format!("there is no unit `{unit}`")))?;
        let ms = |name| arguments::ms(args, name).map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let (over, step) = (ms("over")?, ms("step")?);
        if over / step >= MOST_STEPS {
            let least = crate::evaluate::show(&Value::duration_ms(over / MOST_STEPS + 1));
            let message = format!("`over` holds more than {MOST_STEPS} steps: take a `step` of at least {least}");
            return Err(ErrorInfo::permanent("argument", message));
        }
        let grid = Grid {
            end: at.now_ms,
            step,
            count: over / step,
            dim,
            factor,
            name: clip(query.trim(), 60),
            settle: settle(&query),
        };
        let text = |name: &str, value: String| (name.to_owned(), value);
        let parameters = vec![
            text("query", query),
            text("start", seconds(grid.start())),
            text("end", seconds(grid.end)),
            text("step", seconds(step)),
        ];
        Ok(talk(ask(request("/api/v1/query_range", parameters), move |answer, _| {
            match http(answer).and_then(|answer| one_series(&answer)) {
                Err(error) => fail(error),
                Ok(Err(why)) => done(Value::no_data(why)),
                Ok(Ok(samples)) => done(grid.series(&samples)),
            }
        })))
    }
}

/// Range selector + two scrapes.
fn settle(query: &str) -> u64 {
    crate::promql::largest_range(query).unwrap_or(0).saturating_add(SCRAPES_MS)
}

/// Unix time as Prometheus reads it.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000))
}

/// The steps that were asked for.
struct Grid {
    end: i64,
    step: i64,
    count: i64,
    dim: Dim,
    factor: f64,
    name: String,
    settle: u64,
}

impl Grid {
    fn start(&self) -> i64 {
        self.end - self.count * self.step
    }

    /// One sample for each step: a step without a value is a missing sample.
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and what is off the grid is left out")]
    fn series(&self, samples: &[(f64, f64)]) -> Value {
        let start = self.start();
        let nearest = |at: f64| ((at * 1000.0).round() as i64 - start + self.step / 2).div_euclid(self.step);
        let known: BTreeMap<i64, f64> = samples.iter().map(|(at, v)| (nearest(*at), *v)).collect();
        let value: Vec<f64> = (0..=self.count)
            .map(|i| known.get(&i).filter(|v| v.is_finite()).map_or(f64::NAN, |v| v * self.factor))
            .collect();
        if value.iter().all(|v| v.is_nan()) {
            return Value::no_data("the query gave a series without numbers");
        }
        Value::Series(Arc::new(Series {
            dim: self.dim,
            at: (0..=self.count).map(|i| start + i * self.step).collect(),
            value,
            step_ms: u64::try_from(self.step).unwrap_or(0),
            from: start,
            name: self.name.clone(),
            settle_ms: self.settle,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;
    use crate::request::{Answer, ReadRequest};
    use crate::status::tests::answer;

    fn args(over: f64, step: f64) -> Args {
        Args::from([
            ("query".to_owned(), Value::text("rate(a[1m])")),
            ("unit".to_owned(), Value::Word("ratio".into())),
            ("over".to_owned(), Value::Quantity(Dim::Duration, over)),
            ("step".to_owned(), Value::Quantity(Dim::Duration, step)),
        ])
    }

    #[test]
    fn a_step_without_a_value_is_missing() {
        let at = Surroundings { now_ms: 100_000, ..Surroundings::default() };
        let mut machine = Action.start(&args(60.0, 20.0), &at).unwrap();
        let ReadStep::Ask(ReadRequest::Http(request)) = machine.next(None, 0) else { panic!() };
        let parameter = |name: &str| request.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(
            (parameter("start"), parameter("end"), parameter("step")),
            (Some("40.000"), Some("100.000"), Some("20.000"))
        );
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[40,"0.5"],[80,"0.25"],[100,"NaN"]]}]}}"#;
        let ReadStep::Done(Value::Series(s)) = machine.next(Some(Answer::Http(answer(200, body))), 0) else { panic!() };
        assert_eq!(s.at, [40_000, 60_000, 80_000, 100_000]);
        let known: Vec<Option<f64>> = s.value.iter().map(|v| v.is_finite().then_some(*v)).collect();
        assert_eq!(known, [Some(0.5), None, Some(0.25), None]);
        assert_eq!(s.settle_ms, 90_000);
    }

    #[test]
    fn too_many_steps_are_refused_before_they_are_asked() {
        let error = Action.start(&args(86_400.0, 1.0), &Surroundings::default()).err().unwrap();
        assert!(error.message.contains("`step` of at least"), "{}", error.message);
    }
}
