//! The state of a run: plain data, comparable, hashable and serialisable, so that a search can recognise a state it has
//! seen and a report can show one (R15).

use crate::command::{CallId, CloseReport, IntentId, Purpose, TellRef};
use crate::event::{Autonomy, Because, OrderKind, ResolvedChange, Verdict};
use crate::outcome::UndoEnd;
use heal_lang::catalogue::Risk;
use heal_lang::plan::{Exit, NodeId, ReadId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before `Opened`.
    New,
    /// At work.
    Running,
    /// Waiting for a person, a time or a signal; the process may end.
    Parked,
    /// Another process has taken the run: what was open is found out first (R20).
    Recovering,
    /// No new change starts; what is open ends, people are told.
    Winding,
    /// A signal came: nothing more is done in this process, the run stays open (R33).
    Stopped,
    /// Somebody else holds the run: this process sends nothing more.
    Fenced,
    /// The end.
    Closed,
}

/// What `Opened` said and the engine needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the fields of Opened")]
pub struct Setup {
    pub run: String,
    pub autonomy: Autonomy,
    pub risk_floor: Risk,
    pub preview: bool,
    pub park_after_ms: u64,
    pub seed: u64,
    pub requester: Option<String>,
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What it depends on has not ended, or it is not its turn.
    Idle,
    /// Its reads are under way.
    Reading,
    /// The driver judges.
    Judging(Purpose),
    /// The driver fixes targets and values.
    Resolving,
    /// An approval is asked for.
    Asking(String),
    /// The lock is held; asked again then (run ms).
    LockWait(u64),
    /// Evidence is read again (L46, R47).
    Refreshing,
    /// Evidence was without data; read again then (run ms).
    RefreshWait(u64),
    /// An earlier intent's settlement is not durable yet.
    SettleWait,
    /// The guard is asked.
    Admitting(IntentId),
    /// The intent is admitted and not ended.
    Working(IntentId),
    /// A remediate's tell is under way.
    Telling(u32),
    /// A verify between samples: the next at (run ms).
    Polling(u64),
    /// A verify has its verdict and carries out what follows.
    Following,
    /// It has its exit.
    Ended,
}

/// A read of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadState {
    /// Not asked yet.
    Waiting,
    /// Asked.
    InFlight(CallId),
    /// Asked again then (run ms).
    Backoff(u64),
    /// Answered.
    Done,
    /// Given up: the judgement finds no data.
    Failed,
}

/// One read and its attempts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ReadSlot {
    /// Where it is.
    pub state: ReadState,
    /// Attempts so far.
    pub attempts: u32,
    /// When the first was sent, run ms: hints never stretch the bound (L49).
    pub since: u64,
    /// The reads it needs.
    pub after: Vec<ReadId>,
}

/// The reads of a node, by whose step they are of.
pub type Batch = BTreeMap<(NodeId, ReadId), ReadSlot>;

/// JSON has no maps by pair.
fn as_list<S: serde::Serializer>(batch: &Batch, s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(batch.iter())
}

/// A cause as ranked; numbers in millionths.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Cause {
    /// Its name.
    pub cause: String,
    /// 0 to 1,000,000.
    pub ppm: i64,
    /// Its row.
    pub verdict: Verdict,
    /// In words.
    pub because: String,
}

/// A change step at work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct ChangeState {
    /// The changes, fixed; empty before `Resolved`.
    pub changes: Vec<ResolvedChange>,
    /// What an approval binds.
    pub fingerprint: String,
    /// Keys of the playbook's locks.
    pub locks: Vec<String>,
    /// Index of the change that is next.
    pub next: u32,
    /// Its intents in this round.
    pub intents: Vec<IntentId>,
    /// Resolved again after a conflict with an unrelated field or a probed miss, at most 3.
    pub rounds: u32,
    /// It waited since its evidence was read.
    pub waited: bool,
    /// Lock asked for the first time, run ms.
    pub lock_since: Option<u64>,
    /// The approval request in force.
    pub asked: Option<String>,
    /// Requests that were void because the change was another one by then, at most 2.
    pub voids: u32,
    /// First attempt of its work, run ms: `within` counts from here.
    pub work_since: Option<u64>,
    /// A rung that ended so that the next may start.
    pub climbs: bool,
}

