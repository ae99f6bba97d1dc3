//! The closed set of types (L23 to L31).

use serde::{Deserialize, Serialize};
use std::fmt;

/// The dimension of a number. A closed table of operators works on these; there is no free dimension algebra (L23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dim {
    /// No unit: the base unit is 1. What a bare literal is.
    Number,
    /// Base unit: seconds.
    Duration,
    /// Base unit: 1 (5% is 0.05).
    Ratio,
    /// Base unit: bytes.
    Bytes,
    /// Base unit: 1/s.
    Rate,
    /// Base unit: bytes per second.
    BytesPerSecond,
    /// Base unit: cores.
    Cpu,
}

impl Dim {
    /// The type's name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dim::Number => "number",
            Dim::Duration => "duration",
            Dim::Ratio => "ratio",
            Dim::Bytes => "bytes",
            Dim::Rate => "rate",
            Dim::BytesPerSecond => "bytes_per_second",
            Dim::Cpu => "cpu",
        }
    }
}

/// Which query language a string is in (L26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word")]
pub enum Language {
    Promql,
    Logql,
    Sql,
    JsonText,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// `bool`
    Bool,
    /// `int`: a whole number without unit; converts to `number`
    Int,
    /// A number with a dimension
    Quantity(Dim),
    /// `string`
    String,
    /// A string with a rule, by its name in the catalogue: `kubernetes.name`
    Text(String),
    /// A query: a string literal is checked where one is expected
    Query(Language),
    /// `regex`
    Regex,
    /// `time`: a point in time
    Time,
    /// `series<duration>`: samples over time, of one dimension
    Series(Dim),
    /// `logs`
    Logs,
    /// `forecast`
    Forecast,
    /// `json`: opened only by `j["a"] as string`
    Json,
    /// `list<T>`
    List(Box<Type>),
    /// `map<T>`: keys are strings
    Map(Box<Type>),
    /// A closed record, by its name in the catalogue
    Record(String),
    /// An enum, by its name in the catalogue; the enums of inputs are `input.NAME`
    Enum(String),
    /// `target<kind>`, by the constructor's name; `target<*>` is any
    Target(String),
    /// `secret<T>`
    Secret(Box<Type>),
    /// `T?`: known to be absent, or there
    Optional(Box<Type>),
    /// `a..b`
    Range(Box<Type>),
    /// `3 per 1h`
    Quota,
    /// The result of `exponential(…)` and its siblings
    Backoff,
    /// The result of `group("sre")`
    Approvers,
    /// `p => …` with the parameter's and the result's type
    Lambda(Box<Type>, Box<Type>),
    /// A type variable of a generic signature, by its letter
    Var(char),
    /// The type of `none`
    None,
    /// Stands where an error was already reported; goes with everything
    Unknown,
}

impl Type {
    /// `number`
    pub const NUMBER: Type = Type::Quantity(Dim::Number);
    /// `duration`
    pub const DURATION: Type = Type::Quantity(Dim::Duration);
    /// `ratio`
    pub const RATIO: Type = Type::Quantity(Dim::Ratio);
    /// `bytes`
    pub const BYTES: Type = Type::Quantity(Dim::Bytes);
    /// `rate`
    pub const RATE: Type = Type::Quantity(Dim::Rate);
    /// `cpu`
    pub const CPU: Type = Type::Quantity(Dim::Cpu);

    /// `T?`; `T??` is `T?`.
    #[must_use]
    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::Unknown | Type::None => self,
            other => Type::Optional(Box::new(other)),
        }
    }

    /// `list<T>`
    #[must_use]
    pub fn list(self) -> Type {
        Type::List(Box::new(self))
    }

    /// A record of the catalogue.
    #[must_use]
    pub fn record(name: &str) -> Type {
        Type::Record(name.to_owned())
    }

    /// An enum of the catalogue.
    #[must_use]
    pub fn enumeration(name: &str) -> Type {
        Type::Enum(name.to_owned())
    }

    /// A target of the catalogue.
    #[must_use]
    pub fn target(kind: &str) -> Type {
        Type::Target(kind.to_owned())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Quantity(d) => f.write_str(d.name()),
            Type::String => f.write_str("string"),
            // The words of an input's `enum(…)` have no name but the input's.
            Type::Enum(n) if n.starts_with("input.") => write!(f, "word of `{}`", &n["input.".len()..]),
            Type::Text(n) | Type::Record(n) | Type::Enum(n) => f.write_str(n),
            Type::Query(Language::Promql) => f.write_str("promql"),
            Type::Query(Language::Logql) => f.write_str("logql"),
            Type::Query(Language::Sql) => f.write_str("sql"),
            Type::Query(Language::JsonText) => f.write_str("json_text"),
            Type::Regex => f.write_str("regex"),
            Type::Time => f.write_str("time"),
            Type::Series(d) => write!(f, "series<{}>", d.name()),
            Type::Logs => f.write_str("logs"),
            Type::Forecast => f.write_str("forecast"),
            Type::Json => f.write_str("json"),
            Type::List(t) => write!(f, "list<{t}>"),
            Type::Map(t) => write!(f, "map<{t}>"),
            Type::Target(k) if k == "*" => f.write_str("target"),
            Type::Target(k) => write!(f, "target<{k}>"),
            Type::Secret(t) => write!(f, "secret<{t}>"),
            Type::Optional(t) => write!(f, "{t}?"),
            Type::Range(t) => write!(f, "range<{t}>"),
            Type::Quota => f.write_str("quota"),
            Type::Backoff => f.write_str("backoff"),
            Type::Approvers => f.write_str("approvers"),
            Type::Lambda(a, b) => write!(f, "{a} => {b}"),
            Type::Var(c) => write!(f, "{c}"),
            Type::None => f.write_str("none"),
            Type::Unknown => f.write_str("?"),
        }
    }
}
