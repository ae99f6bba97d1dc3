//! Methods on lists, text, logs and points in time. Their declarations stand in `vocabulary/methods.rs`.

use super::expr::Env;
use super::{compare, text};
use crate::value::{Logs, Value};
use heal_lang::catalogue::{Dim, Type};
use heal_lang::plan::{Expr, ExprKind, NamedArg};
use std::sync::Arc;

/// Most parts that a text is cut into.
const PARTS: usize = 10_000;

/// `receiver.name(args)`
pub(super) fn call(env: &Env<'_>, receiver: &Expr, name: &str, args: &[NamedArg]) -> Value {
    let of = env.eval(receiver);
    let args = Given { env, args };
    match of {
        n @ Value::NoData(_) => n,
        Value::List(items) => list(&items, name, &args),
        Value::Logs(logs) => lines(&logs, name, &args),
        Value::Time(at) => time(at, name, &args),
        Value::Text(ref t) | Value::Word(ref t) => string(t, false, name, &args),
        Value::Untrusted(ref t) => string(t, true, name, &args),
        _ => Value::no_data(format!("it has no `{name}`")),
    }
}

/// Arguments, evaluated when they are asked for.
struct Given<'a> {
    env: &'a Env<'a>,
    args: &'a [NamedArg],
}

impl Given<'_> {
    fn find(&self, name: &str) -> Option<&Expr> {
        self.args.iter().find(|a| a.name == name).map(|a| &a.value)
    }

    fn value(&self, name: &str) -> Value {
        self.find(name).map_or(Value::None, |e| self.env.eval(e))
    }

    /// The lambda of that name, applied; a body that is no lambda stands for itself.
    fn apply(&self, name: &str, item: &Value) -> Value {
        match self.find(name) {
            Some(Expr { kind: ExprKind::Lambda { param, body }, .. }) => {
                self.env.with(param, item, |env| env.eval(body))
            }
            Some(other) => self.env.eval(other),
            None => Value::no_data("the method needs `p => …`"),
        }
    }

    fn written(&self, name: &str) -> bool {
        self.find(name).is_some_and(|e| !matches!(e.kind, ExprKind::None))
    }
}

fn int(n: usize) -> Value {
    i64::try_from(n).map_or_else(|_| Value::no_data("too many"), Value::Int)
}

fn list(items: &Arc<Vec<Value>>, name: &str, args: &Given<'_>) -> Value {
    match name {
        "any" => compare::any(items.iter().map(|i| args.apply("which", i))),
        "all" => compare::all(items.iter().map(|i| args.apply("which", i))),
        "filter" => match kept(items, args) {
            Ok(kept) => Value::list(kept),
            Err(unknown) => unknown,
        },
        "count" if !args.written("which") => int(items.len()),
        "count" => match kept(items, args) {
            Ok(kept) => int(kept.len()),
            Err(unknown) => unknown,
        },
        "map" => Value::list(items.iter().map(|i| args.apply("to", i)).collect()),
        "first" => items.first().cloned().unwrap_or(Value::None),
        "last" => items.last().cloned().unwrap_or(Value::None),
        "min" => extreme(items, std::cmp::Ordering::Less),
        "max" => extreme(items, std::cmp::Ordering::Greater),
        "sort_by" => sorted(items, args),
        "join" => {
            let parts: Option<Vec<String>> = items.iter().map(text::plain).collect();
            match (parts, text::plain(&args.value("by"))) {
                (Some(parts), Some(by)) => {
                    let joined = parts.join(&by);
                    let untrusted = items.iter().any(|v| matches!(v, Value::Untrusted(_)));
                    if untrusted { Value::Untrusted(joined.into()) } else { Value::text(&joined) }
                }
                _ => Value::no_data("`join` needs text"),
            }
        }
        _ => Value::no_data(format!("a list has no `{name}`")),
    }
}

/// Those for which it is true; one that is not known makes all unknown.
fn kept(items: &[Value], args: &Given<'_>) -> Result<Vec<Value>, Value> {
    let mut kept = Vec::new();
    for item in items {
        match args.apply("which", item) {
            Value::Bool(true) => kept.push(item.clone()),
            Value::Bool(false) => {}
            n @ Value::NoData(_) => return Err(n),
            _ => return Err(Value::no_data("`p => …` must give a yes or no")),
        }
    }
    Ok(kept)
}

fn extreme(items: &[Value], wanted: std::cmp::Ordering) -> Value {
    let mut best: Option<&Value> = None;
    for item in items {
        match best {
            None => best = Some(item),
            Some(b) => match compare::order(item, b, &Type::Unknown) {
                Ok(order) if order == wanted => best = Some(item),
                Ok(_) => {}
                Err(unknown) => return unknown,
            },
        }
    }
    best.cloned().unwrap_or(Value::None)
}

fn sorted(items: &[Value], args: &Given<'_>) -> Value {
    let mut keyed: Vec<(Value, Value)> = items.iter().map(|i| (args.apply("key", i), i.clone())).collect();
    // Order is checked first: a comparison inside of the sort cannot say "unknown".
    for pair in keyed.windows(2) {
        if let Err(unknown) = compare::order(&pair[0].0, &pair[1].0, &Type::Unknown) {
            return unknown;
        }
    }
    keyed.sort_by(|a, b| compare::order(&a.0, &b.0, &Type::Unknown).unwrap_or(std::cmp::Ordering::Equal));
    Value::list(keyed.into_iter().map(|(_, item)| item).collect())
}

