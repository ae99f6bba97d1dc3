//! When the run wants to be woken (R16): the earliest of everything that time alone brings about.

use super::close::SETTLE_WAIT_MS;
use super::machine::Machine;
use super::state::*;

impl Machine {
    pub(crate) fn wake_at(&self) -> Option<u64> {
        let now = self.s.now;
        match self.s.phase {
            Phase::New | Phase::Closed | Phase::Fenced => return None,
            Phase::Stopped => return self.s.stopping.filter(|_| !self.s.parked),
            _ => {}
        }
        // Only what a tick at that time would act on: a wake that gives no command would come again at once.
        let open = self.s.wind.is_none() && !self.s.nodes.iter().all(NodeState::is_ended);
        let deadline = open.then(|| self.stop_at());
        let reading = self.s.calls.values().filter(|p| matches!(p, Pending::Read(..))).count();
        let free = reading < self.plan.limits.parallel.max(1) as usize;
        let nodes = self.ids().flat_map(|id| {
            let n = &self.s.nodes[id.0 as usize];
            let own = match n.stage {
                Stage::LockWait(at) | Stage::RefreshWait(at) | Stage::Polling(at) => Some(at),
                _ => None,
            };
            let reads = n.batch.values().filter_map(move |slot| match slot.state {
                ReadState::Backoff(at) if free && n.stage == Stage::Reading => Some(at),
                _ => None,
            });
            reads.chain(own).chain(self.window_end(id))
        });
        let intents = self.s.intents.values().filter_map(|i| match i.stage {
            IntentStage::Backoff(at) | IntentStage::Quarantine(at) | IntentStage::ProbeBackoff(at) => Some(at),
            IntentStage::InFlight if i.call.is_some() => Some(self.lost_at(i)),
            _ => None,
        });
        let approvals = self.s.approvals.values().filter_map(|a| match a.stage {
            ApprovalStage::Asked => Some(a.until),
            ApprovalStage::Granted => {
                matches!(self.s.nodes[a.node.0 as usize].stage, Stage::RefreshWait(_)).then_some(a.until)
            }
            _ => None,
        });
        let tells = self.s.tells.iter().filter_map(|t| match t.stage {
            TellStage::Backoff(at) if matches!(self.s.phase, Phase::Running | Phase::Winding) => Some(at),
            _ => None,
        });
        let settle = (!self.s.unsettled.is_empty() && !self.s.settle_noted)
            .then(|| self.s.settle_since.saturating_add(SETTLE_WAIT_MS));
        deadline
            .into_iter()
            .chain(nodes)
            .chain(intents)
            .chain(approvals)
            .chain(tells)
            .chain(settle)
            .filter(|at| *at > now)
            .min()
    }
}
