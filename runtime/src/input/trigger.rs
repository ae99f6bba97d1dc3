//! What started the run: Alertmanager's webhook, version 4, from a file. A hint of untrusted text (R53, R67).

use crate::failure::Failure;
use heal_lang::plan::{Plan, TriggerDef};
use heal_stdlib::evaluate::{self, Known};
use heal_stdlib::value::Value;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Most bytes of a payload (R70).
const MAX_BYTES: u64 = 1 << 20;
/// Most alerts looked at.
const MAX_ALERTS: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    version: String,
    status: String,
    #[serde(default)]
    group_key: String,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    #[serde(default, deserialize_with = "absent_is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "absent_is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    fingerprint: String,
}

/// `null` is how some senders write no labels.
fn absent_is_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// What a trigger means for a playbook.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// `alert`
    pub kind: String,
    /// The name that it binds, with its value.
    pub binds: (String, Value),
    /// Inputs that it binds.
    pub inputs: BTreeMap<String, Value>,
    /// The incident: the same again joins its run.
    pub group: String,
    /// For the journal.
    pub facts: BTreeMap<String, serde_json::Value>,
}

/// The payload's first firing alert that one of the playbook's triggers matches.
///
/// # Errors
/// Exit 2: it can't be read, is not a payload, or no trigger matches. A group that is resolved starts nothing.
pub fn read(path: &Path, plan: &Plan) -> Result<Trigger, Failure> {
    let name = path.display();
    let text = text(path).map_err(|why| Failure::invalid(format!("--trigger {name}: {why}")))?;
    let payload = payload(&text).map_err(|why| {
        Failure::invalid(format!("--trigger {name}: {why}")).help(
            "it is the body that Alertmanager's webhook sends, version 4: `{ \"version\": \"4\", \"status\": \"firing\", \"alerts\": […] }`",
        )
    })?;
    find(&payload, plan).map_err(|why| Failure::invalid(format!("--trigger {name}: {why}")))
}

/// The payload, or which part of the text is not as it should be.
fn payload(text: &str) -> Result<Payload, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let value: Json = serde_json::from_str(text).map_err(|e| {
        let at = if e.is_eof() { "it ends too early".to_owned() } else { format!("line {}:{}", e.line(), e.column()) };
        format!("it is not JSON ({at})")
    })?;
    fields(&value, "", &[("version", "a text"), ("status", "a text"), ("alerts", "a list")], &["groupKey"])?;
    for (at, alert) in value["alerts"].as_array().into_iter().flatten().enumerate() {
        let name = format!("alert {}", at + 1);
        fields(alert, &name, &[("status", "a text")], &["startsAt", "fingerprint"])?;
        for map in ["labels", "annotations"] {
            let texts = alert.get(map).unwrap_or(&Json::Null);
            let fits = texts.as_object().map_or(texts.is_null(), |m| m.values().all(Json::is_string));
            if !fits {
                return Err(format!("`{map}` of {name} is not an object of texts"));
            }
        }
    }
    // What is left are fields that may be absent, and have a wrong type here.
    serde_json::from_value(value).map_err(|e| format!("it is not an alert payload ({e})"))
}

