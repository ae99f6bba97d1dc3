//! What one process keeps for itself (R13, R26): how many requests at a time, which endpoints are down, how fast an
//! endpoint is asked, and how many retries it still gets. Another process must not inherit this one's network trouble.
//!
//! | limit | default | what it is for |
//! |---|---|---|
//! | bulkhead | 8 looks at a time, per adapter | one slow system does not take every socket |
//! | endpoint breaker | half of the last 20 requests failed, of at least 10: closed for 10 s, then one trial | a dead endpoint costs no timeouts |
//! | retry budget | 10 per endpoint, one back for every 5 first attempts | retries never become the outage |
//! | rate | 20 requests a second to an endpoint, 40 at once | an endpoint in trouble is not hammered |
//! | hold | what the endpoint says with 429 or 503, at most 60 s | its own word counts for every call |
//!
//! Only looks wait and are refused. A change, an undo, a page and the probe of a change [must](Want::Must) go: a change has
//! the guard's admission, and a breaker that is wrong would leave the fault standing.
//!
//! Times are milliseconds of a monotonic clock of the process.

#[cfg(test)]
mod tests;

use heal_lang::plan::ErrorClass;
use serde::Serialize;
use std::collections::BTreeMap;

/// The settings of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct NodeLimits {
    /// Looks at the same time, per adapter.
    pub bulkhead: u32,
    /// Requests that an endpoint's window remembers.
    pub window: u32,
    /// Fewer than this say nothing.
    pub minimum: u32,
    /// Failures in the window, percent, that open it.
    pub failure_percent: u32,
    /// How long it stays open.
    pub open_ms: u64,
    /// Requests let through to find out whether it is back.
    pub trials: u32,
    /// Retries are paid from this …
    pub budget: u32,
    /// … and one comes back for so many first attempts.
    pub calls_per_retry: u32,
    /// Looks at one endpoint, per second …
    pub per_second: u32,
    /// … and so many at once.
    pub burst: u32,
    /// The longest that an endpoint's own hint (`Retry-After`) holds other calls back: it may be lying.
    pub most_hold_ms: u64,
}

impl Default for NodeLimits {
    fn default() -> Self {
        Self {
            bulkhead: 8,
            window: 20,
            minimum: 10,
            failure_percent: 50,
            open_ms: 10_000,
            trials: 1,
            budget: 10,
            calls_per_retry: 5,
            per_second: 20,
            burst: 40,
            most_hold_ms: 60_000,
        }
    }
}

/// How much a request matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// A look: it waits, and may be refused.
    Look,
    /// A look whose question is whether anybody answers: it waits for a slot, and an open breaker is no answer to it.
    Presence,
    /// A change, an undo, a tell, a probe of one of them: neither waits nor is refused.
    Must,
}

/// Somebody who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// Which client asks: `http`, `kubernetes`, `github`, `file`, `process`.
    pub adapter: &'a str,
    /// What the request addresses: `host:port`, a cluster, a program. None: the machine itself, which has no breaker.
    pub endpoint: Option<&'a str>,
}

/// Whether a request may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Now. The slot is taken.
    Go,
    /// The adapter is busy: when a request of it ends.
    Queue,
    /// The endpoint was asked often enough: in so many milliseconds.
    Wait(u64),
    /// The endpoint is down: answer `transient`, not sent, with this hint (milliseconds from now).
    Down(u64),
    /// The endpoint asked to be left alone for so many milliseconds more.
    Held(u64),
    /// The endpoint's retries are used up: answer with an error.
    NoRetries,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Endpoint {
    /// The last requests, oldest first: failed?
    window: Vec<bool>,
    open_until: Option<u64>,
    held_until: u64,
    trials: u32,
    /// Retries that were used.
    spent: u32,
    /// First attempts since one came back.
    credit: u32,
    /// What the rate has let out and not yet taken back, in thousandths of a request, at `at`.
    level: u64,
    at: u64,
}

impl Endpoint {
    /// How long until the rate lets one more out; 0: now.
    fn early(&mut self, limits: &NodeLimits, now: u64) -> u64 {
        let per_ms = u64::from(limits.per_second.max(1));
        self.level = self.level.saturating_sub(now.saturating_sub(self.at).saturating_mul(per_ms));
        self.at = self.at.max(now);
        let most = u64::from(limits.burst.max(1)) * 1_000;
        (self.level + 1_000).saturating_sub(most).div_ceil(per_ms)
    }
}

