//! The end of a process that leaves its run where it stands: on a signal (R33), or because the state file is lost (R41).
//!
//! Without a state file nothing more is done to the world. What is out may still answer, a person is called once, and the
//! failure carries what is known.

use super::signals::LAST_WORDS;
use super::{Driver, Hands, Message, Record};
use crate::failure::{Failure, exit};
use crate::report::{self, End};
use heal_engine::command::{Command, TellRef};
use heal_engine::event::{Because, BecauseKind, EventKind, OrderKind, Ordered};
use heal_engine::mode::Mode;
use heal_engine::outcome::World;
use heal_engine::run::{Phase, TellStage};

impl<M: Mode, H: Hands<M>> Driver<'_, M, H> {
    /// Where a run stands that has no verdict and that this process leaves; none while it goes on. Its `told` is of the
    /// last page.
    #[must_use]
    pub fn stop(&self) -> Option<End> {
        let state = self.run.state();
        let view = self.run.view();
        let mut pages = state.tells.iter().filter(|t| matches!(t.tell, Some(TellRef::Escalate(_))));
        let told = pages.next_back().map(|page| page.stage == TellStage::Done);
        if let Some(why) = &self.lost {
            let untouched = view.world == World::Untouched && view.open_intents.is_empty();
            let (outcome, exit_code) = if untouched { ("state", exit::STATE) } else { ("unsafe", exit::UNSAFE) };
            let because = vec![Because::new(BecauseKind::GuardStore, why)];
            return Some(End { outcome: outcome.to_owned(), exit_code, told, because });
        }
        if state.stopping.is_none() || state.verdict.is_some() {
            return None;
        }
        let outcome = report::stopped_outcome(&view);
        let because = vec![Because::new(BecauseKind::Shutdown, report::STOPPED)];
        let exit_code = heal_engine::outcome::exit_code(outcome);
        Some(End { outcome: outcome.word().to_owned(), exit_code, told, because })
    }

    /// The state file is lost.
    pub(super) async fn last_words(&mut self, failure: Failure) -> Failure {
        self.lost = Some(failure.message.clone());
        self.record = Record::Nowhere;
        self.queue.clear();
        let order = Ordered { order: OrderKind::StateLost, by: "healrun".to_owned(), reason: failure.message.clone() };
        let mut over = self.feed(EventKind::Ordered(order)).is_err();
        let end = tokio::time::Instant::now() + LAST_WORDS;
        while !over {
            while let Some(command) = self.queue.pop_front() {
                if matches!(command, Command::Tell(_) | Command::Park { .. }) && self.carry_out(command).is_err() {
                    break;
                }
            }
            if self.ended.is_some() || self.run.phase() != Phase::Stopped {
                break;
            }
            let wake = self.until_wake();
            over = tokio::select! {
                Some(message) = self.from.recv() => match message {
                    // It is stopping already.
                    Message::Signal(_) => false,
                    message => self.take(message).is_err(),
                },
                () = wake => self.tick().is_err(),
                () = tokio::time::sleep_until(end) => true,
            };
        }
        let exit = self.stop().map_or(failure.exit, |end| end.exit_code);
        Failure { exit, ..failure }
    }
}
