//! Arguments by name. What is not known is refused before anything is asked (L28).

use crate::action::Args;
use crate::error::ErrorInfo;
use crate::evaluate::{millis, number, plain};
use crate::value::{Pattern, Secret, Target, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

fn wrong(name: &str, what: &str) -> ErrorInfo {
    ErrorInfo::permanent("argument", format!("`{name}` must be {what}"))
}

/// The argument, where it is there and known.
pub(crate) fn given<'a>(args: &'a Args, name: &str) -> Result<Option<&'a Value>, ErrorInfo> {
    match args.get(name) {
        None | Some(Value::None) => Ok(None),
        Some(Value::NoData(n)) => Err(ErrorInfo::permanent("no_data", format!("`{name}` is not known: {}", n.reason))),
        Some(value) => Ok(Some(value)),
    }
}

fn needed<'a>(args: &'a Args, name: &str) -> Result<&'a Value, ErrorInfo> {
    given(args, name)?.ok_or_else(|| wrong(name, "given"))
}

/// A text that may be absent.
pub(crate) fn maybe_text(args: &Args, name: &str) -> Result<Option<String>, ErrorInfo> {
    given(args, name)?.map(|v| plain(v).ok_or_else(|| wrong(name, "a text"))).transpose()
}

/// A text that is not empty.
pub(crate) fn text(args: &Args, name: &str) -> Result<String, ErrorInfo> {
    let text = plain(needed(args, name)?).ok_or_else(|| wrong(name, "a text"))?;
    if text.is_empty() { Err(wrong(name, "a text that is not empty")) } else { Ok(text) }
}

/// A path: a text without null bytes, not one that came from outside (R67).
pub(crate) fn path(args: &Args, name: &str) -> Result<String, ErrorInfo> {
    if let Some(Value::Untrusted(_)) = args.get(name) {
        return Err(wrong(name, "a path of the playbook's own, not text from outside"));
    }
    let text = text(args, name)?;
    if text.contains('\0') { Err(wrong(name, "a path")) } else { Ok(text) }
}

/// A whole number that may be absent.
pub(crate) fn maybe_int(args: &Args, name: &str) -> Result<Option<i64>, ErrorInfo> {
    #[allow(clippy::cast_possible_truncation, reason = "only where nothing is lost")]
    given(args, name)?
        .map(|v| match number(v) {
            Some((_, n)) if n.fract() == 0.0 && n.abs() < 9e15 => Ok(n as i64),
            _ => Err(wrong(name, "a whole number")),
        })
        .transpose()
}

/// A whole number.
pub(crate) fn int(args: &Args, name: &str) -> Result<i64, ErrorInfo> {
    maybe_int(args, name)?.ok_or_else(|| wrong(name, "given"))
}

/// A count within bounds.
pub(crate) fn count(args: &Args, name: &str, default: usize, most: usize) -> Result<usize, ErrorInfo> {
    match maybe_int(args, name)? {
        None => Ok(default),
        Some(n) => match usize::try_from(n) {
            Ok(n) if (1..=most).contains(&n) => Ok(n),
            _ => Err(wrong(name, &format!("1 to {most}"))),
        },
    }
}

/// A number that may be absent, in its base unit.
pub(crate) fn maybe_number(args: &Args, name: &str) -> Result<Option<f64>, ErrorInfo> {
    given(args, name)?.map(|v| number(v).map(|n| n.1).ok_or_else(|| wrong(name, "a number"))).transpose()
}

/// A duration in milliseconds that may be absent; not negative.
pub(crate) fn maybe_ms(args: &Args, name: &str) -> Result<Option<u64>, ErrorInfo> {
    maybe_number(args, name)?
        .map(|s| u64::try_from(millis(s)).map_err(|_| wrong(name, "a duration that is not negative")))
        .transpose()
}

/// A duration in milliseconds; longer than 0.
pub(crate) fn ms(args: &Args, name: &str) -> Result<u64, ErrorInfo> {
    match maybe_ms(args, name)? {
        Some(ms) if ms > 0 => Ok(ms),
        _ => Err(wrong(name, "a duration longer than 0")),
    }
}

/// A flag; off where it is absent.
pub(crate) fn flag(args: &Args, name: &str) -> Result<bool, ErrorInfo> {
    match given(args, name)? {
        None => Ok(false),
        Some(Value::Bool(b)) => Ok(*b),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

/// A map of texts.
pub(crate) fn texts(args: &Args, name: &str) -> Result<BTreeMap<String, String>, ErrorInfo> {
    match given(args, name)? {
        None => Ok(BTreeMap::new()),
        Some(Value::Record(fields)) => fields
            .iter()
            .map(|(k, v)| plain(v).map(|t| (k.clone(), t)).ok_or_else(|| wrong(name, "a map of texts")))
            .collect(),
        Some(_) => Err(wrong(name, "a map of texts")),
    }
}

/// A list.
pub(crate) fn list(args: &Args, name: &str) -> Result<Arc<Vec<Value>>, ErrorInfo> {
    match given(args, name)? {
        None => Ok(Arc::default()),
        Some(Value::List(items)) => Ok(Arc::clone(items)),
        Some(_) => Err(wrong(name, "a list")),
    }
}

/// A pattern that may be absent.
pub(crate) fn maybe_pattern(args: &Args, name: &str) -> Result<Option<Pattern>, ErrorInfo> {
    match given(args, name)? {
        None => Ok(None),
        Some(Value::Regex(pattern)) => Ok(Some(pattern.clone())),
        Some(_) => Err(wrong(name, "a pattern")),
    }
}

/// A secret that may be absent; a plain text may stand for one.
pub(crate) fn maybe_secret(args: &Args, name: &str) -> Result<Option<Secret>, ErrorInfo> {
    match given(args, name)? {
        None => Ok(None),
        Some(Value::Secret(secret)) => Ok(Some(secret.clone())),
        Some(value) => plain(value).map(|t| Some(Secret::new(name, t))).ok_or_else(|| wrong(name, "a secret")),
    }
}

/// A target.
pub(crate) fn target(args: &Args, name: &str) -> Result<Arc<Target>, ErrorInfo> {
    match needed(args, name)? {
        Value::Target(target) => Ok(Arc::clone(target)),
        _ => Err(wrong(name, "a target")),
    }
}

/// A part of a target's key.
pub(crate) fn key(target: &Target, name: &str) -> Result<String, ErrorInfo> {
    match target.key.get(name) {
        Some(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(wrong(name, "part of the target")),
    }
}

/// A record.
pub(crate) fn record(args: &Args, name: &str) -> Result<Arc<BTreeMap<String, Value>>, ErrorInfo> {
    match needed(args, name)? {
        Value::Record(fields) => Ok(Arc::clone(fields)),
        _ => Err(wrong(name, "a record")),
    }
}
