//! An undo is resolved right before its admission (R1, R3): its arguments were captured with the change, the
//! preconditions of its write are those of now. Both are in the row of its admission, so every attempt, every probe and
//! every resume uses the same.

use super::gate::Gate;
use super::machines::{self, ResolvedAs};
use super::{Driver, Hands, Message, resolve};
use crate::failure::Failure;
use heal_engine::command::AdmitRequest;
use heal_engine::event::{Because, BecauseKind, Denied, EventKind, ResolvedChange};
use heal_engine::mode::Mode;
use heal_engine::node::Want;
use heal_engine::run::Phase;
use heal_lang::plan::{ErrorClass, StepBody};
use heal_stdlib::action::{Args, Surroundings};
use heal_stdlib::error::ErrorInfo;
use std::time::Duration;

/// Waits between attempts at the resolution: an undo is wanted where the world is in trouble already.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// One attempt, where the step of its change is not known any more.
const TIMEOUT_MS: u64 = 10_000;

impl<M: Mode, H: Hands<M>> Driver<'_, M, H> {
    /// Looks at the target; the answer comes as [`Message::Undo`].
    pub(super) fn resolve_undo(&mut self, request: Box<AdmitRequest>) -> Result<(), Failure> {
        let change = request.undoes.and_then(|of| self.run.intent(of)).map(|intent| intent.node);
        let step = change.and_then(|node| self.givens.plan.step_of(node));
        let timeout_ms = match step.map(|step| &step.body) {
            Some(StepBody::Remediate(remediate)) => remediate.timeout_ms,
            _ => TIMEOUT_MS,
        };
        let args = resolve::stored_call(&request.change, &self.givens).args;
        let (at, action) = (self.givens.surroundings(timeout_ms), request.change.action.clone());
        let (to, gate) = (self.to.clone(), self.gate.clone());
        tokio::spawn(async move {
            let found = look(&gate, &action, &args, &at, timeout_ms).await;
            let _ = to.send(Message::Undo { request, found });
        });
        Ok(())
    }

    /// Asks for the admission of what was resolved, or says why there is none.
    pub(super) fn undo_resolved(
        &mut self,
        request: AdmitRequest,
        found: Result<ResolvedAs, ErrorInfo>,
    ) -> Result<(), Failure> {
        // Stopped meanwhile: nothing more is sent (R33). Whoever resumes asks anew.
        if matches!(self.run.phase(), Phase::Stopped | Phase::Fenced) {
            return Ok(());
        }
        let because = match found {
            Ok(ResolvedAs::Call(found)) => {
                let change = ResolvedChange {
                    args: resolve::stored_args(&found),
                    before: found.before.clone(),
                    ..(*request.change).clone()
                };
                return self.admit(AdmitRequest { change: Box::new(change), ..request });
            }
            Ok(ResolvedAs::Blocked(why)) => Because::new(BecauseKind::WorldMoved, why),
            Ok(ResolvedAs::Refused(why)) => Because::new(BecauseKind::UndoFailed, why),
            Err(error) if error.class == ErrorClass::Denied => Because::new(BecauseKind::Denied, error.message),
            Err(error) => Because::new(BecauseKind::UndoFailed, error.message),
        };
        self.feed(EventKind::Denied(Denied { intent: request.intent, because, retry_after_ms: None }))
    }
}

async fn look(
    gate: &Gate,
    action: &str,
    args: &Args,
    at: &Surroundings,
    timeout_ms: u64,
) -> Result<ResolvedAs, ErrorInfo> {
    let passing = |error: &ErrorInfo| matches!(error.class, ErrorClass::Transient | ErrorClass::Throttled);
    for (attempt, wait) in (1..).zip(WAITS) {
        match machines::resolve(&gate.passage(Want::Must, attempt), action, args, at, timeout_ms).await {
            Err(error) if passing(&error) => tokio::time::sleep(wait).await,
            found => return found,
        }
    }
    machines::resolve(&gate.passage(Want::Must, 4), action, args, at, timeout_ms).await
}
