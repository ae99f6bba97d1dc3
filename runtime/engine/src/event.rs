//! What the engine is told (runtime semantics, section B). Events are journalled as they are; every field here is
//! already redacted (R38).

use crate::command::{CallId, CallKind, IntentId, Purpose};
use heal_lang::catalogue::{Class, Effect, Permission, Risk};
use heal_lang::plan::{ErrorClass, NodeId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the event form.
pub const EVENT_VERSION: u32 = 1;

/// Facts: at most 32 named scalars, already words or numbers.
pub type Facts = BTreeMap<String, serde_json::Value>;

/// An event with its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// [`EVENT_VERSION`]
    pub v: u32,
    /// The run.
    pub run: String,
    /// Row number within the run, from 1.
    pub seq: u64,
    /// Wall time, Unix milliseconds.
    pub at: i64,
    /// Milliseconds since the run was opened; never backwards.
    pub now: u64,
    /// Fence of the process that claimed the run.
    pub epoch: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The run begins.
    Opened(Box<Opened>),
    /// A process took the run.
    Claimed(Claimed),
    /// A call was answered, or given up.
    CallEnded(Box<CallEnded>),
    /// The driver judged an expression.
    Judged(Box<Judged>),
    /// The driver fixed targets and values of a change.
    Resolved(Box<Resolved>),
    /// The guard let an intent through; the row is the durable intent.
    Admitted(Box<Admitted>),
    /// The guard did not.
    Denied(Denied),
    /// Somebody answered an approval request.
    Decided(Decided),
    /// The incident behind the trigger changed.
    IncidentChanged(IncidentChanged),
    /// An order from outside.
    Ordered(Ordered),
    /// The guard store has the settlement of an intent.
    Settled {
        /// Which.
        intent: IntentId,
        /// What was settled.
        result: SettledAs,
    },
    /// The run was another engine's: what it left open, right after an `Opened` of this one (R35).
    HandedOver(Box<HandedOver>),
    /// Polls of a verify that changed nothing, in one row (R36).
    Polled(Box<Polled>),
    /// Somebody else holds the run now.
    LeaseLost,
    /// Time passed. One that changes nothing is not journalled (R16).
    Tick,
}

/// What a settlement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word; R23, R36")]
pub enum SettledAs {
    Applied,
    NotApplied,
    Unknown,
    Undone,
    /// The second settlement of an intent, at the verdict: breaker vote and cool-down.
    Verdict,
}

/// How the environment lets playbooks act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Detect and diagnose.
    Observe,
    /// And say what would be done.
    Suggest,
    /// Act when approved.
    Approve,
    /// Act.
    Act,
}

/// The run begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The incident: the same key again joins this run.
    pub run_key: String,
    /// The playbook's name.
    pub playbook: String,
    /// [`heal_lang::plan::Plan::hash`]
    pub plan_hash: String,
    /// Hash of the policy in force; empty without one.
    pub policy_hash: String,
    /// The engine's epoch: another one never continues this run (R35).
    pub engine_epoch: u32,
    /// Inputs, redacted.
    pub inputs: Facts,
    /// The environment's name.
    pub environment: String,
    /// What it lets us do.
    pub autonomy: Autonomy,
    /// Its least risk.
    pub risk_floor: Risk,
    /// `live`, `plan`, `simulated`
    pub mode: String,
    /// What started it: `manual`, `alert`, …, with the group key.
    pub trigger: Facts,
    /// No person is at a terminal: an approval parks at once.
    pub park_after_ms: u64,
    /// Randomness starts here (R17).
    pub seed: u64,
    /// Which guards are shared: `A`, `B`, `C` (section C).
    pub tier: String,
    /// Who started it: excluded from answering where the approval says so.
    pub requester: Option<String>,
}

/// A process took the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// Host, pid and boot, in words.
    pub owner: String,
    /// Until when, wall milliseconds.
    pub lease_until: i64,
    /// Why.
    pub why: ClaimReason,
    /// The former owner was a process of this host and boot and is gone: nothing of it can still leave (R22).
    #[serde(default)]
    pub owner_dead: bool,
}

/// Why a process took the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word")]
pub enum ClaimReason {
    Fresh,
    Resume,
    Takeover,
}

/// A call was answered, or given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEnded {
    /// Which call.
    pub call: CallId,
    /// Its kind.
    pub kind: CallKind,
    /// Of which node.
    pub node: Option<NodeId>,
    /// Of which intent.
    pub intent: Option<IntentId>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How it went.
    pub result: CallResult,
    /// When the bytes left, run milliseconds.
    pub sent_at: Option<u64>,
    /// How long the process's own limits ([`crate::node`]) held it back, milliseconds; part of its timeout.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub queued_ms: u64,
    /// It had been given up before.
    pub late: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// How a call went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// An answer.
    Ok {
        /// For people and the journal.
        facts: Facts,
        /// Of the redacted answer.
        digest: String,
        /// Age of the newest sample, milliseconds, where there are samples: the source's lag (R50).
        newest_sample_age_ms: Option<u64>,
        /// A change that found nothing to do.
        unchanged: bool,
        /// For a probe: what it found.
        probe: Option<ProbeAnswer>,
    },
    /// None, or a bad one.
    Err(CallError),
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeAnswer {
    /// It happened.
    Applied,
    /// It did not.
    NotApplied,
    /// The target is neither as before nor as we wanted it.
    Conflict,
    /// The probe can't tell.
    Unknown,
}

