//! `logs.templates`: lines grouped by what they say.
//!
//! A log without lines gives an empty list.

use super::lines;
use crate::action::Args;
use crate::declare::{example, function, int, result, subject};
use crate::functions::anomaly::at_least_one;
use crate::value::Value;
use heal_lang::catalogue::{FunctionDecl, Type};
use heal_signal::logs::template::{Miner, Params, Template};

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Numbers, hashes, addresses and paths are taken for what varies. What lines say is text from outside."
            .to_owned(),
        ..function(
            "logs.templates",
            "groups lines by what they say, the most frequent first",
            vec![subject("logs", Type::Logs, "The lines."), int("limit", 20, "At most so many groups.")],
            result(Type::record("logs.Template").list()),
            vec![example("What does it say most", "logs.templates(lines).first()")],
        )
    }
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let logs = match lines(args, "logs") {
        Ok(Some(logs)) => logs,
        Ok(None) => return Value::no_data("lines are needed"),
        Err(unknown) => return unknown,
    };
    let mut miner = match Miner::new(Params::default()) {
        Ok(miner) => miner,
        Err(reason) => return Value::no_data(reason.to_string()),
    };
    let learnt: Vec<usize> =
        logs.lines.iter().filter(|l| !l.text.trim().is_empty()).map(|l| miner.learn(&l.text)).collect();
    let mut counts = std::collections::BTreeMap::<usize, i64>::new();
    for id in learnt {
        // Templates merge while lines come in: where a line belongs is known at the end.
        *counts.entry(miner.current(id)).or_default() += 1;
    }
    let mut groups: Vec<(usize, i64)> = counts.into_iter().collect();
    groups.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    groups.truncate(at_least_one(args, "limit"));
    let text = |id: usize| miner.templates().get(id).map(Template::text).unwrap_or_default();
    Value::list(
        groups
            .into_iter()
            .map(|(id, count)| {
                Value::record([("text", Value::Untrusted(text(id).into())), ("count", Value::Int(count))])
            })
            .collect(),
    )
}
