//! `http.scrape`: reads a metrics page again and again, and keeps what it saw.
//!
//! A scrape that fails is a gap, not a failure; if all fail there is no data. Its timeout is `for` + 10s.

use super::request;
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{data, duration, endpoint, example, optional, reads, required, result_record, subject};
use crate::error::ErrorInfo;
use crate::evaluate::plain;
use crate::openmetrics::{self, MARKER};
use crate::request::{Answer, HttpRequest, ReadRequest};
use crate::talk::{Reading, ask, done, fail, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, DefaultValue, Type};
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Samples are appended as OpenMetrics text, stamped with the time of their scrape, to a file below the \
              state directory: evidence of our own, so also in `plan`. Each scrape adds `heal_scrape_ok` (1 or 0): a \
              series that a successful scrape does not show can then be counted as absent."
            .to_owned(),
        params: vec![
            subject("url", Type::String, "The metrics page (Prometheus text or OpenMetrics)."),
            required("into", Type::String, "The file's name below the state directory; kept from run to run."),
            duration("every", 1.0, "Between two scrapes."),
            required("for", Type::DURATION, "How long to go on."),
            data(optional("metrics", Type::String.list(), DefaultValue::EmptyList, "Keep only these; otherwise all.")),
        ],
        result: result_record("http.Scrape"),
        permissions: vec![endpoint("GET the metrics page")],
        timeout_from: Some("for".to_owned()),
        examples: vec![example(
            "Twenty seconds of a service's own counters",
            r#"http.scrape("http://127.0.0.1:8080/metrics", into: "shop.om", every: 1s, for: 20s)"#,
        )],
        ..reads("http.scrape", "collects samples from a metrics page")
    }
}

/// The action.
pub(crate) struct Action;

/// Between two scrapes, at least.
const SHORTEST_MS: i64 = 100;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn asks_for_presence(&self) -> bool {
        true
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let ms = |name| arguments::ms(args, name).map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let names = arguments::list(args, "metrics")?.iter().filter_map(plain).collect();
        let scrape = Scrape {
            request: request(args, "GET", true)?,
            into: below_state(&arguments::path(args, "into")?)?,
            every: ms("every")?.max(SHORTEST_MS),
            lasts: ms("for")?,
            names,
            began: None,
            scrapes: 0,
            failures: 0,
            why: String::new(),
        };
        Ok(talk(scrape.read()))
    }
}

/// A plain name below the state directory.
fn below_state(path: &str) -> Result<String, ErrorInfo> {
    let plain = path.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\\'));
    if plain {
        Ok(path.to_owned())
    } else {
        Err(ErrorInfo::permanent("argument", "`into` must be a name below the state directory"))
    }
}

/// A scrape under way.
struct Scrape {
    request: HttpRequest,
    into: String,
    every: i64,
    lasts: i64,
    /// Only these metrics; empty: all.
    names: BTreeSet<String>,
    /// When the first answer came.
    began: Option<i64>,
    scrapes: i64,
    failures: i64,
    /// Why the last one failed.
    why: String,
}

impl Scrape {
    fn read(self) -> Reading {
        ask(ReadRequest::Http(self.request.clone()), move |answer, now| self.keep(answer, now))
    }

    fn keep(mut self, answer: Answer, now: i64) -> Reading {
        let began = *self.began.get_or_insert(now);
        self.scrapes += 1;
        let text = match answer {
            Answer::Http(a) if (200..300).contains(&a.status) && !a.truncated => self.stamped(&a.body, now),
            Answer::Http(a) if a.truncated => self.failed("the page is too long", now),
            Answer::Http(a) => self.failed(&format!("the page was answered {}", a.status), now),
            // The URL itself is at fault, or its host: it will not get better.
            Answer::Failed(error) if error.class != heal_lang::plan::ErrorClass::Transient => return fail(error),
            Answer::Failed(error) => self.failed(&error.message, now),
            other => return odd(other),
        };
        let append = ReadRequest::Evidence { path: self.into.clone(), text };
        ask(append, move |answer, now| match answer {
            Answer::Done => {
                let next = began.saturating_add(self.every.saturating_mul(self.scrapes));
                if next > began.saturating_add(self.lasts) {
                    return done(self.value());
                }
                let ms = u64::try_from(next.saturating_sub(now)).unwrap_or(0);
                ask(ReadRequest::Pause { ms }, move |answer, _| match answer {
                    Answer::Done => self.read(),
                    other => odd(other),
                })
            }
            other => odd(other),
        })
    }

