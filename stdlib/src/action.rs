//! What an action is, to whoever drives it.
//!
//! The effect of an action is the trait it implements, not a field it fills in (L33): a [`ReadAction`] can only build
//! [`ReadRequest`]s.

use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest, ReadRequest};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, FunctionDecl};
use std::collections::BTreeMap;

/// Arguments by parameter name, every parameter there.
pub type Args = BTreeMap<String, Value>;

/// What actions may know of where they run; filled in by the driver.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Wall time, Unix milliseconds.
    pub now_ms: i64,
    /// How long a release must have run well to be stable (`stable_after`, R57).
    pub stable_after_ms: u64,
    /// Names of the services of `healrun.yaml`.
    pub services: Vec<String>,
    /// `owner/repo` of the GitHub connection.
    pub github_repository: Option<String>,
    /// The run's id, for keys and annotations.
    pub run_id: String,
    /// The run's page or the command that shows it.
    pub run_url: String,
    /// The key of the run's incident, the same for every run of it: what dedupes pages.
    pub incident: String,
    /// How long one attempt of this call may take, milliseconds; 0: unknown.
    pub timeout_ms: u64,
}

/// What comes next in a read.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadStep {
    /// Ask this, then come back with the answer.
    Ask(ReadRequest),
    /// The value, and what of it is evidence.
    Done(Value),
    /// It failed.
    Fail(ErrorInfo),
}

/// A read in progress.
pub trait ReadMachine: Send {
    /// What comes next. The first call has no answer; every later one has the answer to what was asked.
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ReadStep;
}

/// An action that looks.
pub trait ReadAction: Send + Sync {
    /// Its declaration.
    fn decl(&self) -> ActionDecl;
    /// Starts a read.
    ///
    /// # Errors
    /// Arguments that can't be asked for (an empty name, a bad URL): class permanent, nothing sent.
    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo>;
    /// That nobody answers is an answer to it: an open endpoint breaker must not answer in its place.
    fn asks_for_presence(&self) -> bool {
        false
    }
}

/// A change with absolute values (R1), before it is admitted. Its arguments serialise; secrets only by name.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedCall {
    /// Absolute arguments.
    pub args: Args,
    /// In words: `switch /srv/current from v42 to v41`.
    pub summary: String,
    /// The state before, as the probe and the undo need it.
    pub before: serde_json::Value,
    /// What undoes it: action and absolute arguments.
    pub undo: Option<(String, Args)>,
    /// The target as it was found: uid, version. Part of the fingerprint where it is identity (R45).
    pub identity: serde_json::Value,
    /// Nothing to do: the world is already as wanted.
    pub unchanged: bool,
}

/// What comes next in a resolution.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolveStep {
    /// Ask this, then come back with the answer.
    Ask(ReadRequest),
    /// Resolved.
    Done(Box<ResolvedCall>),
    /// The world is not as `expect` says, or somebody else is at work: blocked (L42, R55).
    Blocked(String),
    /// The target does not exist, or is managed by somebody else: refused (L29, R56).
    Refused(String),
    /// It failed.
    Fail(ErrorInfo),
}

/// A resolution in progress.
pub trait ResolveMachine: Send {
    /// As [`ReadMachine::next`].
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ResolveStep;
}

/// What comes next in a change. At most one `Send` an attempt: that is what the order is for.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeStep {
    /// Ask this first (a read right before the write).
    Ask(ReadRequest),
    /// Send this, with the order.
    Send(ChangeRequest),
    /// It happened; its result. `unchanged`: there was nothing to do.
    Done {
        /// The action's result.
        value: Value,
        /// There was nothing to do.
        unchanged: bool,
    },
    /// It failed.
    Fail(ErrorInfo),
}

/// A change in progress: one attempt.
pub trait ChangeMachine: Send {
    /// As [`ReadMachine::next`].
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ChangeStep;
}

/// What a probe found (R20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It happened.
    Applied,
    /// It did not.
    NotApplied,
    /// The target is neither as before nor as we wanted it.
    Conflict,
    /// The probe can't tell.
    Unknown,
}

/// What comes next in a probe.
#[derive(Clone, Debug, PartialEq)]
pub enum ProbeStep {
    /// Ask this, then come back with the answer.
    Ask(ReadRequest),
    /// The answer, and the action's result where it happened.
    Done(Probed, Value),
    /// It failed.
    Fail(ErrorInfo),
}

/// A probe in progress.
pub trait ProbeMachine: Send {
    /// As [`ReadMachine::next`].
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ProbeStep;
}

/// An action that changes (or, where its declaration says so, only speaks).
pub trait ChangeAction: Send + Sync {
    /// Its declaration.
    fn decl(&self) -> ActionDecl;
    /// Fixes everything to absolute values (R1), by reads alone.
    ///
    /// # Errors
    /// As [`ReadAction::start`].
    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo>;
    /// One attempt. `key` is the idempotency key (R19).
    ///
    /// # Errors
    /// As [`ReadAction::start`].
    fn send(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo>;
    /// Finds out whether it happened. `None`: nobody can (class blind).
    fn probe(&self, call: &ResolvedCall, key: &str, at: &Surroundings) -> Option<Box<dyn ProbeMachine>>;
}

/// A pure function.
pub trait Function: Send + Sync {
    /// Its declaration.
    fn decl(&self) -> FunctionDecl;
    /// Computes. What can't be computed is no data, with the reason.
    fn call(&self, args: &Args, now_ms: i64) -> Value;
}
