//! The vocabulary in which actions, functions, records and faults are declared.
//!
//! heal-lang names no concrete action: heal-stdlib builds a [`Catalogue`] and hands it to the checker, the docs, the
//! permission calculator and `healrun actions`, which all read the one declaration.

mod declaration;
mod types;

pub use declaration::*;
pub use types::*;

use std::collections::BTreeMap;

/// Everything a playbook can name that the playbook itself does not define.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Catalogue {
    /// Actions by full name: `kubernetes.logs`.
    pub actions: BTreeMap<String, ActionDecl>,
    /// Pure functions by full name: `anomaly.rcf`, `series.rate`, `exponential`.
    pub functions: BTreeMap<String, FunctionDecl>,
    /// Methods on values (`list.any`), by receiver and name.
    pub methods: Vec<MethodDecl>,
    /// Records that actions and functions return.
    pub records: BTreeMap<String, RecordDecl>,
    /// Closed sets of words.
    pub enums: BTreeMap<String, EnumDecl>,
    /// Strings with a rule: `kubernetes.name`.
    pub texts: BTreeMap<String, TextDecl>,
    /// Constructors of targets: `kubernetes.deployment`.
    pub targets: BTreeMap<String, TargetDecl>,
    /// What starts runs: `alert`, `schedule`.
    pub triggers: BTreeMap<String, TriggerDecl>,
    /// Faults that scenarios inject.
    pub faults: BTreeMap<String, FaultDecl>,
}

impl Catalogue {
    /// A hash over all declarations that are named in `used` (full names); goes into the plan hash (L61).
    #[must_use]
    pub fn hash_of(&self, used: &std::collections::BTreeSet<String>) -> String {
        let mut hasher = blake3::Hasher::new();
        for name in used {
            hasher.update(name.as_bytes());
            for json in [
                self.actions.get(name).and_then(|d| serde_json::to_vec(d).ok()),
                self.functions.get(name).and_then(|d| serde_json::to_vec(d).ok()),
                self.targets.get(name).and_then(|d| serde_json::to_vec(d).ok()),
                self.records.get(name).and_then(|d| serde_json::to_vec(d).ok()),
            ]
            .into_iter()
            .flatten()
            {
                hasher.update(&json);
            }
            hasher.update(b"\n");
        }
        hasher.finalize().to_hex().to_string()
    }
}
