//! What one process keeps for itself (R13, R26): how many reads at a time, which endpoints are down, and how many
//! retries an endpoint still gets. Another process must not inherit this one's network trouble.
//!
//! Times are run-independent milliseconds of a monotonic clock.

use heal_lang::plan::ErrorClass;
use serde::Serialize;
use std::collections::BTreeMap;

/// The settings of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct NodeLimits {
    /// Reads at the same time, per adapter.
    pub bulkhead: u32,
    /// Calls that an endpoint's window remembers.
    pub window: u32,
    /// Fewer than this say nothing.
    pub minimum: u32,
    /// Failures in the window, percent, that open it.
    pub failure_percent: u32,
    /// How long it stays open.
    pub open_ms: u64,
    /// Calls let through to find out whether it is back.
    pub trials: u32,
    /// Retries are paid from this …
    pub budget: u32,
    /// … and one comes back for so many first attempts: retries never become the outage.
    pub calls_per_retry: u32,
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
        }
    }
}

/// Whether a call may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Now.
    Go,
    /// The adapter is busy: when a call of it ends.
    Queue,
    /// The endpoint is down: answer `transient`, not sent, with this hint (milliseconds from now).
    Down(u64),
    /// The endpoint's retries are used up: answer with the last error.
    NoRetries,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Endpoint {
    /// The last calls, oldest first: failed?
    window: Vec<bool>,
    open_until: Option<u64>,
    trials: u32,
    /// Retries left, in parts of `calls_per_retry`.
    spent: u32,
    credit: u32,
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

    /// Asks for a call, and takes the slot where the answer is [`Pass::Go`]. A change is never refused for the
    /// endpoint's sake: it has the guard's admission, and a breaker that is wrong would leave the fault standing.
    pub fn ask(&mut self, adapter: &str, endpoint: &str, attempt: u32, change: bool, now: u64) -> Pass {
        let limits = self.limits;
        let busy = self.busy.entry(adapter.to_owned()).or_default();
        if !change && *busy >= limits.bulkhead {
            return Pass::Queue;
        }
        let state = self.endpoints.entry(endpoint.to_owned()).or_default();
        if let Some(until) = state.open_until.filter(|_| !change) {
            if until > now {
                return Pass::Down(until - now);
            }
            if state.trials >= limits.trials {
                return Pass::Down(limits.open_ms);
            }
            state.trials += 1;
        }
        if attempt > 1 && !change {
            if state.spent >= limits.budget {
                return Pass::NoRetries;
            }
            state.spent += 1;
        } else {
            state.credit += 1;
            if state.credit >= limits.calls_per_retry {
                state.credit = 0;
                state.spent = state.spent.saturating_sub(1);
            }
        }
        *busy += 1;
        Pass::Go
    }

    /// A call has ended; `failed` is the class of its error.
    pub fn ended(&mut self, adapter: &str, endpoint: &str, failed: Option<ErrorClass>, now: u64) {
        if let Some(busy) = self.busy.get_mut(adapter) {
            *busy = busy.saturating_sub(1);
        }
        let limits = self.limits;
        let state = self.endpoints.entry(endpoint.to_owned()).or_default();
        // A refusal is an answer: the endpoint is there.
        let down = matches!(failed, Some(ErrorClass::Transient | ErrorClass::Throttled | ErrorClass::Uncertain));
        if state.open_until.is_some_and(|until| until <= now) {
            state.trials = state.trials.saturating_sub(1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_opens_is_tried_once_and_closes_again() {
        let mut node = Node::new(NodeLimits::default());
        for _ in 0..10 {
            assert_eq!(node.ask("http", "a", 1, false, 0), Pass::Go);
            node.ended("http", "a", Some(ErrorClass::Transient), 0);
        }
        assert_eq!(node.ask("http", "a", 1, false, 1), Pass::Down(9_999));
        assert_eq!(node.ask("http", "a", 1, true, 1), Pass::Go, "a change is let through");
        node.ended("http", "a", None, 1);
        assert_eq!(node.ask("http", "a", 1, false, 10_000), Pass::Go);
        assert_eq!(node.ask("http", "a", 1, false, 10_000), Pass::Down(10_000), "one trial at a time");
        node.ended("http", "a", None, 10_001);
        assert_eq!(node.ask("http", "a", 1, false, 10_002), Pass::Go);
        assert_eq!(node.ask("http", "b", 1, false, 10_002), Pass::Go, "another endpoint is not concerned");
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let mut node = Node::new(NodeLimits::default());
        for _ in 0..40 {
            assert_eq!(node.ask("http", "a", 1, false, 0), Pass::Go);
            node.ended("http", "a", Some(ErrorClass::Permanent), 0);
        }
    }

    #[test]
    fn a_bulkhead_queues_and_retries_run_out() {
        let mut node = Node::new(NodeLimits { bulkhead: 2, budget: 2, ..NodeLimits::default() });
        assert_eq!(node.ask("http", "a", 1, false, 0), Pass::Go);
        assert_eq!(node.ask("http", "a", 1, false, 0), Pass::Go);
        assert_eq!(node.ask("http", "a", 1, false, 0), Pass::Queue);
        node.ended("http", "a", None, 0);
        for pass in [Pass::Go, Pass::Go, Pass::NoRetries] {
            assert_eq!(node.ask("http", "a", 2, false, 0), pass);
            node.ended("http", "a", None, 0);
        }
        for _ in 0..5 {
            assert_eq!(node.ask("http", "a", 1, false, 0), Pass::Go);
            node.ended("http", "a", None, 0);
        }
        assert_eq!(node.ask("http", "a", 2, false, 0), Pass::Go, "first attempts earn a retry");
    }
}
