//! What expressions compute with.

use heal_lang::catalogue::Dim;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why a value is not known (L27). Spreads through operators; makes comparisons unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoData {
    /// In words: what was asked, what came, since when.
    pub reason: String,
}

/// A secret: only its name is ever shown or stored. Its bytes are wiped when the last copy goes.
#[derive(Clone)]
pub struct Secret {
    name: Arc<str>,
    bytes: Arc<Zeroizing<String>>,
}

impl Secret {
    /// A secret of that name.
    #[must_use]
    pub fn new(name: &str, value: String) -> Self {
        Self { name: name.into(), bytes: Arc::new(Zeroizing::new(value)) }
    }

    /// Its name, which may be shown.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes themselves: for adapters, right before they are sent, and for redaction.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<secret {}>", self.name)
    }
}

impl PartialEq for Secret {
    /// Two secrets are the same when they have the same name: their bytes are never compared (L32).
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Samples over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What its values are.
    pub dim: Dim,
    /// Unix milliseconds, ascending.
    pub at: Vec<i64>,
    /// In the base unit of `dim`; NaN is a missing sample.
    pub value: Vec<f64>,
    /// Between samples, as asked for, milliseconds; 0 where unknown.
    pub step_ms: u64,
    /// How far back was asked for: start of the window, Unix milliseconds.
    pub from: i64,
    /// Name and labels, for people.
    pub name: String,
    /// Default settle of a verify that reads it: window of a rate + 2 × every (L48), milliseconds.
    pub settle_ms: u64,
}

/// A log line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Unix milliseconds, where the line says.
    pub at: Option<i64>,
    /// Where from: pod, file, job.
    pub source: String,
    /// Without its line end.
    pub text: String,
}

/// Lines, oldest first. All of it is untrusted text (R67).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logs {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Lines were left out at the front because of a cap.
    pub truncated: bool,
}

/// A target: an inert identity (L29). Equal by kind and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The constructor: `kubernetes.deployment`.
    pub kind: String,
    /// `deployment`
    pub noun: String,
    /// Its parameters.
    pub key: BTreeMap<String, String>,
    /// Built from a value that came with a trigger: must be found in the live list (L29).
    pub untrusted: bool,
}

impl Target {
    /// The lock's and the rate's key, and what people read: `deployment shop/checkout`.
    #[must_use]
    pub fn id(&self) -> String {
        let key: Vec<&str> = self.key.values().map(String::as_str).collect();
        format!("{} {}", self.kind, key.join("/"))
    }
}

/// A pattern; two are the same when they are written the same.
#[derive(Clone, Debug)]
pub struct Pattern(pub Arc<regex::Regex>);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Known to be absent: the `none` of a `T?`.
    None,
    /// Not known, for a reason.
    NoData(NoData),
    /// `true`
    Bool(bool),
    /// A whole number without unit.
    Int(i64),
    /// A number in the base unit of its dimension.
    Quantity(Dim, f64),
    /// Text; also names with a rule and queries.
    Text(Arc<str>),
    /// Text that came from outside: a trigger, a label, a log (R67).
    Untrusted(Arc<str>),
    /// A word of an enum.
    Word(Arc<str>),
    /// A pattern.
    Regex(Pattern),
    /// Unix milliseconds.
    Time(i64),
    /// Samples.
    Series(Arc<Series>),
    /// Log lines.
    Logs(Arc<Logs>),
    /// `[a, b]`
    List(Arc<Vec<Value>>),
    /// A record or a map.
    Record(Arc<BTreeMap<String, Value>>),
    /// `a..b`
    Range(Box<Value>, Box<Value>),
    /// `3 per 1h`
    Quota(heal_lang::plan::Quota),
    /// A target.
    Target(Arc<Target>),
    /// A secret.
    Secret(Secret),
    /// Opened only by `j["a"] as T`.
    Json(Arc<serde_json::Value>),
}

impl Value {
    /// Not known, for a reason.
    pub fn no_data(reason: impl Into<String>) -> Value {
        Value::NoData(NoData { reason: reason.into() })
    }

    /// Text of our own.
    #[must_use]
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// A record.
    pub fn record(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Record(Arc::new(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    /// A duration of so many milliseconds.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "durations stay far below 2^53 ms")]
    pub fn duration_ms(ms: i64) -> Value {
        Value::Quantity(Dim::Duration, ms as f64 / 1000.0)
    }
}