/// One reading of a verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SampleState {
    /// Of its newest data point, run ms.
    pub at: u64,
    /// When it was taken, run ms.
    pub polled: u64,
    /// Good, bad, or unknown.
    pub good: Option<bool>,
}

/// A verify at work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct VerifyState {
    /// End of the last change it covers, run ms.
    pub applied_at: u64,
    /// `within` counts from here: the change's end, or the resume.
    pub since: u64,
    /// The detects it waits for, where it has no `until`.
    pub over: Vec<NodeId>,
    /// The intents it covers, in order.
    pub intents: Vec<IntentId>,
    /// When the poll under way began, run ms.
    pub polled: u64,
    /// Polls so far.
    pub polls: u32,
    /// The last samples; older ones than `holds` are dropped.
    pub samples: Vec<SampleState>,
    /// First good sample's time since the last bad one, run ms.
    pub good_since: Option<u64>,
    /// Failed guard samples in a row.
    pub bad_guards: u32,
    /// The last sample's explanation.
    pub last: String,
    /// The verdict, once it is there.
    pub verdict: Option<Exit>,
    /// What follows the verdict: what is done of it.
    pub ops: Vec<Follow>,
    /// Compensations still to be made: intent and index, in order.
    pub undo: Vec<(IntentId, u32)>,
    /// The compensation under way.
    pub undoing: Option<IntentId>,
}

/// What follows a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Follow {
    /// Reverse what the verify covers.
    Undo,
    /// The op of that index in the verify's handler for its exit speaks.
    Tell(u32),
    /// The next rung may start.
    Climb,
    /// A person is called; no further change.
    Escalate,
}

/// A step instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct NodeState {
    /// Where it is.
    pub stage: Stage,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Why.
    pub because: Option<Because>,
    /// Attempts at calls.
    pub attempts: u32,
    /// First work, run ms.
    pub started: Option<u64>,
    /// End, run ms.
    pub ended: Option<u64>,
    /// How often it was started: evidence may be read again.
    pub round: u32,
    /// Its reads.
    #[serde(serialize_with = "as_list")]
    pub batch: Batch,
    /// Errors of reads that were given up, in words.
    pub read_errors: Vec<String>,
    /// The evidence's explanation, from the driver.
    pub evidence: String,
    /// Digest of the evidence.
    pub digest: String,
    /// A diagnose's causes, best first.
    pub causes: Vec<Cause>,
    /// A diagnose's leading cause, where it was found.
    pub best: Option<String>,
    /// A remediate's own.
    pub change: ChangeState,
    /// A verify's own.
    pub verify: VerifyState,
}

impl NodeState {
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Idle,
            exit: None,
            because: None,
            attempts: 0,
            started: None,
            ended: None,
            round: 0,
            batch: Batch::new(),
            read_errors: Vec::new(),
            evidence: String::new(),
            digest: String::new(),
            causes: Vec::new(),
            best: None,
            change: ChangeState::default(),
            verify: VerifyState::default(),
        }
    }

    /// It has its exit.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.stage == Stage::Ended
    }
}

/// Where an intent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStage {
    /// The guard is asked.
    Proposed,
    /// An attempt is out.
    InFlight,
    /// The next attempt then (run ms); the last one's result is known.
    Backoff(u64),
    /// Nobody knows; nothing is asked before then (run ms).
    Quarantine(u64),
    /// The probe is out.
    Probing,
    /// The probe could not be made; again then (run ms).
    ProbeBackoff(u64),
    /// It happened.
    Applied,
    /// There was nothing to do.
    Unchanged,
    /// It did not happen.
    NotApplied,
    /// The target is not what we had set (an undo's probe).
    Conflict,
    /// Nobody can find out.
    Stuck,
}

