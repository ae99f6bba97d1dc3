//! Approvals: asked once per fingerprint, tallied here, used inside `Admit` (R26, R45 to R47).

use super::machine::{Machine, text};
use super::state::*;
use crate::command::{AskRequest, Command};
use crate::event::{Because, BecauseKind, Decided, Resolved};
use crate::hash::named_key;
use heal_lang::plan::{Approval as Written, Exit, NodeId};
use std::collections::BTreeSet;

/// How long an approval is waited for where the environment demands one and the playbook wrote none.
pub(crate) const DEFAULT_WITHIN_MS: u64 = 15 * 60 * 1000;
/// Requests that turned void before a person is called instead.
const MOST_VOIDS: u32 = 2;

impl Machine {
    /// A change that needs a yes: ask, wait, or go on with the yes that is there.
    pub(crate) fn approval(&mut self, node: NodeId, resolved: &Resolved) {
        let request = named_key(self.s.run_id(), &format!("approval {}", resolved.fingerprint));
        let before = self.s.nodes[node.0 as usize].change.asked.clone();
        if let Some(old) = before.filter(|old| *old != request) {
            let open = self
                .s
                .approvals
                .get(&old)
                .is_some_and(|a| matches!(a.stage, ApprovalStage::Asked | ApprovalStage::Granted));
            if open {
                let because = Because::new(BecauseKind::ApprovalVoid, "what would be done is something else by now");
                self.withdraw(&old, ApprovalStage::Void, because);
                self.n(node).change.voids += 1;
            }
        }
        if self.s.nodes[node.0 as usize].change.voids > MOST_VOIDS {
            let because = Because::new(BecauseKind::ApprovalVoid, "what was asked for kept changing");
            self.finish_change(node, Some((Exit::Refused, because)));
            return;
        }
        self.n(node).change.asked = Some(request.clone());
        match self.s.approvals.get(&request).map(|a| a.stage) {
            None => self.ask(node, request, resolved),
            Some(ApprovalStage::Asked) => {
                self.n(node).change.waited = true;
                self.n(node).stage = Stage::Asking(request);
            }
            // Used: by an earlier call of this step; the guard has the last word.
            Some(ApprovalStage::Granted | ApprovalStage::Used) => {
                self.propose(node);
            }
            Some(ApprovalStage::Refused) => self.approval_over(node, BecauseKind::ApprovalRefused, "it was refused"),
            Some(ApprovalStage::Expired) => {
                self.approval_over(node, BecauseKind::ApprovalExpired, "nobody answered in time");
            }
            Some(ApprovalStage::Void | ApprovalStage::Withdrawn) => {
                self.approval_over(node, BecauseKind::ApprovalVoid, "its request was withdrawn");
            }
        }
    }

    fn ask(&mut self, node: NodeId, request: String, resolved: &Resolved) {
        let (written, needed) =
            self.with_remediate(node, |m, _, r| (r.approval.clone(), m.admit_ms(node, r))).unwrap_or((None, 0));
        let Written { groups, people, need, within_ms, not_requester, .. } = written.unwrap_or(Written {
            when: None,
            groups: Vec::new(),
            people: Vec::new(),
            need: 1,
            within_ms: DEFAULT_WITHIN_MS,
            not_requester: false,
        });
        let call = crate::command::CallId(self.s.next_call);
        self.s.next_call += 1;
        self.s.approvals.insert(
            request.clone(),
            Approval {
                node,
                fingerprint: resolved.fingerprint.clone(),
                stage: ApprovalStage::Asked,
                until: 0,
                yes: BTreeSet::new(),
                granted_at: None,
                delivered: None,
                call,
                need: need.max(1),
            },
        );
        // A yes that comes too late for the change is none: the request ends before.
        let until = self.s.now.saturating_add(within_ms).min(self.deadline().saturating_sub(needed));
        if until <= self.s.now {
            self.s.approvals.remove(&request);
            let because = Because::new(
                BecauseKind::DeadlineTooNear,
                format!(
                    "no time is left for an answer: after it the change, its verify, undo and page take {}s",
                    needed.div_ceil(1000)
                ),
            );
            self.finish_change(node, Some((Exit::Deadline, because)));
            return;
        }
        if let Some(approval) = self.s.approvals.get_mut(&request) {
            approval.until = until;
        }
        self.n(node).change.waited = true;
        self.n(node).stage = Stage::Asking(request.clone());
        self.emit(Command::Ask(Box::new(AskRequest {
            call,
            request,
            node,
            fingerprint: resolved.fingerprint.clone(),
            changes: resolved.changes.iter().map(|c| c.summary.clone()).collect(),
            groups,
            people,
            need: need.max(1),
            // Two people must differ from the one who asked, written or not (R47).
            not_requester: not_requester || need >= 2,
            until,
        })));
    }

    /// Whether the step of a node says itself who is asked, and for how long.
    pub(crate) fn writes_approval(&self, node: NodeId) -> bool {
        self.plan.step_of(node).and_then(super::graph::remediate).is_some_and(|r| r.approval.is_some())
    }

    fn approval_over(&mut self, node: NodeId, kind: BecauseKind, why: &str) {
        self.finish_change(node, Some((Exit::Refused, Because::new(kind, why))));
    }