/// Whether the bytes left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word")]
pub enum Sent {
    No,
    Yes,
    Maybe,
}

/// Why a call failed (R8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallError {
    /// Whether another attempt can help.
    pub class: ErrorClass,
    /// Short and stable: `http_503`, `refused`, `timeout`, `exit_1`.
    pub code: String,
    /// One sentence: what was tried, what happened, what to do.
    pub message: String,
    /// Whether the bytes left.
    pub sent: Sent,
    /// The target said no for certain, although the bytes left: nothing happened. Also an exit status that the call
    /// itself declares transient (L35): it may be sent again.
    pub refused_definitely: bool,
    /// The server's own hint, milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// The permission that is missing.
    pub permission: Option<Permission>,
}

/// A three-valued answer, or an error of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Yes,
    /// It doesn't.
    No,
    /// Unknown, for a reason.
    NoData,
    /// The expression could not be judged: a fault of ours or of the playbook.
    Error,
}

/// The driver judged an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Of which node.
    pub node: NodeId,
    /// What for.
    pub purpose: Purpose,
    /// The answer.
    pub verdict: Verdict,
    /// For `Rank`: rows in order.
    pub causes: Vec<RankedCause>,
    /// 0 to 1, where there is one.
    pub confidence: Option<f64>,
    /// Why, in words: the expression with the values it saw, the skip's reason, the missing data.
    pub because: String,
    /// For `When`/`Resolve`: an `else skip` was taken.
    pub skip: bool,
    /// Named scalars used.
    pub facts: Facts,
    /// Of the redacted evidence.
    pub digest: String,
    /// For `Sample` of a verify: when the sample was taken, run milliseconds, and whether it counts as fresh.
    pub sample: Option<Sample>,
}

/// One reading of a verify.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Run milliseconds of the newest data point read (or of the read itself where there is no series).
    pub at: u64,
    /// The guards' answer: `No` is worse.
    pub guards: Verdict,
    /// In words.
    pub guards_because: String,
}

/// What another engine's run left open: it is settled by probe, and a person goes on (R35).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandedOver {
    /// The other engine's epoch.
    pub from: u32,
    /// Changes without a verdict, in order.
    pub changes: Vec<HandedChange>,
    /// As in [`Claimed`].
    pub owner_dead: bool,
}

/// A change that another engine admitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandedChange {
    /// Which.
    pub intent: IntentId,
    /// The step instance that made it.
    pub node: NodeId,
    /// The change, whole.
    pub change: Box<ResolvedChange>,
    /// The guard's fence.
    pub fence: u64,
    /// No bytes left after this, run milliseconds.
    pub send_by: u64,
    /// How it ended, where that is known.
    pub settled: Option<SettledAs>,
    /// How its compensations ended; one in doubt counts as failed.
    pub undo: crate::outcome::UndoEnd,
}

/// Where a verify stands after polls that did not change its answer: it stands for their rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polled {
    /// Which verify.
    pub node: NodeId,
    /// The next poll, run milliseconds.
    pub next: u64,
    /// When the last of them began, run milliseconds.
    pub polled: u64,
    /// Polls so far.
    pub polls: u32,
    /// Attempts at calls so far, of this step.
    pub attempts: u32,
    /// The next call's number.
    pub next_call: u64,
    /// The samples that still count.
    pub samples: Vec<PolledSample>,
    /// First good sample's time since the last bad one, run milliseconds.
    pub good_since: Option<u64>,
    /// Failed guard samples in a row.
    pub bad_guards: u32,
    /// Why, in words, of the last of them.
    pub because: String,
    /// Of the redacted evidence of the last of them.
    pub digest: String,
    /// Errors of reads that the last of them gave up.
    pub read_errors: Vec<String>,
}

/// A sample of [`Polled`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolledSample {
    /// Of its newest data point, run milliseconds.
    pub at: u64,
    /// When it was taken, run milliseconds.
    pub polled: u64,
    /// Good, bad, or unknown.
    pub good: Option<bool>,
}

/// A row of a ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedCause {
    /// The cause.
    pub cause: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Its row.
    pub verdict: Verdict,
    /// In words.
    pub because: String,
}

/// Targets and values of a change, fixed (R1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// Of which node.
    pub node: NodeId,
    /// In order; empty where there is nothing to do.
    pub changes: Vec<ResolvedChange>,
    /// The step is not to run: an `else skip`, no data, an unknown target.
    pub stop: Option<Stop>,
    /// Binds plan, step, inputs, cause, connections and changes (R45). Hex.
    pub fingerprint: String,
    /// Targets touched, by noun.
    pub radius: BTreeMap<String, u64>,
    /// Effective risk: action, step and environment.
    pub risk: Risk,
    /// `approval when` held, or there is no condition; `None`: no approval block.
    pub approval: Option<Verdict>,
    /// Keys of the targets that `limits.lock` names, like [`ResolvedChange::target`]. Each change locks its own
    /// target beside these.
    #[serde(default)]
    pub locks: Vec<String>,
}