impl IntentStage {
    /// It has ended.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(
            self,
            IntentStage::Applied
                | IntentStage::Unchanged
                | IntentStage::NotApplied
                | IntentStage::Conflict
                | IntentStage::Stuck
        )
    }
}

/// One admitted change or undo.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Intent {
    /// The step instance that makes it; for an undo the verify.
    pub node: NodeId,
    /// The change, whole (R25).
    pub change: ResolvedChange,
    /// Which intent it undoes.
    pub undoes: Option<IntentId>,
    /// Idempotency key.
    pub key: String,
    /// Approvals it uses.
    pub approvals: Vec<String>,
    /// Where it is.
    pub stage: IntentStage,
    /// Attempts so far.
    pub attempt: u32,
    /// The attempt or probe that is out.
    pub call: Option<CallId>,
    /// Attempts at the probe.
    pub probes: u32,
    /// No bytes leave after this, run ms.
    pub send_by: u64,
    /// The guard's fence.
    pub fence: u64,
    /// Row of the durable intent.
    pub seq: u64,
    /// First attempt, run ms.
    pub started: u64,
    /// End, run ms.
    pub ended: Option<u64>,
    /// Why it ended so, or the last error.
    pub because: Option<Because>,
    /// Somebody else moved the target (R8 conflict).
    pub conflict: bool,
    /// It was open when another process took the run.
    pub recovered: bool,
    /// How its compensations ended.
    pub undo: UndoEnd,
    /// The first settlement is durable.
    pub settled: bool,
    /// The verdict's settlement, once asked for: vote and cool-down.
    pub verdict: Option<(Option<bool>, u64)>,
}

/// An approval request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Approval {
    /// Of which node.
    pub node: NodeId,
    /// What it binds.
    pub fingerprint: String,
    /// Where it is.
    pub stage: ApprovalStage,
    /// Until when, run ms.
    pub until: u64,
    /// Who said yes.
    pub yes: BTreeSet<String>,
    /// When enough had, run ms: what decided must have been read after that (R47).
    pub granted_at: Option<u64>,
    /// Delivered: `None` until the driver says.
    pub delivered: Option<bool>,
    /// The delivery's call.
    pub call: CallId,
    /// How many must say yes.
    pub need: u32,
}

/// Where an approval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "runtime semantics, section B")]
pub enum ApprovalStage {
    Asked,
    Granted,
    Used,
    Void,
    Expired,
    Refused,
    Withdrawn,
}

/// Something said to people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TellState {
    /// Which; `None` for a tell among a remediate's calls.
    pub tell: Option<TellRef>,
    /// A remediate's tell: its node.
    pub node: Option<NodeId>,
    /// A remediate's tell, whole.
    pub change: Option<ResolvedChange>,
    /// Its number among intents.
    pub intent: IntentId,
    /// Its key: people see one page however often it is sent.
    pub key: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Where it is.
    pub stage: TellStage,
    /// First attempt, run ms.
    pub since: u64,
}

/// Where a tell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TellStage {
    /// To be sent.
    Waiting,
    /// Sent.
    InFlight(CallId),
    /// Again then (run ms).
    Backoff(u64),
    /// Delivered.
    Done,
    /// Given up.
    Failed,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// A read: the node that waits, whose read, which.
    Read(NodeId, NodeId, ReadId),
    /// An attempt at a change or an undo.
    Act(IntentId),
    /// A probe.
    Probe(IntentId),
    /// A tell by index.
    Tell(u32),
}

/// Why a run winds up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Wind {
    /// The exit of what had not ended.
    pub exit: Exit,
    /// What it means where nothing was changed.
    pub reason: crate::outcome::Reason,
    /// Why.
    pub because: Because,
}

