//! Steps, their calls and their settings.

use super::expr::{Expr, NamedArg};
use super::{Exit, LetDef};
use crate::catalogue::{Class, Effect, Evidence, Risk};
use crate::source::Span;
use crate::syntax::tree::AfterMode;
pub use crate::syntax::tree::StepKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A step of the playbook: index into [`super::Plan::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId(pub u32);

/// An instance of a step: index into [`super::Plan::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

/// A read of a step: index into [`Step::reads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReadId(pub u32);

/// A ladder: index into [`super::Plan::ladders`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LadderId(pub u32);

/// A node of the DAG.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Which step.
    pub step: StepId,
    /// For a verify: the remediate steps whose changes it covers; empty otherwise. Usually one: `after a or b`
    /// unrolls into one node for each; `after a and b` is one node that covers both.
    pub covers: Vec<StepId>,
    /// For people: the step's name; a verify that stands several times is `recovered(rollback)`.
    pub name: String,
}

/// Why one node comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The second reads a value of the first and is skipped with it.
    Needs,
    /// The second reads a value of the first where there is one.
    Soft,
    /// `after`
    After,
    /// A diagnose starts where a detect fired; a change is followed by its verify.
    Gate,
    /// The next rung.
    Rung,
}

/// `from` comes before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// First.
    pub from: NodeId,
    /// Then.
    pub to: NodeId,
    /// Why.
    pub kind: EdgeKind,
}

/// `after a or b`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// The steps.
    pub steps: Vec<StepId>,
    /// How they are joined; `Or` where there is one.
    pub mode: AfterMode,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: StepKind,
    /// Doc comment, shown to approvers.
    pub doc: String,
    /// Its head.
    pub span: Span,
    /// `after …`
    pub after: Option<After>,
    /// Steps whose values it reads: skipped with any of them.
    pub needs: Vec<StepId>,
    /// Steps whose values it reads softly: it only waits for them.
    pub soft: Vec<StepId>,
    /// `when …`; a rung has its ladder's.
    pub when: Option<Expr>,
    /// Its lets, pure once the reads are there; each needs only earlier ones.
    pub lets: Vec<LetDef>,
    /// Its reads.
    pub reads: Vec<ReadCall>,
    /// What the kind adds.
    pub body: StepBody,
}

/// A call of a read action, lifted out of an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadCall {
    /// Its number.
    pub id: ReadId,
    /// Full name of the action.
    pub action: String,
    /// Every parameter with its value, defaults filled in.
    pub args: Vec<NamedArg>,
    /// Reads of this step whose results its arguments need.
    pub after: Vec<ReadId>,
    /// `effect: read` was asserted at the call (L35): `plan` does not execute it without `--allow-asserted`.
    pub asserted: bool,
    /// In a verify: the covered change's own result would be read here; read once, never again.
    pub evidence: Evidence,
    /// One attempt.
    pub timeout_ms: u64,
    /// How it is tried again.
    pub retry: Retry,
    /// For explanations: the let it stands in, if any.
    pub name: Option<String>,
    /// Where.
    pub span: Span,
}

/// What the kind of a step adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepBody {
    /// `detect`
    Detect(Detect),
    /// `diagnose`
    Diagnose(Diagnose),
    /// `remediate`
    Remediate(Box<Remediate>),
    /// `verify`
    Verify(Box<Verify>),
}

/// `detect`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detect {
    /// `fire when`
    pub fire: Expr,
    /// `clear when`
    pub clear: Option<Expr>,
}

/// `diagnose`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnose {
    /// The detects that it names: it runs if one of these fired. Empty: any.
    pub detects: Vec<StepId>,
    /// Least number of a cause that counts. Default 80%.
    pub accept: f64,
    /// Least lead over the second. Default 10 points.
    pub margin: f64,
    /// Causes in order.
    pub rows: Vec<RankRow>,
}

/// `bad_release 95% when …`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankRow {
    /// The cause.
    pub cause: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Its condition.
    pub when: Expr,
    /// It rests on text alone (R7).
    pub text_only: bool,
    /// Where.
    pub span: Span,
}

/// `remediate`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remediate {
    /// The ladder it is a rung of, and which (0 first).
    pub ladder: Option<(LadderId, u32)>,
    /// Changing and telling calls, in order; admitted one by one (L41).
    pub calls: Vec<ChangeCall>,
    /// `for x in xs at_most n`: all `calls` once for each item, serially.
    pub each: Option<Each>,
    /// Most of: the actions' base, `risk =`. The environment's floor comes at run time.
    pub risk: Risk,
    /// `risk =` as written.
    pub risk_written: Option<Risk>,
    /// One attempt.
    pub timeout_ms: u64,
    /// All attempts and the waits between them, of all calls.
    pub within_ms: u64,
    /// How a call is tried again.
    pub retry: Retry,
    /// Its breaker; a default exists (R28).
    pub breaker: Breaker,
    /// `approval …`
    pub approval: Option<Approval>,
}

/// `for x in xs at_most n { }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Each {
    /// The name of one: an [`super::ExprKind::Local`].
    pub name: String,
    /// The list.
    pub list: Expr,
    /// Its bound.
    pub at_most: u64,
}

