//! Detect and diagnose: what the driver's judgements mean, and reading again what has grown old (L46).

use super::machine::{Machine, text};
use super::state::*;
use crate::command::Purpose;
use crate::event::{Because, BecauseKind, Judged, RankedCause, Verdict};
use heal_lang::plan::{Diagnose, Exit, NodeId, StepBody, StepKind};

/// Millionths: whole numbers compare alike everywhere.
fn ppm(value: f64) -> i64 {
    (value * 1_000_000.0).round() as i64
}

/// L30, R6: the leading cause, or why there is none.
fn lead(rows: &[Cause], accept: i64, margin: i64) -> Result<String, Because> {
    let best = rows.iter().filter(|r| r.verdict == Verdict::Yes).max_by_key(|r| r.ppm);
    let Some(best) = best else {
        let text = "no cause of the ranking holds";
        return Err(Because::new(BecauseKind::NoCause, text));
    };
    let percent = |v: i64| v as f64 / 10_000.0;
    if best.ppm < accept {
        let text = format!("{} has {}%, below the accepted {}%", best.cause, percent(best.ppm), percent(accept));
        return Err(Because::new(BecauseKind::BelowConfidence, text));
    }
    let rival = rows
        .iter()
        .filter(|r| r.cause != best.cause && matches!(r.verdict, Verdict::Yes | Verdict::NoData | Verdict::Error))
        .max_by_key(|r| r.ppm);
    match rival {
        Some(rival) if best.ppm - rival.ppm < margin => {
            let known = if rival.verdict == Verdict::Yes { "holds too" } else { "is unknown" };
            let text = format!(
                "{} ({}%) does not lead {} ({}%, {known}) by {} points",
                best.cause,
                percent(best.ppm),
                rival.cause,
                percent(rival.ppm),
                percent(margin)
            );
            Err(Because::new(BecauseKind::Ambiguous, text))
        }
        _ => Ok(best.cause.clone()),
    }
}

/// A judgement with the errors behind it, each `code: message` once: a judgement that names the message itself is not
/// followed by it.
pub(super) fn with_errors(because: &str, errors: &[String]) -> String {
    let mut parts = Vec::from_iter((!because.is_empty()).then_some(because));
    for error in errors {
        let message = error.split_once(": ").map_or(error.as_str(), |(_, message)| message);
        if !parts.iter().any(|part| part.contains(message)) {
            parts.push(error);
        }
    }
    parts.join("; ")
}

impl Machine {
    pub(crate) fn judged(&mut self, judged: &Judged) {
        let node = judged.node;
        let expected = self.s.node(node).map(|n| n.stage.clone());
        if expected != Some(Stage::Judging(judged.purpose)) {
            self.ignored("nothing of the kind was to be judged");
            return;
        }
        let state = self.n(node);
        state.evidence.clone_from(&judged.because);
        state.digest.clone_from(&judged.digest);
        match judged.purpose {
            Purpose::Detect => self.detected(node, judged),
            Purpose::Rank => self.ranked(node, judged),
            Purpose::When => self.gated(node, judged),
            Purpose::Sample => self.sampled(node, judged),
        }
    }

    /// Why nothing is known, with what kept us from asking.
    fn no_data(&self, node: NodeId, judged: &Judged) -> Because {
        let kind = if judged.verdict == Verdict::Error { BecauseKind::Internal } else { BecauseKind::NoData };
        let errors = self.s.node(node).map(|n| n.read_errors.as_slice()).unwrap_or_default();
        Because::new(kind, with_errors(&judged.because, errors))
    }

    fn detected(&mut self, node: NodeId, judged: &Judged) {
        match judged.verdict {
            Verdict::Yes => self.end_node(node, Exit::Fired, None),
            Verdict::No => {
                let because = Because::new(BecauseKind::NotFired, judged.because.clone());
                self.end_node(node, Exit::Quiet, Some(because));
            }
            Verdict::NoData | Verdict::Error => {
                let because = self.no_data(node, judged);
                self.end_node(node, Exit::Blind, Some(because));
            }
        }
    }