/// The whole state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct State {
    /// Where the run is.
    pub phase: Phase,
    /// What `Opened` said.
    pub setup: Option<Setup>,
    /// Run ms of the last event.
    pub now: u64,
    /// Row of the last event.
    pub seq: u64,
    /// Fence of the process that holds the run.
    pub epoch: u64,
    /// By [`NodeId`].
    pub nodes: Vec<NodeState>,
    /// Calls that are out.
    pub calls: BTreeMap<CallId, Pending>,
    /// The next call's number.
    pub next_call: u64,
    /// The next intent's number.
    pub next_intent: u32,
    /// All intents.
    pub intents: BTreeMap<IntentId, Intent>,
    /// Settlements that the guard store has not confirmed: intent, at the verdict.
    pub unsettled: BTreeSet<(IntentId, bool)>,
    /// Settlements were last asked for at, run ms.
    pub settle_since: u64,
    /// It was said that the guard store does not answer.
    pub settle_noted: bool,
    /// All approval requests.
    pub approvals: BTreeMap<String, Approval>,
    /// The remediate whose turn it is.
    pub active: Option<NodeId>,
    /// A detect fired at some time.
    pub ever_fired: bool,
    /// The incident behind the trigger ended, run ms.
    pub resolved_at: Option<u64>,
    /// No change and no undo starts.
    pub frozen: bool,
    /// Restarts at detect after an intent that was probed as not applied (R9).
    pub restarts: u32,
    /// Why it winds up.
    pub wind: Option<Wind>,
    /// Everything said, in order.
    pub tells: Vec<TellState>,
    /// A signal stopped this process: the park is due then (run ms).
    pub stopping: Option<u64>,
    /// Already announced as parked.
    pub parked: bool,
    /// The last order.
    pub order: Option<OrderKind>,
    /// The verdict: what the end will be, before delivery is known.
    pub verdict: Option<Verdicted>,
    /// The end.
    pub report: Option<Closed>,
}

/// What the second table said (R42), once all is done but the telling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the fields of CloseReport")]
pub struct Verdicted {
    pub world: crate::outcome::World,
    pub verify: crate::outcome::VerifyFold,
    pub end: crate::outcome::End,
    pub because: Vec<Because>,
    pub open: Vec<IntentId>,
}

/// The end, as closed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the fields of CloseReport")]
pub struct Closed {
    pub verdict: Verdicted,
    pub exit_code: u8,
    pub told: Option<bool>,
}

impl Closed {
    pub(crate) fn report(&self) -> CloseReport {
        CloseReport {
            outcome: self.verdict.end.outcome,
            exit_code: self.exit_code,
            world: self.verdict.world,
            verify: self.verdict.verify,
            because: self.verdict.because.clone(),
            told: self.told,
            open_intents: self.verdict.open.clone(),
        }
    }
}

impl State {
    pub(crate) fn new(nodes: usize) -> Self {
        Self {
            phase: Phase::New,
            setup: None,
            now: 0,
            seq: 0,
            epoch: 0,
            nodes: (0..nodes).map(|_| NodeState::new()).collect(),
            calls: BTreeMap::new(),
            next_call: 1,
            next_intent: 1,
            intents: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            settle_since: 0,
            settle_noted: false,
            approvals: BTreeMap::new(),
            active: None,
            ever_fired: false,
            resolved_at: None,
            frozen: false,
            restarts: 0,
            wind: None,
            tells: Vec::new(),
            stopping: None,
            parked: false,
            order: None,
            verdict: None,
            report: None,
        }
    }

    /// How a node ended.
    #[must_use]
    pub fn exit(&self, node: NodeId) -> Option<Exit> {
        self.nodes.get(node.0 as usize).and_then(|n| n.exit)
    }

    /// The node of that number.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&NodeState> {
        self.nodes.get(node.0 as usize)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.setup.as_ref().map_or(0, |s| s.seed)
    }

    pub(crate) fn run_id(&self) -> &str {
        self.setup.as_ref().map_or("", |s| s.run.as_str())
    }
}
