//! What stands behind a digest: values as they decided, redacted, of a bounded size.

use super::codec;
use super::givens::Givens;
use heal_stdlib::value::{Logs, Secret, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most log lines kept of one value, from the end.
const MOST_LINES: usize = 200;

/// The body of a step's evidence: its lets.
pub(super) fn body(lets: Option<&BTreeMap<String, Value>>, givens: &Givens) -> Vec<u8> {
    let lets: BTreeMap<String, Json> =
        lets.into_iter().flatten().map(|(name, value)| (name.clone(), codec::encode(&clipped(value)))).collect();
    bytes(&json!({ "lets": lets }), givens)
}

/// The body of a single result.
pub(super) fn result(value: &Value, givens: &Givens) -> Vec<u8> {
    bytes(&json!({ "value": codec::encode(&clipped(value)) }), givens)
}

/// Redacted first, then stored and hashed (R38).
fn bytes(json: &Json, givens: &Givens) -> Vec<u8> {
    serde_json::to_vec(&givens.redactor.redact_json(json)).unwrap_or_default()
}

/// Of the redacted body.
pub(super) fn digest(body: &[u8]) -> String {
    blake3::hash(body).to_hex().as_str()[..32].to_owned()
}

fn clipped(value: &Value) -> Value {
    match value {
        Value::Logs(logs) if logs.lines.len() > MOST_LINES => {
            Value::Logs(Arc::new(Logs { lines: logs.lines[logs.lines.len() - MOST_LINES..].to_vec(), truncated: true }))
        }
        Value::Record(fields) => {
            Value::Record(Arc::new(fields.iter().map(|(name, value)| (name.clone(), clipped(value))).collect()))
        }
        Value::List(items) => Value::list(items.iter().map(clipped).collect()),
        other => other.clone(),
    }
}

/// Back from [`body`].
pub(super) fn lets(body: &[u8], secrets: &BTreeMap<String, Secret>) -> BTreeMap<String, Value> {
    serde_json::from_slice::<Json>(body)
        .ok()
        .and_then(|json| Some(codec::decode_map(json.get("lets")?.as_object()?, secrets)))
        .unwrap_or_default()
}

/// Back from [`result`].
pub(super) fn value(body: &[u8], secrets: &BTreeMap<String, Secret>) -> Option<Value> {
    let json: Json = serde_json::from_slice(body).ok()?;
    Some(codec::decode(json.get("value")?, secrets))
}