/// Why a step stops before its change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// `else skip "reason"`, or an argument without data.
    Skip(String),
    /// `refused because …`: unknown target, over a limit, no data in an argument.
    Refuse(String),
    /// `blocked because …`: the world moved, somebody else is at work.
    Block(String),
    /// A read of the resolution failed.
    Fail(CallError),
}

/// One change with absolute values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResolvedChange {
    /// Index of the call in the step.
    pub call: u32,
    /// Which item of a fan-out; 0 without one.
    pub item: u32,
    /// Full name of the action.
    pub action: String,
    /// What it does to the world.
    pub effect: Effect,
    /// The promise.
    pub class: Class,
    /// Kind, name, uid: the lock's and the rate's key. Empty where there is no target.
    pub target: String,
    /// Noun of the target.
    pub noun: Option<String>,
    /// In words, for approvers and reports: `switch /srv/current from v42 to v41`.
    pub summary: String,
    /// Absolute arguments; secrets only by name.
    pub args: serde_json::Value,
    /// The state before.
    pub before: serde_json::Value,
    /// What undoes it, newest last; empty where nothing does.
    pub undo: Vec<ResolvedUndo>,
    /// Values of `before(…)` of the verifies that cover it (L48).
    pub baseline: Facts,
    /// From the declaration.
    pub read_lag_ms: u64,
    /// From the declaration.
    pub max_in_flight_ms: u64,
    /// The action speaks to people: no verify, no undo.
    pub tells: bool,
}

/// A compensation with captured arguments (R3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResolvedUndo {
    /// Full name of the action.
    pub action: String,
    /// The promise.
    pub class: Class,
    /// In words.
    pub summary: String,
    /// Absolute arguments.
    pub args: serde_json::Value,
}

/// The guard let an intent through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Admitted {
    /// Which.
    pub intent: IntentId,
    /// The guard's fence.
    pub fence: u64,
    /// Until when the lock is held, wall milliseconds.
    pub lease_until: i64,
    /// The change, whole: on a runner that vanishes this row is the intent (R25).
    pub change: Box<ResolvedChange>,
    /// An undo of an intent.
    pub undoes: Option<IntentId>,
    /// Approvals used.
    pub approvals: Vec<String>,
}

/// The guard did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// Which.
    pub intent: IntentId,
    /// Why.
    pub because: Because,
    /// When it is worth asking again, milliseconds from now.
    pub retry_after_ms: Option<u64>,
}

/// Somebody answered an approval request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The request's id.
    pub request: String,
    /// Who.
    pub by: String,
    /// The groups they are in.
    pub groups: Vec<String>,
    /// How: `local`, `env_gate`, `api`, `comment`.
    pub method: String,
    /// Yes or no.
    pub approve: bool,
    /// What they saw.
    pub fingerprint: String,
}

/// The incident behind the trigger changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentChanged {
    /// `firing`, `resolved`, `refired`
    pub status: String,
}

/// An order from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// Which.
    pub order: OrderKind,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Finish or undo what is open, escalate, close.
    Cancel,
    /// No change and no undo starts.
    Freeze,
    /// They may again.
    Unfreeze,
    /// A signal: stop within 5 s, stay resumable (R33).
    Shutdown,
    /// The state file is lost: stop like at a signal, and call a person also where nothing was changed (R42). Never
    /// stored: there is nowhere to.
    StateLost,
}

/// Why something did not happen: typed, shown, queryable, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own words; design 3.2 and R42 define them")]
pub enum BecauseKind {
    NotFired,
    NoData,
    Unreachable,
    Denied,
    Stale,
    NoCause,
    Ambiguous,
    BelowConfidence,
    NoRemedy,
    WhenFalse,
    Needs,
    Skip,
    Observe,
    Suggest,
    Policy,
    ApprovalRefused,
    ApprovalExpired,
    ApprovalVoid,
    ApprovalOutstanding,
    LockHeld,
    LockDirty,
    BreakerOpen,
    RateExceeded,
    CoolDown,
    Budget,
    Storm,
    Frozen,
    HandsOff,
    NoSharedGuards,
    GuardStore,
    WorldMoved,
    UnknownTarget,
    BlastRadius,
    DeadlineTooNear,
    Deadline,
    Resolved,
    Cancelled,
    Shutdown,
    Failed,
    Uncertain,
    Unverified,
    NotFixed,
    Worse,
    CannotTell,
    UndoFailed,
    UndoConflict,
    JoinedRun,
    Undeliverable,
    Invalid,
    Internal,
    EngineChanged,
}

/// A typed reason with its sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Because {
    /// Which.
    pub kind: BecauseKind,
    /// In words, with the values.
    pub text: String,
}

impl Because {
    /// A reason.
    #[must_use]
    pub fn new(kind: BecauseKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}
