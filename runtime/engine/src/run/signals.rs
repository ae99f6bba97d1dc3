//! Orders, resolves, the clock, and answers after the end.

use super::approve::DEFAULT_WITHIN_MS;
use super::machine::{Machine, text};
use super::state::*;
use crate::command::{CallId, Command, TellRef};
use crate::event::{Because, BecauseKind, CallResult, Event, EventKind, IncidentChanged, OrderKind, Ordered};
use crate::outcome::{Outcome, Reason, exit_code, shutdown_code};
use heal_lang::plan::{Exit, NodeId};
use std::collections::BTreeSet;

/// Within this a stopping process records what still comes in; five seconds is all a runner gives (R33).
const STOP_MS: u64 = 3_000;

impl Machine {
    pub(crate) fn ordered(&mut self, ordered: &Ordered) {
        self.s.order = Some(ordered.order);
        let words = |what: &str| {
            let reason = if ordered.reason.is_empty() { String::new() } else { format!(": {}", ordered.reason) };
            format!("{what} by {}{reason}", ordered.by)
        };
        match ordered.order {
            OrderKind::Cancel => {
                let because = Because::new(BecauseKind::Cancelled, words("cancelled"));
                self.wind(Exit::Cancelled, Reason::Cancelled, because);
            }
            OrderKind::Freeze => {
                self.s.frozen = true;
                let because = Because::new(BecauseKind::Frozen, words("frozen"));
                self.wind(Exit::Blocked, Reason::Blocked, because);
            }
            OrderKind::Unfreeze => {
                self.s.frozen = false;
                self.note(None, "unfrozen", None, [("by", text(&ordered.by))]);
            }
            OrderKind::Shutdown => self.shutdown(&words("stopped"), false),
            OrderKind::StateLost => self.shutdown(&words("stopped"), self.s.ever_fired),
        }
    }

    /// A signal: nothing more is asked of the world, one page at most, the run stays open (R33).
    fn shutdown(&mut self, why: &str, tell: bool) {
        if self.s.phase == Phase::Stopped {
            return;
        }
        let waiting: Vec<CallId> = self
            .s
            .calls
            .iter()
            .filter(|(_, p)| matches!(p, Pending::Read(..) | Pending::Probe(_)))
            .map(|(c, _)| *c)
            .collect();
        for call in waiting {
            self.s.calls.remove(&call);
            self.emit(Command::Abandon { call });
        }
        let because = Because::new(BecauseKind::Shutdown, why);
        self.note(None, "shutdown", Some(because), []);
        self.s.phase = Phase::Stopped;
        self.s.stopping = Some(self.s.now.saturating_add(STOP_MS));
        let touched = self.fold_world().0 != crate::outcome::World::Untouched || !self.open_intents().is_empty();
        if touched || tell {
            self.tell_of_shutdown();
        }
        self.drive_stop();
    }

    /// The process may end: answers that were out have come, or have had their time.
    pub(crate) fn drive_stop(&mut self) {
        let Some(until) = self.s.stopping.filter(|_| self.s.phase == Phase::Stopped && !self.s.parked) else { return };
        let out = self.s.calls.values().any(|p| matches!(p, Pending::Act(_) | Pending::Tell(_)));
        if out && self.s.now < until {
            return;
        }
        self.s.parked = true;
        let open = !self.open_intents().is_empty();
        let exit_code = match shutdown_code(self.fold_world().0, open) {
            // The page is demanded like that of an end: unheard, it is said by the code (R42).
            24 if self.last_page() == Some(false) => exit_code(Outcome::Untold),
            code => code,
        };
        self.emit(Command::Park { until: None, on: "a resume after a signal".to_owned(), exit_code });
    }

    /// Whether the last page was delivered.
    fn last_page(&self) -> Option<bool> {
        let mut pages = self.s.tells.iter().filter(|t| matches!(t.tell, Some(TellRef::Escalate(_))));
        pages.next_back().map(|page| page.stage == TellStage::Done)
    }

    /// R52.
    pub(crate) fn incident(&mut self, change: &IncidentChanged) {
        if change.status != "resolved" {
            // Refired within the hold is the same incident.
            self.s.resolved_at = None;
            self.note(None, "incident", None, [("status", text(&change.status))]);
            return;
        }
        self.s.resolved_at.get_or_insert(self.s.now);
        self.note(None, "incident", None, [("status", text("resolved"))]);
        let Some(node) = self.s.active else { return };
        match self.s.nodes[node.0 as usize].stage.clone() {
            Stage::Asking(_) | Stage::LockWait(_) if self.evidence_at() != u64::MAX => {
                self.wake_up();
                self.refresh(node);
            }
            Stage::Working(id) => {
                let waits = matches!(self.s.intents.get(&id).map(|i| i.stage), Some(IntentStage::Backoff(_)));
                if waits {
                    let because = Because::new(BecauseKind::Resolved, "the incident resolved between two attempts");
                    self.intent_over(id, IntentStage::NotApplied, Some(because));
                }
            }
            _ => {}
        }
    }

