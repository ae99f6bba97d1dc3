//! Polls that changed nothing leave no rows of their own (R36): one event stands for them. A driver that writes it checks
//! that the engine is in the same state after it as after the polls themselves.

use super::machine::Machine;
use super::state::*;
use crate::event::{Polled, PolledSample};
use heal_lang::plan::NodeId;

impl Machine {
    /// What stands for all polls of a verify so far; none where it is not between two polls.
    pub(crate) fn summary(&self, node: NodeId) -> Option<Polled> {
        let state = self.s.node(node)?;
        let Stage::Polling(next) = state.stage else { return None };
        let verify = &state.verify;
        Some(Polled {
            node,
            next,
            polled: verify.polled,
            polls: verify.polls,
            attempts: state.attempts,
            next_call: self.s.next_call,
            samples: verify.samples.iter().map(|s| PolledSample { at: s.at, polled: s.polled, good: s.good }).collect(),
            good_since: verify.good_since,
            bad_guards: verify.bad_guards,
            because: verify.last.clone(),
            digest: state.digest.clone(),
            read_errors: state.read_errors.clone(),
        })
    }

    pub(crate) fn polled(&mut self, polled: &Polled) {
        let between = self.s.node(polled.node).is_some_and(|n| matches!(n.stage, Stage::Polling(_)));
        if !between || polled.next_call < self.s.next_call {
            self.ignored("no verify waits for its next poll there");
            return;
        }
        self.s.next_call = polled.next_call;
        let state = self.n(polled.node);
        state.stage = Stage::Polling(polled.next);
        state.attempts = polled.attempts;
        state.evidence.clone_from(&polled.because);
        state.digest.clone_from(&polled.digest);
        state.read_errors.clone_from(&polled.read_errors);
        let verify = &mut state.verify;
        verify.polled = polled.polled;
        verify.polls = polled.polls;
        verify.samples =
            polled.samples.iter().map(|s| SampleState { at: s.at, polled: s.polled, good: s.good }).collect();
        verify.good_since = polled.good_since;
        verify.bad_guards = polled.bad_guards;
        verify.last.clone_from(&polled.because);
    }
}