/// The fields that must be there, each of its kind, and texts that may be absent. `of`: the alert; empty for the payload.
fn fields(value: &Json, of: &str, wanted: &[(&str, &str)], texts: &[&str]) -> Result<(), String> {
    let (name, of) = if of.is_empty() { ("it", String::new()) } else { (of, format!(" of {of}")) };
    let Some(object) = value.as_object() else { return Err(format!("{name} is {}, not an object", kind(value))) };
    for (field, wanted) in wanted {
        match object.get(*field) {
            None => return Err(format!("{name} has no `{field}`")),
            Some(found) if kind(found) != *wanted => {
                return Err(format!("`{field}`{of} is {}, not {wanted}", kind(found)));
            }
            Some(_) => {}
        }
    }
    match texts.iter().find(|field| object.get(**field).is_some_and(|found| !found.is_string())) {
        Some(field) => Err(format!("`{field}`{of} is {}, not a text", kind(&object[*field]))),
        None => Ok(()),
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn text(path: &Path) -> Result<String, String> {
    use std::io::Read;
    let unreadable = |e: std::io::Error| format!("it cannot be read: {}", crate::files::why(&e));
    let mut text = String::new();
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    source.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err("it has more than 1 MiB".to_owned());
    }
    Ok(text)
}

fn find(payload: &Payload, plan: &Plan) -> Result<Trigger, String> {
    if payload.version != "4" {
        return Err(format!("version `{}`, only 4 is known", payload.version));
    }
    if payload.status == "resolved" {
        return Err("the group is resolved: nothing is started".to_owned());
    }
    let wanted: Vec<&TriggerDef> = plan.triggers.iter().filter(|t| t.kind == "alert").collect();
    if wanted.is_empty() {
        return Err(format!("`{}` has no `on alert(…)`", plan.playbook));
    }
    let firing = payload.alerts.iter().take(MAX_ALERTS).filter(|a| a.status == "firing");
    for alert in firing {
        let name = alert.labels.get("alertname").map_or("", String::as_str);
        for trigger in &wanted {
            if matches(trigger, name, alert) {
                return Ok(made(payload, alert, name, trigger));
            }
        }
    }
    let seen: Vec<&str> =
        payload.alerts.iter().filter_map(|a| a.labels.get("alertname").map(String::as_str)).take(5).collect();
    let starts: Vec<String> = wanted.iter().filter_map(|t| name_of(t)).map(|name| format!("`{name}`")).collect();
    Err(format!(
        "no trigger of `{}` matches its firing alerts ({}); it starts on {}",
        plan.playbook,
        seen.join(", "),
        starts.join(", ")
    ))
}

/// The name of the alert that a trigger waits for.
fn name_of(trigger: &TriggerDef) -> Option<String> {
    let name = trigger.args.iter().find(|arg| arg.name == "name")?;
    match evaluate::evaluate(&name.value, &Known::default()) {
        Value::Text(name) => Some(name.to_string()),
        _ => None,
    }
}

fn matches(trigger: &TriggerDef, name: &str, alert: &Alert) -> bool {
    let nothing = Known::default();
    trigger.args.iter().all(|arg| match (arg.name.as_str(), evaluate::evaluate(&arg.value, &nothing)) {
        ("name", Value::Text(wanted)) => wanted.as_ref() == name,
        ("labels", Value::Record(wanted)) => wanted.iter().all(|(key, value)| match value {
            Value::Text(value) => alert.labels.get(key).map(String::as_str) == Some(value),
            _ => false,
        }),
        ("labels", Value::None) => true,
        _ => false,
    })
}

fn made(payload: &Payload, alert: &Alert, name: &str, trigger: &TriggerDef) -> Trigger {
    let map = |texts: &BTreeMap<String, String>| {
        Value::Record(Arc::new(texts.iter().map(|(k, v)| (k.clone(), Value::Untrusted(v.as_str().into()))).collect()))
    };
    let starts_at = match alert.starts_at.parse::<jiff::Timestamp>() {
        Ok(time) => Value::Time(time.as_millisecond()),
        Err(_) => Value::no_data("the alert does not say since when"),
    };
    let value = Value::record([
        ("name", Value::Untrusted(name.into())),
        ("status", Value::Word("firing".into())),
        ("labels", map(&alert.labels)),
        ("annotations", map(&alert.annotations)),
        ("starts_at", starts_at),
        ("fingerprint", Value::Untrusted(alert.fingerprint.as_str().into())),
    ]);
    let scope = Known { trigger: BTreeMap::from([(trigger.kind.clone(), value.clone())]), ..Known::default() };
    let inputs =
        trigger.binds.iter().map(|bind| (bind.name.clone(), evaluate::evaluate(&bind.value, &scope))).collect();
    let firing = payload.alerts.iter().filter(|a| a.status == "firing").count();
    let facts = BTreeMap::from([
        ("kind".to_owned(), json!("alert")),
        ("name".to_owned(), json!(name)),
        ("group".to_owned(), json!(payload.group_key)),
        ("status".to_owned(), json!(payload.status)),
        ("starts_at".to_owned(), json!(alert.starts_at)),
        ("firing".to_owned(), json!(firing)),
        ("truncated".to_owned(), json!(payload.truncated_alerts)),
    ]);
    Trigger {
        kind: trigger.kind.clone(),
        binds: (trigger.kind.clone(), value),
        inputs,
        group: payload.group_key.clone(),
        facts,
    }
}
