//! What the engine asks for (runtime semantics, section B).

use crate::event::{Because, ResolvedChange, SettledAs};
use crate::mode::Mode;
use heal_lang::catalogue::Class;
use heal_lang::plan::{Breaker, NodeId, Quota, ReadId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A call, numbered within the run; the same after a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// One admitted change (or undo), numbered within the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IntentId(pub u32);

/// What kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word")]
pub enum CallKind {
    Read,
    Probe,
    Change,
    Undo,
    Ask,
    Tell,
}

/// What is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A detect's `fire when`.
    Detect,
    /// A diagnose's rows.
    Rank,
    /// A remediate's `when`.
    When,
    /// A verify's `until` and guards, over its last reads.
    Sample,
}

/// A read of a step, or the probe of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadOrder {
    /// Its number.
    pub call: CallId,
    /// `Read` or `Probe`.
    pub kind: CallKind,
    /// Of which node.
    pub node: NodeId,
    /// Whose read it is, where that is not `node` itself: the detect whose reads a verify without `until` repeats
    /// (L48), or the verify whose `before(…)` a remediate reads right before its `Resolve`. The answer must not
    /// overwrite the frozen evidence of that other node (L15).
    pub of: Option<NodeId>,
    /// Which read of the step of `of`, else of `node`; `None` for a probe.
    pub read: Option<ReadId>,
    /// Which intent is probed.
    pub intent: Option<IntentId>,
    /// From 1.
    pub attempt: u32,
    /// One attempt.
    pub timeout_ms: u64,
}

/// One attempt at a change, an undo, a tell or an ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeCall {
    /// Its number.
    pub call: CallId,
    /// `Change`, `Undo`, `Tell` or `Ask`.
    pub kind: CallKind,
    /// Of which node; `None` for the playbook's escalate and handlers.
    pub node: Option<NodeId>,
    /// Which intent; tells have one too (their own numbering continues it).
    pub intent: IntentId,
    /// From 1.
    pub attempt: u32,
    /// Idempotency key (R19): the same for all attempts and after a restart.
    pub key: String,
    /// Full name of the action.
    pub action: String,
    /// The change, whole. For tells of the plan: `None`, see `tell`.
    pub change: Option<Box<ResolvedChange>>,
    /// Which tell of the plan.
    pub tell: Option<TellRef>,
    /// One attempt.
    pub timeout_ms: u64,
    /// No bytes leave after this, run milliseconds (R22).
    pub send_by: u64,
    /// The guard's fence.
    pub fence: u64,
}

/// Which telling call of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TellRef {
    /// `escalate { … }`, by index.
    Escalate(u32),
    /// The playbook's `on OUTCOME { … }`, by index.
    Handler(String, u32),
    /// A verify node's handler, by exit and index of the op.
    Verify(NodeId, heal_lang::plan::Exit, u32),
    /// An approval request.
    Ask(String),
}

/// What the guard is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdmitRequest {
    /// Which intent.
    pub intent: IntentId,
    /// Of which node.
    pub node: NodeId,
    /// What was approved.
    pub fingerprint: String,
    /// The change, whole.
    pub change: Box<ResolvedChange>,
    /// Which intent it undoes: outside rate, cool-down, breaker, storm and radius (R4).
    pub undoes: Option<IntentId>,
    /// Locks wanted, sorted, at once.
    pub locks: Vec<String>,
    /// Approval request ids to be used.
    pub approvals: Vec<String>,
    /// `rate = 3 per 1h`
    pub rate: Option<Quota>,
    /// The remediation's breaker.
    pub breaker: Breaker,
    /// Until when at most the lock may be needed, milliseconds from now.
    pub max_hold_ms: u64,
    /// The promise.
    pub class: Class,
    /// The playbook wrote a lock, a rate or a breaker (tier C refuses).
    pub written_guards: bool,
    /// First forward change of the run: cool-down counts between runs only (R28).
    pub first_of_run: bool,
    /// One attempt's `send_by` from admission, milliseconds (R22).
    pub send_window_ms: u64,
}

/// Something to be known, not done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// About which node.
    pub node: Option<NodeId>,
    /// A stable word: `ignored`, `late`, `exit`, `retry`, `verdict`, `skipped`, …
    pub what: String,
    /// Why.
    pub because: Option<Because>,
    /// In words or numbers.
    pub terms: BTreeMap<String, serde_json::Value>,
    /// The row is durable before anything that follows leaves (R36: the verdict row).
    pub durable: bool,
}

/// An approval request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskRequest {
    /// The delivery's number: the driver answers with a `CallEnded` of kind `Ask` once the request is delivered, or
    /// could not be.
    pub call: CallId,
    /// Its id, derived from run and fingerprint.
    pub request: String,
    /// Of which node.
    pub node: NodeId,
    /// What is approved.
    pub fingerprint: String,
    /// What will be done, in words.
    pub changes: Vec<String>,
    /// Groups and people who may answer.
    pub groups: Vec<String>,
    /// People by name.
    pub people: Vec<String>,
    /// How many.
    pub need: u32,
    /// Whoever asked may not answer.
    pub not_requester: bool,
    /// Until when, run milliseconds.
    pub until: u64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseReport {
    /// The outcome's word: `healed`, `not_healed`, …
    pub outcome: crate::outcome::Outcome,
    /// Its exit code.
    pub exit_code: u8,
    /// What is left of the changes.
    pub world: crate::outcome::World,
    /// The last verify after the last forward change.
    pub verify: crate::outcome::VerifyFold,
    /// Everything that led here, most telling first.
    pub because: Vec<Because>,
    /// Whether people were told: `None` where nobody had to be.
    pub told: Option<bool>,
    /// Intents that are not settled.
    pub open_intents: Vec<IntentId>,
}

/// What the engine asks for.
#[derive(Debug)]
pub enum Command<M: Mode> {
    /// Look.
    Read(ReadOrder),
    /// Judge expressions over what was read.
    Judge {
        /// Of which node.
        node: NodeId,
        /// What for.
        purpose: Purpose,
        /// For the `Sample` of a verify without `until`: the detects that must have stopped firing (L48).
        over: Vec<NodeId>,
    },
    /// Fix targets and values of a change (reads only).
    Resolve {
        /// Of which node.
        node: NodeId,
    },
    /// Ask the guard, and make the intent durable with its answer.
    Admit(Box<AdmitRequest>),
    /// Change or undo. Only after the intent is durable.
    Act(M::Order),
    /// Speak.
    Tell(M::Order),
    /// Ask for an approval (record the request, show it, deliver it).
    Ask(Box<AskRequest>),
    /// Tell the guard how an intent ended.
    Settle {
        /// Which.
        intent: IntentId,
        /// How.
        result: SettledAs,
        /// The breaker's vote at the verdict: `Some(true)` is a failure (R27).
        vote: Option<bool>,
        /// From now.
        cool_down_ms: u64,
    },
    /// An approval request is no longer needed.
    Withdraw {
        /// Which.
        request: String,
        /// Why.
        because: Because,
    },
    /// Stop waiting for a call; go on listening and report it as late.
    Abandon {
        /// Which.
        call: CallId,
    },
    /// Write down.
    Note(Note),
    /// Nothing to do before a person, a time or a signal: the process may end with 75.
    Park {
        /// Next wake, run milliseconds.
        until: Option<u64>,
        /// What it waits for, in words.
        on: String,
        /// What the process ends with if it ends now: 75; 26 where the request could not be delivered; after a
        /// shutdown 130, 24 or 25 (R33). The run stays open.
        exit_code: u8,
    },
    /// The end.
    Close(Box<CloseReport>),
}
