//! One declaration a thing: what the checker, the executor, the docs and the permission calculator all read.

use super::types::{Dim, Type};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The four classes of effect, and none (L34). Ordered; they join upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Computes.
    Pure,
    /// Looks at the world.
    Read,
    /// Speaks to people: outward and not repeatable, but harmless.
    Tell,
    /// Changes the world, and knows how to change it back or how to verify.
    Change,
    /// May do anything.
    Destroy,
}

/// What is promised after a crash or a lost answer (R20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The target itself refuses a second time: a precondition or a key travels in the write. Never repeated.
    Guarded,
    /// A probe finds out whether it happened, after the quarantine. Never repeated unless the process was suspended
    /// for longer than the quarantine.
    Probed,
    /// Nobody can find out: a person decides.
    Blind,
}

/// Three ordered words (L53).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word")]
pub enum Risk {
    Low,
    Medium,
    High,
}

/// A default in `.heal` terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultValue {
    /// `none`
    None,
    /// `true`
    Bool(bool),
    /// A number in base units
    Number(f64),
    /// A string
    Text(String),
    /// A value of the parameter's enum
    Word(String),
    /// `[]`
    EmptyList,
    /// `{}`
    EmptyMap,
}

/// What a parameter of an action or a target takes of text from outside (R67): trigger payloads, labels, log text, names
/// of branches. Anyone who can name a pod or a branch can write these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// None of it: a path, a host, a name that nothing looks up.
    Never,
    /// Any: it goes as data, or it is a name that is looked up in the live system.
    Data,
    /// A program and its arguments: a whole argument that is no option, never the program, and nothing for programs that
    /// read their arguments as code.
    Argv {
        /// Their names; one that ends in `*` stands for all that begin so.
        code: Vec<String>,
    },
}

/// Whether a program, by its path or name, is one of those that [`Outside::Argv`] lists.
#[must_use]
pub fn reads_code<T: AsRef<str>>(listed: &[T], program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    listed.iter().any(|entry| match entry.as_ref().strip_suffix('*') {
        Some(front) => name.starts_with(front),
        None => name == entry.as_ref(),
    })
}

/// One parameter of an action, a function or a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParamDecl {
    /// Its label; the subject has one too, for docs.
    pub name: String,
    /// Its type. A parameter of type `secret<T>` is the only place a secret can go.
    pub typ: Type,
    /// None: required.
    pub default: Option<DefaultValue>,
    /// The one positional argument (L11).
    pub subject: bool,
    /// Must be a literal, because the result's type depends on it (L25).
    pub literal: bool,
    /// Of text from outside; a function computes with any.
    pub outside: Outside,
    /// One sentence.
    pub doc: String,
}

/// How the result's type is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultDecl {
    /// Always this.
    Type(Type),
    /// A series whose dimension the parameter `unit` names (L25).
    SeriesOfUnit,
    /// A quantity whose dimension the parameter `unit` names.
    QuantityOfUnit,
    /// A series of the same dimension as the subject series.
    SameSeries,
    /// A quantity of the dimension of the subject series.
    QuantityOfSubject,
    /// Nothing: it may only stand alone.
    Nothing,
}

/// What the words of `unit:` mean: the dimension and the factor to its base unit.
#[must_use]
pub fn unit_of(word: &str) -> Option<(Dim, f64)> {
    Some(match word {
        "ratio" => (Dim::Ratio, 1.0),
        "percent" => (Dim::Ratio, 0.01),
        "seconds" => (Dim::Duration, 1.0),
        "milliseconds" => (Dim::Duration, 0.001),
        "bytes" => (Dim::Bytes, 1.0),
        "per_second" => (Dim::Rate, 1.0),
        "count" | "number" => (Dim::Number, 1.0),
        _ => return None,
    })
}

/// How an action is undone (L43, R3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoDecl {
    /// The same action with captured arguments: what the intent's before-state names.
    Captured {
        /// The action that undoes.
        action: String,
        /// One sentence for approvers.
        doc: String,
    },
    /// There is none, and why.
    None {
        /// One sentence for approvers.
        why: String,
    },
}

/// One permission that an action needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "system", rename_all = "snake_case")]
pub enum Permission {
    /// A rule of a Role.
    Kubernetes {
        /// `""` is the core group.
        group: String,
        /// `deployments`
        resource: String,
        /// `get`, `list`, `patch` …
        verbs: Vec<String>,
    },
    /// A scope of GitHub's job token.
    Github {
        /// `actions`
        scope: String,
        /// `read`, `write`
        level: String,
    },
    /// An HTTP endpoint.
    Http {
        /// In words: `GET the probed URL`.
        what: String,
    },
    /// The local machine.
    Local {
        /// In words: `write the folder of the link`.
        what: String,
    },
}