fn string(of: &str, untrusted: bool, name: &str, args: &Given<'_>) -> Value {
    let again = |t: &str| if untrusted { Value::Untrusted(t.into()) } else { Value::text(t) };
    let needs = |parameter: &str| match args.value(parameter) {
        n @ Value::NoData(_) => Err(n),
        value => text::plain(&value).ok_or_else(|| Value::no_data(format!("`{name}` needs text"))),
    };
    let answer = match name {
        "starts_with" => needs("text").map(|t| Value::Bool(of.starts_with(&t))),
        "ends_with" => needs("text").map(|t| Value::Bool(of.ends_with(&t))),
        "contains" => needs("text").map(|t| Value::Bool(of.contains(&t))),
        "lower" => Ok(again(&of.to_lowercase())),
        "upper" => Ok(again(&of.to_uppercase())),
        "trim" => Ok(again(of.trim())),
        "length" => Ok(int(of.chars().count())),
        "lines" => Ok(Value::list(of.lines().take(PARTS).map(again).collect())),
        "split" => needs("by").map(|by| {
            if by.is_empty() {
                Value::no_data("`split` needs something to split by")
            } else {
                Value::list(of.split(by.as_str()).take(PARTS).map(again).collect())
            }
        }),
        "replace" => needs("text").and_then(|from| needs("with").map(|to| replace(of, &from, &to, &again))),
        "to_number" => {
            Ok(of.trim().parse::<f64>().ok().map_or(Value::None, |v| super::number::quantity(Dim::Number, v)))
        }
        _ => Err(Value::no_data(format!("text has no `{name}`"))),
    };
    answer.unwrap_or_else(|unknown| unknown)
}

fn replace(of: &str, from: &str, to: &str, again: &dyn Fn(&str) -> Value) -> Value {
    let grown = of.matches(from).count().saturating_mul(to.len());
    if from.is_empty() || grown > 1 << 20 {
        Value::no_data("`replace` would make too long a text")
    } else {
        again(&of.replace(from, to))
    }
}

fn lines(logs: &Arc<Logs>, name: &str, args: &Given<'_>) -> Value {
    if name == "since" {
        let Value::Time(from) = args.value("at") else {
            return Value::no_data("`since` needs a time");
        };
        let lines = logs.lines.iter().filter(|l| l.at.is_some_and(|at| at >= from)).cloned().collect();
        return Value::Logs(Arc::new(Logs { lines, truncated: logs.truncated }));
    }
    if name == "count" && !args.written("pattern") {
        return int(logs.lines.len());
    }
    let pattern = match args.value("pattern") {
        Value::Regex(pattern) => pattern,
        n @ Value::NoData(_) => return n,
        _ => return Value::no_data(format!("`{name}` needs a pattern")),
    };
    let mut found = logs.lines.iter().filter(|l| pattern.0.is_match(&l.text));
    let one =
        |line: Option<&crate::value::LogLine>| line.map_or(Value::None, |l| Value::Untrusted(l.text.as_str().into()));
    match name {
        "matching" => Value::Logs(Arc::new(Logs { lines: found.cloned().collect(), truncated: logs.truncated })),
        "count" => int(found.count()),
        "first" => one(found.next()),
        "last" => one(found.next_back()),
        _ => Value::no_data(format!("logs have no `{name}`")),
    }
}

fn time(at: i64, name: &str, args: &Given<'_>) -> Value {
    let zone = text::plain(&args.value("zone")).unwrap_or_else(|| "UTC".to_owned());
    let zone = if zone == "UTC" { Ok(jiff::tz::TimeZone::UTC) } else { jiff::tz::TimeZone::get(&zone) };
    let (Ok(zone), Ok(stamp)) = (zone, jiff::Timestamp::from_millisecond(at)) else {
        return Value::no_data("there is no such time zone");
    };
    let there = stamp.to_zoned(zone);
    match name {
        "hour" => Value::Int(there.hour().into()),
        "minute" => Value::Int(there.minute().into()),
        "day" => Value::Int(there.day().into()),
        "month" => Value::Int(there.month().into()),
        "weekday" => {
            let word = match there.weekday() {
                jiff::civil::Weekday::Monday => "monday",
                jiff::civil::Weekday::Tuesday => "tuesday",
                jiff::civil::Weekday::Wednesday => "wednesday",
                jiff::civil::Weekday::Thursday => "thursday",
                jiff::civil::Weekday::Friday => "friday",
                jiff::civil::Weekday::Saturday => "saturday",
                jiff::civil::Weekday::Sunday => "sunday",
            };
            Value::Word(word.into())
        }
        "format" => match text::plain(&args.value("as")) {
            None => Value::text(&there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            Some(form) => match jiff::fmt::strtime::format(&form, &there) {
                Ok(text) => Value::text(&text),
                Err(e) => Value::no_data(format!("the form of the time: {e}")),
            },
        },
        _ => Value::no_data(format!("a time has no `{name}`")),
    }
}
