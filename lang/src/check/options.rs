//! What the checker is told from outside: hooks into languages that heal-lang does not link, and `healrun.yaml`.

use crate::catalogue::{Language, Risk};
use crate::plan::Retry;
use std::collections::{BTreeMap, BTreeSet};

/// How the checker asks whether a script is well formed, without linking a script engine (L54).
pub trait ScriptChecker {
    /// Checks the code of `name` with its parameter names.
    ///
    /// # Errors
    /// A message, and the 1-based line within the code where one is known.
    fn check(&self, name: &str, params: &[String], code: &str) -> Result<(), (Option<usize>, String)>;
}

/// Accepts every script: for callers that only look.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyScript;

impl ScriptChecker for AnyScript {
    fn check(&self, _: &str, _: &[String], _: &str) -> Result<(), (Option<usize>, String)> {
        Ok(())
    }
}

/// What is known of a query from its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryFacts {
    /// Its largest range selector, milliseconds; 0 where it has none. What verify's `settle` rests on (R50).
    pub range_ms: u64,
}

/// Why a query is not well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// Lower case, no full stop.
    pub message: String,
}

/// How the checker asks about queries, without linking their parsers.
pub trait QueryChecker {
    /// Looks at a query whose holes were filled with stand-ins: `x` inside quotes, `1m` for a duration and `1` for a
    /// number outside of them.
    ///
    /// # Errors
    /// Where the language's own parser refuses it.
    fn check(&self, language: Language, text: &str) -> Result<QueryFacts, QueryError>;
}

/// Accepts every query and knows the range selectors of PromQL by their brackets alone: for tests and callers that
/// only look.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyQuery;

impl QueryChecker for AnyQuery {
    fn check(&self, language: Language, text: &str) -> Result<QueryFacts, QueryError> {
        if language != Language::Promql {
            return Ok(QueryFacts::default());
        }
        let range = text
            .split('[')
            .skip(1)
            .filter_map(|rest| rest.split([']', ':']).next())
            .filter_map(|d| match super::quantity::parse(d.trim()) {
                Ok(super::quantity::Literal::Quantity(crate::catalogue::Dim::Duration, seconds)) => {
                    Some(super::constant::milliseconds(seconds))
                }
                _ => None,
            })
            .max();
        Ok(QueryFacts { range_ms: range.unwrap_or(0) })
    }
}

/// `environments:` of `healrun.yaml`, as far as the checker is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// No change there counts as less risky than this.
    pub risk_floor: Risk,
}

/// `defaults:` of `healrun.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Defaults {
    /// The items of an `escalate` block, as `.heal` text, for playbooks without one.
    pub escalate: Option<String>,
    /// For every call whose step writes no `retry`. Without it: reads three attempts, changes one (L49).
    pub retry: Option<Retry>,
    /// One attempt, where nothing else is said.
    pub timeout_ms: u64,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { escalate: None, retry: None, timeout_ms: 10_000 }
    }
}

/// Everything that a compilation depends on beside the texts and the catalogue.
#[derive(Clone, Default)]
pub struct Options<'a> {
    /// The one playbook that is wanted of a file with several.
    pub playbook: Option<String>,
    /// `defaults:` of `healrun.yaml`; what they resolve to is part of the plan, and so of its hash.
    pub defaults: Defaults,
    /// The configured environments; used for warnings only.
    pub environments: Vec<Environment>,
    /// The names that each section of `healrun.yaml` declares, for targets that must stand there
    /// ([`TargetDecl::section`](crate::catalogue::TargetDecl)); a section that is not here is not looked at.
    pub configured: BTreeMap<String, BTreeSet<String>>,
    /// Knows query languages. Without one every query is accepted, and range selectors count as in [`AnyQuery`].
    pub queries: Option<&'a dyn QueryChecker>,
}

/// The name under which the text of `defaults.escalate` appears in diagnostics.
pub(super) const ESCALATE_SOURCE: &str = "healrun.yaml: defaults.escalate";
