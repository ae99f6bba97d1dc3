//! `github.job_log`: what a job said.
//!
//! Failures are those of `github.runs`; a log that has expired (404, 410) is no data.

use super::api::{permission, repository};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, flag, int, reads, result, scope, subject};
use crate::error::ErrorInfo;
use crate::evaluate::number;
use crate::moment;
use crate::request::{GithubGet, ReadRequest};
use crate::status::Asked;
use crate::talk::{Turn, ask, done, fail, http, talk};
use crate::value::{LogLine, Logs, Value};
use heal_lang::catalogue::{ActionDecl, Evidence, Type};
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "The stamp that the runner puts before each line becomes its time. With `failing_step` only the lines \
              from the start of the step that reports an error. No job gives no lines."
            .to_owned(),
        params: vec![
            subject("job", Type::record("github.Job").optional(), "Which job; `jobs.first()` fits."),
            flag("failing_step", "Only the lines of the step that failed."),
            int("at_most", 5_000, "Most lines, from the end."),
        ],
        result: result(Type::Logs),
        permissions: vec![scope("actions", "read")],
        evidence: Evidence::Text,
        examples: vec![example(
            "A refused connection",
            r#"github.job_log(github.failed_jobs(ci).first()) matches re"(?i)connection refused""#,
        )],
        ..reads("github.job_log", "reads the log of a job")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let most = arguments::count(args, "at_most", 5_000, 50_000)?;
        let failing = arguments::flag(args, "failing_step")?;
        let job = match arguments::given(args, "job")? {
            None => return Ok(talk(done(Value::Logs(Arc::default())))),
            Some(Value::Record(job)) => job.get("id").and_then(number),
            Some(_) => None,
        };
        let Some((_, id)) = job.filter(|(_, id)| *id > 0.0) else {
            return Err(ErrorInfo::permanent("argument", "`job` must be a job"));
        };
        let path = format!("{}/actions/jobs/{id}/logs", repository(at)?);
        let request = ReadRequest::Github(GithubGet { path, query: Vec::new(), text: true, max_bytes: MOST_BYTES });
        Ok(talk(ask(request, move |answer, _| {
            let answer = match http(answer) {
                Ok(answer) => answer,
                Err(error) => return fail(error),
            };
            if answer.status == 404 || answer.status == 410 {
                return Turn::End(crate::action::ReadStep::Done(Value::no_data(format!(
                    "the log of job {id} has expired"
                ))));
            }
            let what = format!("the log of job {id}");
            match (Asked { what: &what, permission: permission("actions", "read") }).read(&answer) {
                Some(error) => fail(error),
                None => done(Value::Logs(Arc::new(lines(&answer.body, answer.truncated, failing, most)))),
            }
        })))
    }
}

/// Of a log.
const MOST_BYTES: u64 = 64 << 20;
/// How the runners of GitHub and Gitea begin a step, and how they mark its failure.
const BEGINS: [&str; 2] = ["##[group]Run ", "\u{2b50} Run "];
const FAILS: [&str; 2] = ["##[error]", "\u{274c}"];

fn lines(text: &str, truncated: bool, failing: bool, most: usize) -> Logs {
    let mut lines: Vec<LogLine> = text.trim_start_matches('\u{feff}').lines().map(line).collect();
    if failing {
        lines = failing_step(lines);
    }
    let cut = lines.len().saturating_sub(most);
    lines.drain(..cut);
    Logs { lines, truncated: truncated || cut > 0 }
}

/// `2026-01-02T03:04:05.6789012Z what it said`
fn line(text: &str) -> LogLine {
    let stamped = text
        .split_once(' ')
        .and_then(|(stamp, rest)| Some((moment::parse(stamp).filter(|_| stamp.contains('T'))?, rest)));
    let (at, rest) = stamped.map_or((None, text), |(at, rest)| (Some(at), rest));
    LogLine { at, source: "job".to_owned(), text: rest.to_owned() }
}

/// From the start of the step that reports the first failure to its end; all lines where none is marked.
fn failing_step(lines: Vec<LogLine>) -> Vec<LogLine> {
    let starts = |marks: &[&str], l: &LogLine| marks.iter().any(|m| l.text.trim_start().starts_with(m));
    let Some(failed) = lines.iter().position(|l| starts(&FAILS, l)) else { return lines };
    let begin = lines.iter().take(failed).rposition(|l| starts(&BEGINS, l)).unwrap_or(0);
    let end = lines.iter().skip(failed + 1).position(|l| starts(&BEGINS, l) || l.text.starts_with("Post job cleanup"));
    let end = end.map_or(lines.len(), |n| failed + 1 + n);
    lines.into_iter().take(end).skip(begin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_failing_step_is_found_by_its_marks() {
        let log = "\u{feff}2026-01-02T12:00:00.1234567Z ##[group]Run make fetch\n2026-01-02T12:00:01.0Z fine\n\
            2026-01-02T12:00:02.0Z ##[group]Run make test\n2026-01-02T12:00:03.0Z connection refused\n\
            2026-01-02T12:00:04.0Z ##[error]Process completed with exit code 7.\n2026-01-02T12:00:05.0Z Post job cleanup.\n";
        let all = lines(log, false, false, 100);
        assert_eq!((all.lines.len(), all.lines[0].at), (6, Some(1_767_355_200_123)));
        let failing = lines(log, false, true, 100);
        let texts: Vec<&str> = failing.lines.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(
            texts,
            ["##[group]Run make test", "connection refused", "##[error]Process completed with exit code 7."]
        );
        assert_eq!(lines("a\nb\n", false, true, 100).lines.len(), 2, "no mark: all of it");
    }
}
