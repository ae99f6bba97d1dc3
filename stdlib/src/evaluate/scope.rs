//! What an expression can see.

use super::{Memory, Ranking};
use crate::redact::Redactor;
use crate::value::Value;
use heal_lang::plan::{Exit, ReadId, StepId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an expression can see. A driver implements it, or fills in a [`Known`].
pub trait Scope {
    /// An input of the playbook.
    fn input(&self, name: &str) -> Value;
    /// A secret of the playbook.
    fn secret(&self, name: &str) -> Value;
    /// A target of the playbook.
    fn target(&self, name: &str) -> Value;
    /// A let of the playbook.
    fn playbook_let(&self, name: &str) -> Value;
    /// A let of a step; `None`: the step did not run so far.
    fn step_let(&self, step: StepId, name: &str) -> Option<Value>;
    /// `fired since best confidence verdict changes because`; `None`: the step did not run so far.
    fn step_field(&self, step: StepId, field: &str) -> Option<Value>;
    /// How a step ended; `None`: it has not.
    fn exit(&self, step: StepId) -> Option<Exit>;
    /// What a diagnose found; `None`: it did not run.
    fn ranking(&self, step: StepId) -> Option<&Ranking>;
    /// A field of `run`.
    fn run(&self, field: &str) -> Value;
    /// A name that the trigger binds.
    fn trigger(&self, name: &str) -> Value;
    /// The step's event time, Unix milliseconds.
    fn now_ms(&self) -> i64;
    /// The result of a read of this step.
    fn read(&self, id: ReadId) -> Value;
    /// The result of a changing call of this step.
    fn change(&self, index: u32) -> Value;
    /// `before(x)`, by its index in the verify.
    fn before(&self, index: u32) -> Value;
    /// A name that is bound around the whole expression: `for x in`, `risk` in an approval, an input in its `where`.
    fn local(&self, name: &str) -> Option<Value>;
    /// Runs a script.
    fn script(&self, name: &str, args: &[Value]) -> Value;
    /// What kept detectors have learnt, and where the expression stands: `step.let`; `None`: nothing is kept here.
    fn memory(&self) -> Option<(&Memory, &str)> {
        None
    }
    /// For explanations: the name of a step.
    fn step_name(&self, step: StepId) -> Option<String> {
        let _ = step;
        None
    }
    /// For explanations: the let that a read stands in.
    fn read_name(&self, id: ReadId) -> Option<String> {
        let _ = id;
        None
    }
    /// For explanations: takes secrets out of what is shown.
    fn redactor(&self) -> Option<&Redactor> {
        None
    }
}

/// A scope of plain maps.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Inputs by name.
    pub inputs: BTreeMap<String, Value>,
    /// Secrets by name.
    pub secrets: BTreeMap<String, Value>,
    /// Targets by name.
    pub targets: BTreeMap<String, Value>,
    /// Lets of the playbook by name.
    pub lets: BTreeMap<String, Value>,
    /// Lets of steps that ran.
    pub step_lets: BTreeMap<StepId, BTreeMap<String, Value>>,
    /// Built-in fields of steps that ran.
    pub step_fields: BTreeMap<StepId, BTreeMap<String, Value>>,
    /// How steps ended.
    pub exits: BTreeMap<StepId, Exit>,
    /// What diagnoses found.
    pub rankings: BTreeMap<StepId, Ranking>,
    /// Fields of `run`.
    pub run: BTreeMap<String, Value>,
    /// What the trigger binds.
    pub trigger: BTreeMap<String, Value>,
    /// The step's event time, Unix milliseconds.
    pub now_ms: i64,
    /// Results of this step's reads.
    pub reads: BTreeMap<ReadId, Value>,
    /// Results of this step's changes.
    pub changes: BTreeMap<u32, Value>,
    /// Values right before the change.
    pub befores: BTreeMap<u32, Value>,
    /// Names bound around the expression.
    pub locals: BTreeMap<String, Value>,
    /// Scripts by name.
    pub scripts: BTreeMap<String, heal_lang::plan::ScriptDef>,
    /// Names of steps.
    pub step_names: BTreeMap<StepId, String>,
    /// Names of reads.
    pub read_names: BTreeMap<ReadId, String>,
    /// Takes secrets out of explanations.
    pub redactor: Option<Redactor>,
    /// What kept detectors have learnt.
    pub memory: Option<Arc<Memory>>,
    /// Where the expression stands: `step.let`.
    pub place: String,
}

fn look<K: Ord>(map: &BTreeMap<K, Value>, key: &K, what: impl FnOnce() -> String) -> Value {
    map.get(key).cloned().unwrap_or_else(|| Value::no_data(what()))
}

impl Scope for Known {
    fn input(&self, name: &str) -> Value {
        look(&self.inputs, &name.to_owned(), || format!("input `{name}` is not set"))
    }
    fn secret(&self, name: &str) -> Value {
        look(&self.secrets, &name.to_owned(), || format!("secret `{name}` is not set"))
    }
    fn target(&self, name: &str) -> Value {
        look(&self.targets, &name.to_owned(), || format!("target `{name}` is not built yet"))
    }
    fn playbook_let(&self, name: &str) -> Value {
        look(&self.lets, &name.to_owned(), || format!("`{name}` is not computed yet"))
    }
    fn step_let(&self, step: StepId, name: &str) -> Option<Value> {
        self.step_lets.get(&step)?.get(name).cloned()
    }
    fn step_field(&self, step: StepId, field: &str) -> Option<Value> {
        self.step_fields.get(&step)?.get(field).cloned()
    }
    fn exit(&self, step: StepId) -> Option<Exit> {
        self.exits.get(&step).copied()
    }
    fn ranking(&self, step: StepId) -> Option<&Ranking> {
        self.rankings.get(&step)
    }
    fn run(&self, field: &str) -> Value {
        look(&self.run, &field.to_owned(), || format!("`run.{field}` is not known yet"))
    }
    fn trigger(&self, name: &str) -> Value {
        look(&self.trigger, &name.to_owned(), || "no trigger started this run".to_owned())
    }
    fn now_ms(&self) -> i64 {
        self.now_ms
    }
    fn read(&self, id: ReadId) -> Value {
        look(&self.reads, &id, || "was not read".to_owned())
    }
    fn change(&self, index: u32) -> Value {
        look(&self.changes, &index, || "the change has no result".to_owned())
    }
    fn before(&self, index: u32) -> Value {
        look(&self.befores, &index, || "was not read before the change".to_owned())
    }
    fn local(&self, name: &str) -> Option<Value> {
        self.locals.get(name).cloned()
    }
    fn script(&self, name: &str, args: &[Value]) -> Value {
        match self.scripts.get(name) {
            Some(script) => crate::script::run(script, args),
            None => Value::no_data(format!("there is no script `{name}`")),
        }
    }
    fn memory(&self) -> Option<(&Memory, &str)> {
        Some((self.memory.as_deref()?, &self.place))
    }
    fn step_name(&self, step: StepId) -> Option<String> {
        self.step_names.get(&step).cloned()
    }
    fn read_name(&self, id: ReadId) -> Option<String> {
        self.read_names.get(&id).cloned()
    }
    fn redactor(&self) -> Option<&Redactor> {
        self.redactor.as_ref()
    }
}
