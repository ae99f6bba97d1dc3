//! The checked playbook: a typed DAG with a stable hash, which approvals and journals refer to.
//!
//! Only [`crate::check`] makes one. It serialises whole: a paused run carries its own plan (R34).

mod bounds;
mod expr;
pub mod graph;
mod hash;
mod route;
mod step;

pub use bounds::*;
pub use expr::*;
pub use route::*;
pub use step::*;

use crate::catalogue::{Effect, Permission, Risk, Type};
use crate::source::Span;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the serialised form.
pub const PLAN_SCHEMA: u32 = 1;

/// A checked playbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_SCHEMA`]
    pub schema: u32,
    /// `heal 1`
    pub edition: u64,
    /// Its name.
    pub playbook: String,
    /// The file's and the playbook's doc comments.
    pub doc: String,
    /// `owner = "…"`
    pub owner: Option<String>,
    /// `severity = high`
    pub severity: Option<Risk>,
    /// In order.
    pub inputs: Vec<InputDef>,
    /// In order.
    pub secrets: Vec<SecretDef>,
    /// In order.
    pub targets: Vec<TargetDef>,
    /// The playbook's own lets, pure; in an order in which each needs only earlier ones.
    pub lets: Vec<LetDef>,
    /// Scripts by name, with their code.
    pub scripts: BTreeMap<String, ScriptDef>,
    /// What starts runs.
    pub triggers: Vec<TriggerDef>,
    /// Its limits, defaults filled in.
    pub limits: Limits,
    /// Steps by [`StepId`].
    pub steps: Vec<Step>,
    /// Ladders by [`LadderId`].
    pub ladders: Vec<Ladder>,
    /// Step instances by [`NodeId`]: a verify stands once for each change it covers. In a topological order.
    pub nodes: Vec<Node>,
    /// Order between nodes.
    pub edges: Vec<Edge>,
    /// What calls a person; also `defaults.escalate`.
    pub escalate: Vec<TellCall>,
    /// The reads that `escalate` and the playbook's handlers never have; kept for their lets.
    pub escalate_lets: Vec<LetDef>,
    /// `on healed { … }` and its siblings at the playbook's level, by outcome word.
    pub handlers: BTreeMap<String, Vec<TellCall>>,
    /// The worst case.
    pub bounds: Bounds,
    /// The least permissions.
    pub permissions: BTreeSet<Permission>,
    /// Full names of all declarations used.
    pub uses: BTreeSet<String>,
    /// Asserted reads and changes, in words, with their places (L35).
    pub assertions: Vec<(String, Span)>,
    /// Literal hosts that stand in the playbook: the default of `http: {allow}`.
    pub hosts: BTreeSet<String>,
    /// Over all of the above without spans, and over the declarations used (L61). Hex.
    pub hash: String,
}

impl Plan {
    /// The step of that number.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.get(id.0 as usize)
    }

    /// The step of that name.
    #[must_use]
    pub fn step_named(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.name == name)
    }

    /// The node of that number.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The step of a node.
    #[must_use]
    pub fn step_of(&self, id: NodeId) -> Option<&Step> {
        self.node(id).and_then(|n| self.step(n.step))
    }

    /// The verify nodes that cover the change of a remediate step.
    pub fn verifies_of(&self, change: StepId) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes
            .iter()
            .enumerate()
            .filter(move |(_, n)| n.covers.contains(&change))
            .map(|(i, _)| NodeId(u32::try_from(i).unwrap_or(u32::MAX)))
    }

    /// The strongest effect of any reachable call.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.steps
            .iter()
            .map(|s| match &s.body {
                StepBody::Remediate(r) => r.calls.iter().map(|c| c.effect).max().unwrap_or(Effect::Read),
                _ => Effect::Read,
            })
            .max()
            .unwrap_or(Effect::Read)
    }
}

/// `input name: T = default where cond`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub typ: Type,
    /// The words of an `enum(…)` input.
    pub words: Vec<String>,
    /// `from env("X")`
    pub env: Option<String>,
    /// Its default.
    pub default: Option<Expr>,
    /// Its condition, in which the input's own name is bound.
    pub condition: Option<Expr>,
    /// Doc comment.
    pub doc: String,
    /// Where.
    pub span: Span,
}

impl InputDef {
    /// Its variable is one that a CI system fills with what anybody may have written: a branch's name (R67).
    #[must_use]
    pub fn env_is_outside(&self) -> bool {
        self.env.as_deref().is_some_and(|var| var.starts_with("GITHUB_"))
    }
}

/// `secret name from env("X")`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretDef {
    /// Its name.
    pub name: String,
    /// The environment variable.
    pub env: String,
    /// Where.
    pub span: Span,
}

/// `target name = kind(…)`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetDef {
    /// Its name.
    pub name: String,
    /// The constructor's full name: `kubernetes.deployment`.
    pub kind: String,
    /// Every parameter of the constructor with its value.
    pub args: Vec<NamedArg>,
    /// Where.
    pub span: Span,
}

/// A `let`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LetDef {
    /// Its name.
    pub name: String,
    /// Its type, after `else skip` has taken the `?` off.
    pub typ: Type,
    /// Its value.
    pub value: Expr,
    /// `else skip "reason"`: where the value is absent the step is skipped for that reason.
    pub skip: Option<String>,
    /// Where.
    pub span: Span,
}

/// A script function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptDef {
    /// Its name.
    pub name: String,
    /// Parameters.
    pub params: Vec<(String, Type)>,
    /// Result.
    pub result: Type,
    /// The code.
    pub code: String,
    /// Where.
    pub span: Span,
}

/// `on alert("…") { input = expr }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriggerDef {
    /// `alert`
    pub kind: String,
    /// Its arguments.
    pub args: Vec<NamedArg>,
    /// Input name and the expression that binds it.
    pub binds: Vec<NamedArg>,
    /// Where.
    pub span: Span,
}

/// The playbook's limits; what was not written holds its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The run's wall time, with pauses. Default: the worst case rounded up to a minute, at most 1h (L51).
    pub deadline_ms: u64,
    /// It was written.
    pub deadline_written: bool,
    /// Most targets by noun: `{ deployment: 1 }`.
    pub blast_radius: BTreeMap<String, u64>,
    /// Changes per target.
    pub rate: Option<Quota>,
    /// The targets (names of [`TargetDef`]s) that are locked. Default: each change locks its own target.
    pub lock: Vec<String>,
    /// How long to wait for the lock. Default 0: refuse at once.
    pub lock_wait_ms: u64,
    /// Older evidence is read again before a change. Default 2m.
    pub fresh_ms: u64,
    /// Between runs, per action class and target; `None`: settle + verify window (R28).
    pub cool_down_ms: Option<u64>,
    /// Reads at the same time. Default 4.
    pub parallel: u32,
    /// What of rate, lock, breaker was written (R, tier C).
    pub written_guards: bool,
}

/// `3 per 1h`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// How many.
    pub count: u64,
    /// In how long.
    pub per_ms: u64,
}