/// An example: a test, and a piece of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// What it shows.
    pub title: String,
    /// A call as it stands in a step.
    pub source: String,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionDecl {
    /// Full name: `kubernetes.rollout_undo`.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// What it assumes, what it does not do, the odd cases. Markdown.
    pub doc: String,
    /// The class of effect; from the trait the action implements (L33).
    pub effect: Effect,
    /// The action takes `effect: read | change` at the call, as the author's assertion (L35).
    pub assertable: bool,
    /// In order; the subject first.
    pub params: Vec<ParamDecl>,
    /// What it returns.
    pub result: ResultDecl,
    /// The parameter that is the target, for changes.
    pub target: Option<String>,
    /// For changes: what is promised after a crash.
    pub class: Option<Class>,
    /// For changes: `expect:` is required (L42).
    pub expects: bool,
    /// How late the system shows an applied change, milliseconds (R54).
    pub read_lag_ms: u64,
    /// How long a sent request may still land, milliseconds (R20).
    pub max_in_flight_ms: u64,
    /// Base risk.
    pub risk: Risk,
    /// What it needs.
    pub permissions: Vec<Permission>,
    /// How it is undone, for changes.
    pub undo: Option<UndoDecl>,
    /// The named duration parameter is added to the default timeout: `http.scrape` runs for its `for` + 10s.
    pub timeout_from: Option<String>,
    /// For reads: what the answer is, as text alone or a second kind of evidence (R7).
    pub evidence: Evidence,
    /// Tests and docs.
    pub examples: Vec<Example>,
}

/// What kind of evidence a value is (R7): text alone never justifies a change above low risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Logs, labels, annotations: anyone may have written it.
    Text,
    /// A metric, the state of an API or a file, an exit status, a probe.
    State,
}

/// A pure function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionDecl {
    /// Full name: `anomaly.rcf`.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Markdown.
    pub doc: String,
    /// In order; the subject first.
    pub params: Vec<ParamDecl>,
    /// What it returns.
    pub result: ResultDecl,
    /// Tests and docs.
    pub examples: Vec<Example>,
}

/// A method: `pods.any(p => …)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodDecl {
    /// May hold type variables.
    pub receiver: Type,
    /// Its name.
    pub name: String,
    /// As for actions; the subject is a lambda or a value.
    pub params: Vec<ParamDecl>,
    /// May hold the receiver's variables.
    pub result: Type,
    /// One sentence.
    pub doc: String,
}

/// A closed record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordDecl {
    /// Full name: `kubernetes.Rollout`.
    pub name: String,
    /// One sentence.
    pub doc: String,
    /// Its fields.
    pub fields: BTreeMap<String, FieldDecl>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDecl {
    /// Its type.
    pub typ: Type,
    /// It holds text from outside (R67). Logs and untyped data do anyway.
    pub outside: bool,
    /// One sentence.
    pub doc: String,
}

/// A closed set of words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnumDecl {
    /// Its name.
    pub name: String,
    /// In order; `ordered` says whether `<` is meant.
    pub values: Vec<String>,
    /// `low < medium < high`
    pub ordered: bool,
    /// One sentence.
    pub doc: String,
}

/// A string with a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextDecl {
    /// `kubernetes.name`
    pub name: String,
    /// A regex that the whole string matches.
    pub pattern: String,
    /// Most characters.
    pub max: usize,
    /// One sentence, with an example.
    pub doc: String,
}

/// A kind of target: an inert identity (L29).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetDecl {
    /// The constructor and the kind: `kubernetes.deployment`.
    pub name: String,
    /// The short word of `blast_radius`: `deployment`.
    pub noun: String,
    /// In order; the subject first. They are the target's fields and its key.
    pub params: Vec<ParamDecl>,
    /// The section of `healrun.yaml` that must name its subject: `services`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// One sentence.
    pub doc: String,
}

/// What starts a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriggerDecl {
    /// `alert`
    pub name: String,
    /// Its parameters.
    pub params: Vec<ParamDecl>,
    /// The names in scope of its body (`alert`), with their types; all untrusted.
    pub binds: BTreeMap<String, Type>,
    /// One sentence.
    pub doc: String,
}

/// A fault that a scenario injects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultDecl {
    /// `bad_release`
    pub name: String,
    /// Its parameters.
    pub params: Vec<ParamDecl>,
    /// One sentence.
    pub doc: String,
}
