//! `logs.blame`: which lines of a failing log say what went wrong.
//!
//! A log without lines gives an empty list.

use super::lines;
use crate::action::Args;
use crate::declare::{example, function, int, maybe, result, subject};
use crate::functions::anomaly::at_least_one;
use crate::value::{Logs, Value};
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::logs::blame;
use std::sync::Arc;

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Lines that are new against a passing run of the same job count most; numbers, hashes and times are left out of \
              the comparison. What lines say is text from outside."
            .to_owned(),
        ..function(
            "logs.blame",
            "ranks the lines of a failing log that say what went wrong",
            vec![
                subject("fail", Type::Logs, "The failing log."),
                maybe("against", Type::Logs, "The log of a run of the same job that passed."),
                int("limit", 10, "At most so many."),
            ],
            result(Type::record("logs.Suspect").list()),
            vec![example("What broke the build", "logs.blame(lines, against: passing).first()")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let (fail, pass) = match (lines(args, "fail"), lines(args, "against")) {
        (Ok(Some(fail)), Ok(pass)) => (fail, pass),
        (Ok(None), _) => return Value::no_data("a failing log is needed"),
        (Err(unknown), _) | (_, Err(unknown)) => return unknown,
    };
    let text = |logs: &Arc<Logs>| logs.lines.iter().map(|l| l.text.clone()).collect::<Vec<String>>();
    let (fail, pass) = (text(&fail), pass.as_ref().map(text).unwrap_or_default());
    let (fail, pass): (Vec<&str>, Vec<&str>) =
        (fail.iter().map(String::as_str).collect(), pass.iter().map(String::as_str).collect());
    let found = blame::rank(&fail, &pass, at_least_one(args, "limit"));
    Value::list(
        found
            .into_iter()
            .map(|s| {
                Value::record([
                    ("line", Value::Int(i64::try_from(s.line).unwrap_or(i64::MAX))),
                    ("text", Value::Untrusted(s.text.into())),
                    ("score", Value::Quantity(Dim::Number, s.score)),
                    ("new", Value::Bool(s.new && !pass.is_empty())),
                ])
            })
            .collect(),
    )
}
