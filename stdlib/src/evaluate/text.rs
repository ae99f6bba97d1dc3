//! Text with holes: messages, queries, secrets; and text out of json.
//!
//! A message says "no data" where a hole is not known (L28). A query does not: it is not sent. In a query a hole inside
//! quotes is escaped for its language, and regex characters too where it stands in a regex matcher and the text came from
//! outside; outside of quotes only numbers and durations stand (L26, R67).

use super::expr::Env;
use super::number::{millis, number};
use super::show::{number_text, safe, show};
use crate::value::{Secret, Value};
use heal_lang::catalogue::{Dim, Language, Type};
use heal_lang::plan::Piece;
use std::fmt::Write as _;
use std::sync::Arc;

/// The text of a value that is one.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Text(t) | Value::Untrusted(t) | Value::Word(t) => Some(t.to_string()),
        _ => None,
    }
}

/// `"…${hole}…"`
pub(super) fn interpolate(env: &Env<'_>, pieces: &[Piece], language: Option<Language>) -> Value {
    let mut text = String::new();
    let mut untrusted = false;
    let mut secret: Option<String> = None;
    for piece in pieces {
        match piece {
            Piece::Text(t) => text.push_str(t),
            Piece::Hole { value, quoted } => {
                let value = env.eval(value);
                untrusted |= matches!(value, Value::Untrusted(_));
                match (language, value) {
                    (None, Value::Secret(s)) => {
                        text.push_str(s.reveal());
                        secret =
                            Some(secret.map_or_else(|| s.name().to_owned(), |name| format!("{name}, {}", s.name())));
                    }
                    (None, Value::NoData(_)) => text.push_str("no data"),
                    (None, Value::Untrusted(t)) => text.push_str(&safe(&t)),
                    (None, value) => text.push_str(&show(&value)),
                    (Some(_), Value::NoData(n)) => {
                        return Value::no_data(format!("a hole of the query is not known: {}", n.reason));
                    }
                    (Some(language), value) => match query_hole(&text, &value, language, *quoted) {
                        Ok(escaped) => text.push_str(&escaped),
                        Err(why) => return Value::no_data(why),
                    },
                }
            }
        }
    }
    match secret {
        Some(name) => Value::Secret(Secret::new(&name, text)),
        None if untrusted => Value::Untrusted(text.into()),
        None => Value::Text(text.into()),
    }
}

/// A hole of a query, escaped for its place; `before` is the query up to it.
fn query_hole(before: &str, value: &Value, language: Language, quoted: bool) -> Result<String, String> {
    let bare = match value {
        Value::Int(i) => Some(i.to_string()),
        Value::Quantity(Dim::Duration, seconds) => Some(match language {
            Language::Promql | Language::Logql => format!("{}ms", millis(*seconds)),
            Language::Sql | Language::JsonText => number_text(*seconds),
        }),
        Value::Quantity(_, v) => Some(number_text(*v)),
        _ => None,
    };
    if let Some(bare) = bare {
        return Ok(bare);
    }
    if !quoted {
        return Err("outside of quotes a query takes numbers and durations only".to_owned());
    }
    let Some(text) = plain(value) else {
        return Err("a hole of a query takes text, numbers and durations only".to_owned());
    };
    let text =
        if matches!(value, Value::Untrusted(_)) && in_regex_matcher(before) { regex::escape(&text) } else { text };
    Ok(match language {
        Language::Promql | Language::Logql => go_string(&text),
        Language::Sql => text.replace('\'', "''").replace('\0', ""),
        Language::JsonText => {
            let quoted = serde_json::Value::String(text).to_string();
            quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
        }
    })
}

/// Whether the quote that is open at the end of `before` follows `=~` or `!~`.
fn in_regex_matcher(before: &str) -> bool {
    let opened = before.rfind(['"', '\'', '`']).map_or("", |at| before.get(..at).unwrap_or_default());
    let opened = opened.trim_end();
    opened.ends_with("=~") || opened.ends_with("!~")
}