/// A changing (or telling) call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeCall {
    /// Full name of the action.
    pub action: String,
    /// Every parameter with its value, defaults filled in.
    pub args: Vec<NamedArg>,
    /// Of this call: the declaration's, or what was asserted.
    pub effect: Effect,
    /// The promise (R20).
    pub class: Class,
    /// `let NAME = call`: its result is read by the verify as `step.NAME`.
    pub name: Option<String>,
    /// The parameter that is the target, if any.
    pub target: Option<String>,
    /// `undo { … }`, in order. Empty: the action's own, with captured arguments.
    pub undo: Vec<UndoCall>,
    /// The action has an undo of its own.
    pub captured_undo: bool,
    /// From the declaration.
    pub read_lag_ms: u64,
    /// From the declaration.
    pub max_in_flight_ms: u64,
    /// From the declaration.
    pub risk: Risk,
    /// Where.
    pub span: Span,
}

/// A call of an `undo { … }`; its arguments are captured at admission (R3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoCall {
    /// Full name of the action.
    pub action: String,
    /// Every parameter with its value.
    pub args: Vec<NamedArg>,
    /// The promise.
    pub class: Class,
    /// The parameter that is the target, if any.
    pub target: Option<String>,
    /// Where.
    pub span: Span,
}

/// A call that speaks to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TellCall {
    /// Full name of the action.
    pub action: String,
    /// Every parameter with its value.
    pub args: Vec<NamedArg>,
    /// One attempt.
    pub timeout_ms: u64,
    /// How it is tried again.
    pub retry: Retry,
    /// Where.
    pub span: Span,
}

/// `verify`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verify {
    /// Between samples.
    pub every_ms: u64,
    /// The condition. `None`: the detects that fired have stopped firing (L48).
    pub until: Option<Expr>,
    /// For how long it must hold; `None`: two equal good reads in a row (L48).
    pub holds_ms: Option<u64>,
    /// By when, from the end of the change.
    pub within_ms: u64,
    /// Samples before the change's end + this do not count.
    pub settle_ms: u64,
    /// What must not get worse.
    pub guards: Vec<Guard>,
    /// `before(x)`: read once right before `Admit`. The expression is over this step's lets and reads.
    pub befores: Vec<Before>,
    /// `on not_fixed`, `on worse`, `on cannot_tell`.
    pub handlers: BTreeMap<Exit, Vec<HandlerOp>>,
}

/// `guard expr`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Must stay true.
    pub condition: Expr,
    /// As written, for explanations.
    pub text: String,
}

/// `before(x)`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// What is read.
    pub value: Expr,
    /// As written: `traffic`.
    pub name: String,
    /// The reads of the verify step that it needs.
    pub reads: Vec<ReadId>,
}

/// One thing that a handler of a verify does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlerOp {
    /// Reverses what the verify covers, newest first.
    Undo,
    /// Calls a person.
    Escalate,
    /// Speaks.
    Tell(TellCall),
}

/// `ladder name when expr { a; b }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// Its name.
    pub name: String,
    /// Its condition.
    pub when: Option<Expr>,
    /// Its rungs, mildest first.
    pub rungs: Vec<StepId>,
    /// Where.
    pub span: Span,
}

/// How waits between attempts grow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// Always the same.
    Constant {
        /// The wait.
        wait_ms: u64,
    },
    /// `first · factorⁱ`, capped.
    Exponential {
        /// Before the second attempt.
        first_ms: u64,
        /// At least 1.
        factor: f64,
        /// The cap.
        max_ms: u64,
    },
}

/// Which errors are worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Will pass.
    Transient,
    /// Came too often; the server may say when to come again.
    Throttled,
    /// Will not pass.
    Permanent,
    /// A permission is missing.
    Denied,
    /// A precondition failed: the world moved.
    Conflict,
    /// Nobody knows whether it happened.
    Uncertain,
}

/// `retry { attempts = 3; backoff = …; on = [transient] }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// The first try counts.
    pub attempts: u32,
    /// The waits.
    pub backoff: Backoff,
    /// Full jitter: a wait is drawn from 0 to its formula.
    pub jitter: bool,
    /// Which errors.
    pub on: Vec<ErrorClass>,
}

/// `breaker { failures = 2; within = 1h; open_for = 30m }`: small counts in a time window (design 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// It opens at this many failures …
    pub failures: u32,
    /// … in this window.
    pub within_ms: u64,
    /// How long it stays open.
    pub open_for_ms: u64,
    /// It was written.
    pub written: bool,
}

/// `approval when risk >= high { from = group("sre"); need = 2; within = 15m }`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Its condition; `None`: always. `risk` is an [`super::ExprKind::Local`] in it.
    pub when: Option<Expr>,
    /// Group names.
    pub groups: Vec<String>,
    /// People by name.
    pub people: Vec<String>,
    /// How many.
    pub need: u32,
    /// How long it is waited for.
    pub within_ms: u64,
    /// Whoever asked may not answer.
    pub not_requester: bool,
}
