//! Values as JSON and back, without loss: what an intent keeps of its arguments, what a paused run keeps of its inputs.
//! A secret is its name.

use heal_lang::catalogue::Dim;
use heal_lang::plan::Quota;
use heal_stdlib::value::{Logs, Pattern, Secret, Series, Target, Value};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value as JSON. Text, whole numbers, lists and `none` look like themselves; the rest says what it is.
#[must_use]
pub fn encode(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::NoData(n) => json!({ "$no_data": n.reason }),
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        // NaN and infinity have no JSON form; they are missing samples wherever they can stand.
        Value::Quantity(dim, v) => json!({ "$quantity": [dim, v] }),
        Value::Text(t) => json!(t.as_ref()),
        Value::Untrusted(t) => json!({ "$untrusted": t.as_ref() }),
        Value::Word(w) => json!({ "$word": w.as_ref() }),
        Value::Regex(p) => json!({ "$regex": p.0.as_str() }),
        Value::Time(ms) => json!({ "$time": ms }),
        Value::Series(s) => json!({ "$series": s.as_ref() }),
        Value::Logs(l) => json!({ "$logs": l.as_ref() }),
        Value::List(items) => items.iter().map(encode).collect(),
        Value::Record(fields) => json!({ "$record": encode_map(fields) }),
        Value::Range(a, b) => json!({ "$range": [encode(a), encode(b)] }),
        Value::Quota(q) => json!({ "$quota": q }),
        Value::Target(t) => json!({ "$target": t.as_ref() }),
        Value::Secret(s) => json!({ "$secret": s.name() }),
        Value::Json(j) => json!({ "$json": j.as_ref() }),
    }
}

/// Fields as JSON.
#[must_use]
pub fn encode_map(fields: &BTreeMap<String, Value>) -> Map<String, Json> {
    fields.iter().map(|(k, v)| (k.clone(), encode(v))).collect()
}

/// Back to a value; `secrets` are looked up by name. What does not read is no data.
#[must_use]
pub fn decode(json: &Json, secrets: &BTreeMap<String, Secret>) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(i) => Value::Int(i),
            None => Value::Quantity(Dim::Number, n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(t) => Value::text(t),
        Json::Array(items) => Value::list(items.iter().map(|i| decode(i, secrets)).collect()),
        Json::Object(object) => match object.iter().next() {
            Some((tag, inner)) if object.len() == 1 => tagged(tag, inner, secrets),
            _ => None,
        }
        .unwrap_or_else(|| Value::no_data("a stored value does not read")),
    }
}

/// Fields back to values.
#[must_use]
pub fn decode_map(object: &Map<String, Json>, secrets: &BTreeMap<String, Secret>) -> BTreeMap<String, Value> {
    object.iter().map(|(k, v)| (k.clone(), decode(v, secrets))).collect()
}

fn tagged(tag: &str, inner: &Json, secrets: &BTreeMap<String, Secret>) -> Option<Value> {
    fn read<T: serde::de::DeserializeOwned>(json: &Json) -> Option<T> {
        serde_json::from_value(json.clone()).ok()
    }
    Some(match tag {
        "$no_data" => Value::no_data(inner.as_str()?),
        "$quantity" => {
            let (dim, v): (Dim, Option<f64>) = read(inner)?;
            Value::Quantity(dim, v.unwrap_or(f64::NAN))
        }
        "$untrusted" => Value::Untrusted(inner.as_str()?.into()),
        "$word" => Value::Word(inner.as_str()?.into()),
        "$regex" => Value::Regex(Pattern(Arc::new(regex::Regex::new(inner.as_str()?).ok()?))),
        "$time" => Value::Time(inner.as_i64()?),
        "$series" => Value::Series(Arc::new(read::<Series>(inner)?)),
        "$logs" => Value::Logs(Arc::new(read::<Logs>(inner)?)),
        "$record" => Value::Record(Arc::new(decode_map(inner.as_object()?, secrets))),
        "$range" => {
            let ends = inner.as_array()?;
            Value::Range(Box::new(decode(ends.first()?, secrets)), Box::new(decode(ends.get(1)?, secrets)))
        }
        "$quota" => Value::Quota(read::<Quota>(inner)?),
        "$target" => Value::Target(Arc::new(read::<Target>(inner)?)),
        "$secret" => match secrets.get(inner.as_str()?) {
            Some(secret) => Value::Secret(secret.clone()),
            None => Value::no_data(format!("the secret `{}` is not there", inner.as_str()?)),
        },
        "$json" => Value::Json(Arc::new(inner.clone())),
        _ => return None,
    })
}

/// A value as a fact: a scalar for people and for the journal. `None` where it is none.
#[must_use]
pub fn scalar(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Quantity(_, v) if v.is_finite() => json!(v),
        Value::Text(t) | Value::Untrusted(t) | Value::Word(t) => json!(clip(t)),
        Value::Time(ms) => json!(ms),
        Value::Target(t) => json!(t.id()),
        Value::NoData(n) => json!(format!("no data: {}", clip(&n.reason))),
        Value::None => Json::Null,
        Value::Series(s) => json!(format!("{} samples", s.at.len())),
        Value::Logs(l) => json!(format!("{} lines", l.lines.len())),
        Value::List(items) => json!(format!("{} items", items.len())),
        _ => return None,
    })
}

/// At most 200 characters.
fn clip(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The named scalars of a value, at most `most`: of a record its fields.
#[must_use]
pub fn facts(name: &str, value: &Value, most: usize) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    match value {
        Value::Record(fields) => {
            for (field, inner) in fields.iter() {
                if let Some(scalar) = scalar(inner).filter(|_| found.len() < most) {
                    found.insert(format!("{name}.{field}"), scalar);
                }
            }
        }
        other => {
            if let Some(scalar) = scalar(other) {
                found.insert(name.to_owned(), scalar);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let secret = Secret::new("token", "hunter2hunter2".to_owned());
        let secrets = BTreeMap::from([("token".to_owned(), secret.clone())]);
        let target = Target {
            kind: "process.service".to_owned(),
            noun: "service".to_owned(),
            key: BTreeMap::from([("name".to_owned(), "api".to_owned())]),
            untrusted: true,
        };
        let values = [
            Value::None,
            Value::no_data("gone"),
            Value::Bool(true),
            Value::Int(-3),
            Value::Quantity(Dim::Duration, 1.5),
            Value::Quantity(Dim::Number, 2.0),
            Value::text("a"),
            Value::Untrusted("b".into()),
            Value::Word("high".into()),
            Value::Time(12),
            Value::list(vec![Value::Int(1), Value::text("x")]),
            Value::record([("f", Value::record([("$word", Value::Int(1))]))]),
            Value::Range(Box::new(Value::Int(1)), Box::new(Value::Int(2))),
            Value::Quota(Quota { count: 3, per_ms: 9 }),
            Value::Target(Arc::new(target)),
            Value::Secret(secret),
            Value::Json(Arc::new(json!({"$word": "x"}))),
        ];
        for value in values {
            assert_eq!(decode(&encode(&value), &secrets), value);
        }
        assert!(!encode(&Value::Secret(secrets["token"].clone())).to_string().contains("hunter2"));
    }
}