/// What one process keeps for itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Node {
    limits: NodeLimits,
    busy: BTreeMap<String, u32>,
    endpoints: BTreeMap<String, Endpoint>,
}

impl Node {
    /// A process that has called nobody yet.
    #[must_use]
    pub fn new(limits: NodeLimits) -> Self {
        Self { limits, busy: BTreeMap::new(), endpoints: BTreeMap::new() }
    }

    /// Asks for a request of a call's `attempt` (from 1), and takes the slot where the answer is [`Pass::Go`].
    pub fn ask(&mut self, to: Address<'_>, want: Want, attempt: u32, now: u64) -> Pass {
        let limits = self.limits;
        let busy = self.busy.entry(to.adapter.to_owned()).or_default();
        if want != Want::Must && *busy >= limits.bulkhead {
            return Pass::Queue;
        }
        if let Some(endpoint) = to.endpoint {
            let state = self.endpoints.entry(endpoint.to_owned()).or_default();
            let refused = match want {
                Want::Must => None,
                Want::Presence => rated(state, &limits, now),
                Want::Look => look(state, &limits, attempt, now),
            };
            if let Some(refused) = refused {
                return refused;
            }
            state.level = state.level.saturating_add(1_000);
        }
        *busy += 1;
        Pass::Go
    }

    /// A request of this adapter has ended, however: its slot is free.
    pub fn freed(&mut self, adapter: &str) {
        if let Some(busy) = self.busy.get_mut(adapter) {
            *busy = busy.saturating_sub(1);
        }
    }

    /// Nobody will know how a request to this endpoint went.
    pub fn forgotten(&mut self, endpoint: &str) {
        if let Some(state) = self.endpoints.get_mut(endpoint) {
            state.trials = state.trials.saturating_sub(1);
        }
    }

    /// How a request to this endpoint went: the class of its error, and the endpoint's own hint when to come back.
    pub fn judged(&mut self, endpoint: &str, failed: Option<ErrorClass>, hint_ms: Option<u64>, now: u64) {
        let limits = self.limits;
        let state = self.endpoints.entry(endpoint.to_owned()).or_default();
        if let (Some(ErrorClass::Throttled), Some(hint)) = (failed, hint_ms) {
            state.held_until = state.held_until.max(now.saturating_add(hint.min(limits.most_hold_ms)));
        }
        // A refusal is an answer: the endpoint is there.
        let down = matches!(failed, Some(ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Uncertain));
        if state.open_until.is_some_and(|until| until <= now) {
            state.trials = 0;
            state.window.clear();
            state.open_until = down.then(|| now.saturating_add(limits.open_ms));
            return;
        }
        if state.open_until.is_some() {
            // A change that was let through, or a call from before it opened.
            return;
        }
        state.window.push(down);
        if state.window.len() > limits.window as usize {
            state.window.remove(0);
        }
        let failures = state.window.iter().filter(|f| **f).count();
        let enough = state.window.len() >= limits.minimum as usize;
        if enough && failures * 100 >= state.window.len() * limits.failure_percent as usize {
            state.open_until = Some(now.saturating_add(limits.open_ms));
            state.trials = 0;
        }
    }
}

fn rated(state: &mut Endpoint, limits: &NodeLimits, now: u64) -> Option<Pass> {
    match state.early(limits, now) {
        0 => None,
        ms => Some(Pass::Wait(ms)),
    }
}

/// Why a look may not go out; where it may, what it uses of the endpoint's trials and retries is taken.
fn look(state: &mut Endpoint, limits: &NodeLimits, attempt: u32, now: u64) -> Option<Pass> {
    if state.held_until > now {
        return Some(Pass::Held(state.held_until - now));
    }
    if let Some(until) = state.open_until {
        if until > now {
            return Some(Pass::Down(until - now));
        }
        if state.trials >= limits.trials {
            return Some(Pass::Down(limits.open_ms));
        }
    }
    if attempt > 1 && state.spent >= limits.budget {
        return Some(Pass::NoRetries);
    }
    if let Some(wait) = rated(state, limits, now) {
        return Some(wait);
    }
    if state.open_until.is_some() {
        state.trials += 1;
    }
    if attempt > 1 {
        state.spent += 1;
    } else {
        state.credit += 1;
        if state.credit >= limits.calls_per_retry {
            state.credit = 0;
            state.spent = state.spent.saturating_sub(1);
        }
    }
    None
}
