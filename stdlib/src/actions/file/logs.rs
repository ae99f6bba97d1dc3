//! `file.logs`: the last lines of a text file.
//!
//! A file that does not exist has no data: a log that was never written proves nothing.

use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, int, local, maybe, optional, reads, result, subject};
use crate::error::ErrorInfo;
use crate::request::{Answer, FileRead, ReadRequest};
use crate::talk::{ask, done, odd, talk};
use crate::value::{LogLine, Logs, Value};
use heal_lang::catalogue::{ActionDecl, DefaultValue, Evidence, Type};
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Lines may start with a time (RFC 3339, or seconds or milliseconds since 1970). With `over`, lines older \
              than that are left out; a line without a time has that of the line before it, and lines before the \
              first time are left out too, unless no line has one."
            .to_owned(),
        params: vec![
            subject("path", Type::String, "Which file."),
            maybe("over", Type::DURATION, "How far back; otherwise as far as the caps reach."),
            int("at_most", 5_000, "Most lines, from the end."),
            optional("bytes", Type::BYTES, DefaultValue::Number(4_194_304.0), "Most bytes, from the end."),
        ],
        result: result(Type::Logs),
        permissions: vec![local("read the file")],
        evidence: Evidence::Text,
        examples: vec![example(
            "A refused connection in the last minute",
            r#"file.logs("./shop.log", over: 1m) matches re"refused""#,
        )],
        ..reads("file.logs", "reads the end of a log file")
    }
}

/// The action.
pub(crate) struct Action;

/// However it is written: a line of text may take several times its size in memory.
const MOST_BYTES: f64 = 67_108_864.0;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded right before")]
    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let path = arguments::path(args, "path")?;
        let over = arguments::maybe_ms(args, "over")?;
        let most = arguments::count(args, "at_most", 5_000, 100_000)?;
        let max_bytes = arguments::maybe_number(args, "bytes")?.unwrap_or(4_194_304.0).clamp(1.0, MOST_BYTES) as u64;
        let request = ReadRequest::File(FileRead::Tail { path: path.clone(), max_bytes });
        Ok(talk(ask(request, move |answer, now| match answer {
            Answer::Text { text: Some(text), truncated } => {
                let since = over.map(|ms| now.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)));
                done(Value::Logs(Arc::new(lines(&text, &path, truncated, since, most))))
            }
            Answer::Text { text: None, .. } => done(Value::no_data(format!("there is no file {path}"))),
            other => odd(other),
        })))
    }
}

/// The lines, each with its time where one is known.
fn lines(text: &str, source: &str, truncated: bool, since: Option<i64>, most: usize) -> Logs {
    // The cap cut somewhere within the first line.
    let text = if truncated { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
    let mut lines: Vec<LogLine> = Vec::new();
    let mut newest = None;
    for line in text.lines() {
        newest = stamp(line).or(newest);
        lines.push(LogLine { at: newest, source: source.to_owned(), text: line.to_owned() });
    }
    if let (Some(since), Some(_)) = (since, newest) {
        lines.retain(|l| l.at.is_some_and(|at| at >= since));
    }
    let cut = lines.len().saturating_sub(most);
    lines.drain(..cut);
    Logs { lines, truncated: truncated || cut > 0 }
}

/// The time at the start of a line: its first word, or its first two (`2026-01-02 03:04:05`), brackets left out.
pub(crate) fn stamp(line: &str) -> Option<i64> {
    let mut words = line.split_whitespace();
    let first = words.next()?;
    let bare = |w: &str| w.trim_matches(|c| matches!(c, '[' | ']' | '(' | ')' | ',')).to_owned();
    let one = bare(first);
    // A small number at the start of a line is a count, not a time.
    let number = one.parse::<f64>().is_ok_and(|n| n < 1e9);
    if number || !one.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    crate::moment::parse(&one)
        .filter(|_| one.len() > 9 && !one.contains('/') && (one.len() > 10 || !one.contains('-')))
        .or_else(|| {
            let second = bare(words.next()?);
            crate::moment::parse(&format!("{one} {}", second.replace(',', ".")))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_767_355_200_000;

    #[test]
    fn times_at_the_start_of_lines_are_read() {
        assert_eq!(stamp("2026-01-02T12:00:00Z INFO x"), Some(NOON));
        assert_eq!(stamp("[2026-01-02T12:00:00.000Z] x"), Some(NOON));
        assert_eq!(stamp("2026-01-02 12:00:00,000 x"), Some(NOON));
        assert_eq!(stamp("1767355200.000 INFO x"), Some(NOON));
        assert_eq!(stamp("42 apples"), None);
        assert_eq!(stamp("hello"), None);
        assert_eq!(stamp(""), None);
    }

    #[test]
    fn old_lines_are_left_out_and_lines_without_a_time_follow_the_one_before() {
        let text = "before any time\n2026-01-02T11:58:00Z old\n  at x\n2026-01-02T11:59:30Z new\n  at y\n";
        let kept = lines(text, "f", false, Some(NOON - 60_000), 10);
        let texts: Vec<&str> = kept.lines.iter().map(|l| l.text.as_str()).collect();
        assert_eq!(texts, ["2026-01-02T11:59:30Z new", "  at y"]);
        let untimed = lines("a\nb\n", "f", false, Some(NOON), 10);
        assert_eq!(untimed.lines.len(), 2, "no line has a time: all count");
    }

    #[test]
    fn what_was_cut_is_said() {
        let kept = lines("half a line\na\nb\nc\n", "f", true, None, 2);
        assert_eq!(kept.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert!(kept.truncated);
    }
}
