//! Resume is replay: the journal's events through a fresh engine give the state they gave before (design 3.1).

use super::values::Values;
use super::{Driver, Givens, Hands, evidence};
use crate::failure::Failure;
use crate::journal::Row;
use crate::store::Store;
use heal_engine::command::{CallKind, CloseReport, Command, Purpose};
use heal_engine::event::{CallResult, EventKind, Verdict};
use heal_engine::mode::Mode;
use heal_engine::run::Run;
use heal_lang::plan::{Plan, StepBody};
use heal_stdlib::evaluate::{Ranked, Ranking, Truth};
use std::sync::Arc;

/// A run as its journal left it.
pub struct Replayed<M: Mode> {
    /// The engine.
    pub run: Run<M>,
    /// Its end, if it has one.
    pub closed: Option<Box<CloseReport>>,
}

/// Feeds a journal to a fresh engine and compares its commands with those that were given then (R39).
///
/// # Errors
/// Exit 74: the engine answers otherwise than it did: another healrun wrote the journal.
pub fn replay<M: Mode>(plan: Arc<Plan>, rows: &[Row]) -> Result<Replayed<M>, Failure> {
    let mut run = Run::new(plan);
    let mut closed = None;
    // What stands before the last `Opened` was another engine's.
    let begins = rows.iter().rposition(|row| matches!(row.event.kind, EventKind::Opened(_))).unwrap_or(0);
    for row in rows.iter().skip(begins) {
        let commands: Vec<Command<M>> = run.step(&row.event);
        if heal_engine::commands_hash(&commands).as_bytes() != row.commands.as_slice() {
            return Err(Failure::state(format!(
                "the journal of run {} is not this engine's: at row {} it decided otherwise",
                row.event.run, row.event.seq
            ))
            .help("finish the run with the healrun that started it"));
        }
        for command in commands {
            if let Command::Close(report) = command {
                closed = Some(report);
            }
        }
    }
    Ok(Replayed { run, closed })
}

impl<M: Mode, H: Hands<M>> Driver<'_, M, H> {
    /// What was frozen as evidence before (L15), as far as its bodies live.
    ///
    /// # Errors
    /// The state file's.
    pub fn restore(&mut self, rows: &[Row]) -> Result<(), Failure> {
        let Some(held) = self.record.held() else { return Ok(()) };
        let store = &held.store;
        for row in rows {
            restore_row(&mut self.values, &self.givens, store, row).map_err(|e| store.failure(&e))?;
            if let EventKind::Decided(_) = row.event.kind {
                self.decisions += 1;
            }
        }
        // Answers are numbered over all runs: those of this run that are in the journal are skipped by count.
        let all = store.decisions_after(&held.run, 0).map_err(|e| store.failure(&e))?;
        let seen = usize::try_from(self.decisions).unwrap_or(0);
        self.decisions = if seen == 0 { 0 } else { all.get(seen - 1).map_or(0, |d| d.n) };
        Ok(())
    }
}

fn restore_row(values: &mut Values, givens: &Givens, store: &Store, row: &Row) -> Result<(), crate::store::StoreError> {
    let body = |digest: &str| match digest {
        "" => Ok(None),
        digest => store.evidence(&row.event.run, digest),
    };
    match &row.event.kind {
        EventKind::Judged(judged) => {
            if let Some(body) = body(&judged.digest)? {
                let lets = evidence::lets(&body, &givens.secrets);
                values.at(judged.node, |v| {
                    v.lets = lets;
                    v.at = Some(row.event.at);
                });
            }
            if judged.purpose == Purpose::Detect && judged.verdict == Verdict::Yes {
                values.at(judged.node, |v| v.since = v.since.or(Some(row.event.at)));
            }
            let step = givens.plan.step_of(judged.node);
            if let (Purpose::Rank, Some(StepBody::Diagnose(d))) = (judged.purpose, step.map(|s| &s.body)) {
                let rows = judged.causes.iter().map(|c| Ranked {
                    name: c.cause.clone(),
                    confidence: c.confidence,
                    holds: match c.verdict {
                        Verdict::Yes => Truth::Yes,
                        Verdict::No => Truth::No,
                        _ => Truth::Unknown(c.because.clone()),
                    },
                });
                let ranking = Ranking { rows: rows.collect(), accept: d.accept, margin: d.margin };
                values.at(judged.node, |v| v.ranking = Some(ranking));
            }
        }
        EventKind::CallEnded(ended) if matches!(ended.kind, CallKind::Change | CallKind::Probe) => {
            if let CallResult::Ok { digest, .. } = &ended.result
                && let (Some(node), Some(body)) = (ended.node, body(digest)?)
                && let Some(value) = evidence::value(&body, &givens.secrets)
            {
                let call = ended.intent.and_then(|i| restored_call(store, &row.event.run, i)).unwrap_or(0);
                values.at(node, |v| {
                    v.changes.insert(call, value);
                });
            }
        }
        _ => {}
    }
    Ok(())
}

/// Which call of its step an intent was for: its `Admitted` row says.
fn restored_call(store: &Store, run: &str, intent: heal_engine::command::IntentId) -> Option<u32> {
    store.journal(run).ok()?.iter().find_map(|row| match &row.event.kind {
        EventKind::Admitted(a) if a.intent == intent => Some(a.change.call),
        _ => None,
    })
}