    fn ranked(&mut self, node: NodeId, judged: &Judged) {
        let mut rows: Vec<Cause> = judged
            .causes
            .iter()
            .map(|RankedCause { cause, confidence, verdict, because }| Cause {
                cause: cause.clone(),
                ppm: ppm(*confidence),
                verdict: *verdict,
                because: because.clone(),
            })
            .collect();
        let plan = std::sync::Arc::clone(&self.plan);
        let Some(StepBody::Diagnose(Diagnose { accept, margin, .. })) = plan.step_of(node).map(|s| &s.body) else {
            return;
        };
        let unknown = |r: &Cause| matches!(r.verdict, Verdict::NoData | Verdict::Error);
        let blind = matches!(judged.verdict, Verdict::NoData | Verdict::Error) && rows.iter().all(unknown)
            || (!rows.is_empty() && rows.iter().all(unknown));
        let lead = lead(&rows, ppm(*accept), ppm(*margin));
        let order = |v: Verdict| match v {
            Verdict::Yes => 0,
            Verdict::NoData | Verdict::Error => 1,
            Verdict::No => 2,
        };
        rows.sort_by_key(|r| (order(r.verdict), -r.ppm));
        self.n(node).causes = rows;
        match lead {
            _ if blind => {
                let because = self.no_data(node, judged);
                self.end_node(node, Exit::Blind, Some(because));
            }
            Ok(cause) => {
                self.n(node).best = Some(cause);
                self.end_node(node, Exit::Found, None);
            }
            Err(because) => self.end_node(node, Exit::Undecided, Some(because)),
        }
    }

    fn gated(&mut self, node: NodeId, judged: &Judged) {
        match judged.verdict {
            Verdict::Yes => {
                self.with_step(node, |m, step| m.change_reads(node, step));
            }
            Verdict::No => {
                let because = Because::new(BecauseKind::WhenFalse, judged.because.clone());
                self.end_node(node, Exit::Skipped, Some(because));
            }
            Verdict::NoData | Verdict::Error => {
                let because = self.no_data(node, judged);
                self.end_node(node, Exit::Skipped, Some(because));
            }
        }
    }

    fn evidence_nodes(&self) -> impl Iterator<Item = NodeId> {
        self.ids().filter(|n| matches!(self.graph.kind(*n), StepKind::Detect | StepKind::Diagnose))
    }

    /// When the oldest of the evidence was read; without evidence there is nothing to grow old.
    pub(crate) fn evidence_at(&self) -> u64 {
        self.evidence_nodes().filter_map(|n| self.s.node(n).and_then(|s| s.started)).min().unwrap_or(u64::MAX)
    }

    /// Reads detect and diagnose again; the change step waits and then passes its gate anew.
    pub(crate) fn refresh(&mut self, node: NodeId) {
        self.reset_evidence();
        self.n(node).stage = Stage::Refreshing;
        self.note(Some(node), "refresh", None, [("why", text("its evidence may be out of date"))]);
    }

    pub(crate) fn reset_evidence(&mut self) {
        for n in self.evidence_nodes().collect::<Vec<_>>() {
            if self.s.nodes[n.0 as usize].stage == Stage::Idle {
                continue;
            }
            self.abandon_reads(n);
            let state = self.n(n);
            let (round, attempts) = (state.round, state.attempts);
            *state = NodeState { round, attempts, ..NodeState::new() };
        }
    }

    pub(crate) fn drive_refresh(&mut self, node: NodeId) -> bool {
        if !self.evidence_nodes().all(|n| self.ended(n)) {
            return false;
        }
        if self.any_fired() {
            // The gate again, on what was read now.
            self.n(node).change.waited = false;
            self.n(node).stage = Stage::Idle;
            return true;
        }
        let asked = self.s.nodes[node.0 as usize].change.asked.is_some();
        if self.any_blind() && asked {
            // No data is not resolved: the approval stands until it expires (R47).
            let wait = self.plan.limits.fresh_ms.clamp(1_000, 30_000);
            self.n(node).stage = Stage::RefreshWait(self.s.now.saturating_add(wait));
            self.note(Some(node), "waiting", Some(Because::new(BecauseKind::NoData, "detect has no data")), []);
        } else if self.any_blind() {
            let because = Because::new(BecauseKind::NoData, "detect has no data any more");
            self.finish_change(node, Some((Exit::Skipped, because)));
        } else {
            let because = Because::new(BecauseKind::Resolved, "detect no longer fires");
            self.finish_change(node, Some((Exit::Resolved, because)));
        }
        true
    }
}