    /// The delivery of a request succeeded or failed.
    pub(crate) fn ask_ended(&mut self, call: crate::command::CallId, delivered: bool) -> bool {
        match self.s.approvals.values_mut().find(|a| a.call == call) {
            Some(approval) => {
                approval.delivered = Some(delivered);
                true
            }
            None => false,
        }
    }

    pub(crate) fn decided(&mut self, decided: &Decided) {
        let Some(approval) = self.s.approvals.get(&decided.request).cloned() else {
            self.ignored("no such approval request");
            return;
        };
        if approval.stage != ApprovalStage::Asked || approval.fingerprint != decided.fingerprint {
            self.ignored("the request is not open, or what they saw is something else");
            return;
        }
        let node = approval.node;
        if let Err(why) = self.eligible(node, decided) {
            self.note(Some(node), "answer_refused", None, [("by", text(&decided.by)), ("why", text(why))]);
            return;
        }
        let asking = self.s.nodes[node.0 as usize].stage == Stage::Asking(decided.request.clone());
        if !decided.approve {
            self.set_approval(&decided.request, ApprovalStage::Refused);
            if asking {
                let why = format!("refused by {}", decided.by);
                self.wake_up();
                self.approval_over(node, BecauseKind::ApprovalRefused, &why);
            }
            return;
        }
        let now = self.s.now;
        let mut granted = false;
        if let Some(approval) = self.s.approvals.get_mut(&decided.request) {
            approval.yes.insert(decided.by.clone());
            granted = approval.yes.len() as u64 >= u64::from(approval.need);
            if granted {
                approval.stage = ApprovalStage::Granted;
                approval.granted_at = Some(now);
            }
        }
        self.note(Some(node), if granted { "approved" } else { "answer" }, None, [("by", text(&decided.by))]);
        if granted && asking {
            self.wake_up();
            // What the yes rests on is read again before it is used (R47). Without evidence the values are.
            if self.evidence_at() == u64::MAX {
                self.with_step(node, |m, step| m.change_reads(node, step));
            } else {
                self.refresh(node);
            }
        }
    }

    /// Distinct people, of the groups asked, and not the one who asked where that is excluded.
    fn eligible(&mut self, node: NodeId, decided: &Decided) -> Result<(), &'static str> {
        let written = self.with_remediate(node, |_, _, r| r.approval.clone()).flatten();
        let requester = self.s.setup.as_ref().and_then(|s| s.requester.clone());
        let Some(written) = written else { return Ok(()) };
        if (written.not_requester || written.need >= 2) && requester.as_deref() == Some(decided.by.as_str()) {
            return Err("whoever asked may not answer");
        }
        let named = written.people.contains(&decided.by);
        let member = decided.groups.iter().any(|g| written.groups.contains(g));
        let anyone = written.people.is_empty() && written.groups.is_empty();
        if named || member || anyone { Ok(()) } else { Err("not of the people who may answer") }
    }

    fn set_approval(&mut self, request: &str, stage: ApprovalStage) {
        if let Some(approval) = self.s.approvals.get_mut(request) {
            approval.stage = stage;
        }
    }

    fn withdraw(&mut self, request: &str, stage: ApprovalStage, because: Because) {
        self.set_approval(request, stage);
        self.emit(Command::Withdraw { request: request.to_owned(), because });
    }

    /// A step that ended asks nobody any more.
    pub(crate) fn withdraw_unused(&mut self, node: NodeId) {
        let open: Vec<String> = self
            .s
            .approvals
            .iter()
            .filter(|(_, a)| a.node == node && matches!(a.stage, ApprovalStage::Asked | ApprovalStage::Granted))
            .map(|(r, _)| r.clone())
            .collect();
        let because = self.s.nodes[node.0 as usize].because.clone();
        let because = because.unwrap_or_else(|| Because::new(BecauseKind::Resolved, "no longer needed"));
        for request in open {
            self.withdraw(&request, ApprovalStage::Withdrawn, because.clone());
        }
    }

    /// A change that did not happen gives its approval back (section B).
    pub(crate) fn give_back(&mut self, approvals: &[String]) {
        for request in approvals {
            if let Some(approval) = self.s.approvals.get_mut(request)
                && approval.stage == ApprovalStage::Used
            {
                approval.stage = ApprovalStage::Granted;
            }
        }
    }

    /// Requests whose time is over.
    pub(crate) fn expire_approvals(&mut self) -> bool {
        let now = self.s.now;
        let over: Vec<(String, NodeId)> = self
            .s
            .approvals
            .iter()
            .filter(|(_, a)| a.until <= now)
            .filter(|(_, a)| match a.stage {
                ApprovalStage::Asked => true,
                // A yes that waits for data no longer than for people.
                ApprovalStage::Granted => {
                    matches!(self.s.nodes[a.node.0 as usize].stage, Stage::RefreshWait(_))
                }
                _ => false,
            })
            .map(|(r, a)| (r.clone(), a.node))
            .collect();
        for (request, node) in &over {
            self.set_approval(request, ApprovalStage::Expired);
            let waits = matches!(self.s.nodes[node.0 as usize].stage, Stage::Asking(_) | Stage::RefreshWait(_));
            self.note(Some(*node), "approval_expired", None, [("request", text(request))]);
            if waits {
                self.wake_up();
                self.approval_over(*node, BecauseKind::ApprovalExpired, "nobody answered in time");
            }
        }
        !over.is_empty()
    }
}