    /// The page's samples with our time, and the mark of a scrape that worked.
    fn stamped(&self, page: &str, now: i64) -> String {
        let mut text = String::new();
        for sample in openmetrics::samples(page) {
            if self.names.is_empty() || self.names.contains(sample.name) {
                let _ = writeln!(text, "{}{} {} {}", sample.name, sample.labels, sample.value, seconds(now));
            }
        }
        let _ = writeln!(text, "{MARKER} 1 {}", seconds(now));
        text
    }

    fn failed(&mut self, why: &str, now: i64) -> String {
        self.failures += 1;
        why.clone_into(&mut self.why);
        format!("{MARKER} 0 {}\n", seconds(now))
    }

    fn value(&self) -> Value {
        if self.failures == self.scrapes {
            return Value::no_data(format!("none of {} scrapes worked: {}", self.scrapes, self.why));
        }
        Value::record([
            ("path", Value::text(&format!("state:{}", self.into))),
            ("scrapes", Value::Int(self.scrapes)),
            ("failures", Value::Int(self.failures)),
        ])
    }
}

/// Unix time as OpenMetrics writes it.
fn seconds(ms: i64) -> String {
    format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;
    use crate::status::tests::answer;
    use heal_lang::catalogue::Dim;

    /// Plays a server that answers in turn; gives the evidence and the end.
    fn play(pages: &[Option<&str>]) -> (String, ReadStep) {
        let args = Args::from([
            ("url".to_owned(), Value::text("http://127.0.0.1:9/metrics")),
            ("into".to_owned(), Value::text("shop.om")),
            ("every".to_owned(), Value::Quantity(Dim::Duration, 1.0)),
            ("for".to_owned(), Value::Quantity(Dim::Duration, 2.0)),
        ]);
        let mut machine = Action.start(&args, &Surroundings::default()).unwrap();
        let (mut now, mut last, mut evidence, mut pages) = (1_000, None, String::new(), pages.iter());
        loop {
            last = Some(match machine.next(last.take(), now) {
                ReadStep::Ask(ReadRequest::Http(_)) => match pages.next().expect("one scrape too many") {
                    Some(page) => Answer::Http(answer(200, page)),
                    None => Answer::Failed(ErrorInfo {
                        class: heal_lang::plan::ErrorClass::Transient,
                        ..ErrorInfo::permanent("refused", "connection refused")
                    }),
                },
                ReadStep::Ask(ReadRequest::Evidence { path, text }) => {
                    assert_eq!(path, "shop.om");
                    evidence.push_str(&text);
                    now += 10;
                    Answer::Done
                }
                ReadStep::Ask(ReadRequest::Pause { ms }) => {
                    now += i64::try_from(ms).unwrap();
                    Answer::Done
                }
                ReadStep::Ask(other) => panic!("{other:?}"),
                end => {
                    assert!(pages.next().is_none(), "one scrape too few");
                    return (evidence, end);
                }
            });
        }
    }

    #[test]
    fn every_scrape_is_stamped_and_marked() {
        let page = "# TYPE a counter\na_total{code=\"500\"} 3\n# EOF\n";
        let (evidence, end) = play(&[Some(page), None, Some("a_total 4\n")]);
        assert_eq!(
            evidence,
            "a_total{code=\"500\"} 3 1.000\nheal_scrape_ok 1 1.000\nheal_scrape_ok 0 2.000\na_total 4 3.000\nheal_scrape_ok 1 3.000\n"
        );
        let ReadStep::Done(Value::Record(r)) = end else { panic!("{end:?}") };
        assert_eq!((&r["scrapes"], &r["failures"]), (&Value::Int(3), &Value::Int(1)));
    }

    #[test]
    fn no_scrape_that_worked_is_no_data() {
        let (_, end) = play(&[None, None, None]);
        assert!(matches!(end, ReadStep::Done(Value::NoData(_))), "{end:?}");
    }

    #[test]
    fn evidence_stays_below_the_state_directory() {
        for path in ["../x", "/etc/x", "a/../b", ""] {
            assert!(below_state(path).is_err(), "{path}");
        }
        assert!(below_state("shop/metrics.om").is_ok());
    }
}