/// Escapes for a string of PromQL or LogQL, which are written as Go's. Quotes as hex: `\'` is an error inside `"…"`, and
/// which quote is open does not matter so.
fn go_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' | '\'' | '`' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// `j as T`: absent where the json is of another kind.
pub(super) fn open(value: &Value, typ: &Type) -> Value {
    let wanted = match typ {
        Type::Optional(inner) => inner,
        other => other,
    };
    match value {
        Value::Json(json) => from_json(json, wanted).unwrap_or(Value::None),
        Value::NoData(_) => value.clone(),
        _ => Value::None,
    }
}

/// A value of untyped data; text in it came from outside.
fn from_json(json: &serde_json::Value, typ: &Type) -> Option<Value> {
    match typ {
        Type::Json => Some(Value::Json(Arc::new(json.clone()))),
        Type::Bool => json.as_bool().map(Value::Bool),
        Type::Int => json.as_i64().map(Value::Int),
        Type::Quantity(dim) => json.as_f64().map(|v| super::number::quantity(*dim, v)),
        Type::String | Type::Text(_) => json.as_str().map(|t| Value::Untrusted(t.into())),
        Type::Time => json.as_str().and_then(crate::moment::parse).map(Value::Time),
        Type::List(inner) => {
            let items: Option<Vec<Value>> = json.as_array()?.iter().map(|j| from_json(j, inner)).collect();
            items.map(Value::list)
        }
        Type::Map(inner) => {
            let entries: Option<_> =
                json.as_object()?.iter().map(|(k, j)| from_json(j, inner).map(|v| (k.clone(), v))).collect();
            entries.map(|map| Value::Record(Arc::new(map)))
        }
        Type::Optional(inner) if json.is_null() => {
            let _ = inner;
            Some(Value::None)
        }
        Type::Optional(inner) => from_json(json, inner),
        _ => None,
    }
}

/// A value as untyped data, for bodies of requests; what is not data is left out.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) => Json::from(*i),
        Value::Json(json) => (**json).clone(),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Record(fields) => Json::Object(fields.iter().map(|(k, v)| (k.clone(), to_json(v))).collect()),
        Value::None | Value::NoData(_) | Value::Secret(_) | Value::Series(_) | Value::Logs(_) => Json::Null,
        other => match (plain(other), number(other)) {
            (Some(text), _) => Json::String(text),
            (_, Some((_, v))) => serde_json::Number::from_f64(v).map_or(Json::Null, Json::Number),
            _ => Json::String(show(other)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(before: &str, value: &Value, quoted: bool) -> Result<String, String> {
        query_hole(before, value, Language::Promql, quoted)
    }

    #[test]
    fn a_hole_cannot_leave_its_quotes() {
        let evil = Value::Untrusted(r#"x"} or vector(1) #\"#.into());
        let text = hole("up{job=\"", &evil, true).unwrap();
        assert!(!text.contains('"'), "{text}");
        let query = format!("up{{job=\"{text}\"}}");
        let parsed = promql_parser::parser::parse(&query).unwrap_or_else(|e| panic!("{query}: {e}"));
        let promql_parser::parser::Expr::VectorSelector(selector) = parsed else { panic!("{query} is no selector") };
        assert_eq!(selector.matchers.matchers.len(), 1);
    }

    #[test]
    fn a_regex_matcher_takes_text_from_outside_literally() {
        let any = Value::Untrusted(".*".into());
        assert_eq!(hole("up{job=~\"", &any, true).unwrap(), r"\\.\\*");
        assert_eq!(hole("up{job=\"", &any, true).unwrap(), ".*");
        assert_eq!(hole("up{job=~\"", &Value::text("5.."), true).unwrap(), "5..", "the author's own pattern");
    }

    #[test]
    fn outside_of_quotes_stand_numbers_and_durations() {
        assert_eq!(hole("rate(x[", &Value::Quantity(Dim::Duration, 90.0), false).unwrap(), "90000ms");
        assert_eq!(hole("x > ", &Value::Quantity(Dim::Ratio, 0.05), false).unwrap(), "0.05");
        assert!(hole("x > ", &Value::text("0) or vector(1"), false).is_err());
    }

    #[test]
    fn json_is_opened_by_kind() {
        let json = serde_json::json!({"a": 1, "b": "x"});
        assert_eq!(from_json(&json["a"], &Type::Int), Some(Value::Int(1)));
        assert_eq!(from_json(&json["b"], &Type::Int), None);
        assert_eq!(from_json(&json["b"], &Type::String), Some(Value::Untrusted("x".into())));
    }
}