    pub(crate) fn wake_up(&mut self) {
        if self.s.phase == Phase::Parked {
            self.s.phase = Phase::Running;
        }
        self.s.parked = false;
    }

    /// What time alone brings about. Every change of state here comes with a command, so that a tick without one
    /// need not be journalled (R16).
    pub(crate) fn clock(&mut self) -> bool {
        let mut moved = self.expire_approvals();
        if self.s.wind.is_none() && self.s.now >= self.stop_at() && !self.s.nodes.iter().all(NodeState::is_ended) {
            let because = Because::new(BecauseKind::Deadline, "the run's deadline is reached");
            self.wind(Exit::Deadline, Reason::NotHealed, because);
            moved = true;
        }
        if self.settle_overdue() && !self.s.settle_noted {
            self.s.settle_noted = true;
            let because = Because::new(BecauseKind::GuardStore, "the guard store does not confirm a settlement");
            self.note(None, "guard_silent", Some(because), []);
            moved = true;
        }
        for node in self.ids() {
            let over = self.window_end(node).is_some_and(|end| end <= self.s.now);
            if over {
                self.time_is_up(node);
                moved = true;
            }
        }
        moved
    }

    /// When the run must have ended, in its own time.
    ///
    /// A deadline that nobody wrote is the worst case of what is written (L51). The wait for an approval that only the
    /// environment demands is on top of it, or nobody could answer in time.
    pub(crate) fn deadline(&self) -> u64 {
        let limits = &self.plan.limits;
        let asking: BTreeSet<NodeId> = self.s.approvals.values().map(|approval| approval.node).collect();
        let demanded = asking.iter().filter(|node| !limits.deadline_written && !self.writes_approval(**node)).count();
        limits.deadline_ms.saturating_add(DEFAULT_WITHIN_MS.saturating_mul(demanded as u64))
    }

    /// The deadline, less what it takes to tell somebody.
    pub(crate) fn stop_at(&self) -> u64 {
        let deadline = self.deadline();
        let reserve = self.graph.reserve_ms;
        if deadline > reserve { deadline - reserve } else { deadline }
    }

    /// Waiting for a person and for nothing else: the process may end (75).
    pub(crate) fn park_if_idle(&mut self) {
        if self.s.phase != Phase::Running || self.s.parked || !self.s.calls.is_empty() {
            return;
        }
        let Some(node) = self.s.active else { return };
        let Stage::Asking(request) = self.s.nodes[node.0 as usize].stage.clone() else { return };
        let Some(approval) = self.s.approvals.get(&request) else { return };
        let Some(delivered) = approval.delivered else { return };
        let park_after = self.s.setup.as_ref().map_or(0, |s| s.park_after_ms);
        let busy = self
            .s
            .nodes
            .iter()
            .enumerate()
            .any(|(i, n)| i != node.0 as usize && !matches!(n.stage, Stage::Idle | Stage::Ended));
        if busy || approval.until.saturating_sub(self.s.now) <= park_after {
            return;
        }
        let until = Some(approval.until);
        self.s.phase = Phase::Parked;
        self.s.parked = true;
        let exit_code = if delivered { 75 } else { 26 };
        self.emit(Command::Park { until, on: format!("approval {request}"), exit_code });
    }

    /// After the end only answers that were late can still come. One that contradicts the report is paged.
    pub(crate) fn after_close(&mut self, event: &Event) {
        let EventKind::CallEnded(ended) = &event.kind else {
            if matches!(event.kind, EventKind::Claimed(_)) && event.epoch > self.s.epoch {
                // The last row was durable and its commands may not have left: the same end again (R36).
                self.s.epoch = event.epoch;
                if let Some(closed) = &self.s.report {
                    let report = closed.report();
                    self.emit(Command::Close(Box::new(report)));
                }
                return;
            }
            if !matches!(event.kind, EventKind::Tick) {
                self.ignored("the run is closed");
            }
            return;
        };
        let doubt = ended
            .intent
            .and_then(|id| self.s.intents.get(&id))
            .is_some_and(|i| i.stage == IntentStage::Stuck && i.attempt == ended.attempt);
        let contradicts = doubt && matches!(ended.result, CallResult::Ok { .. });
        let terms = [("call", ended.call.0.into()), ("contradicts", contradicts.into())];
        self.note(ended.node, "late", None, terms);
        if contradicts {
            self.tell_of_late(ended.call);
        }
    }
}
