//! The writers: one send for one order.

use crate::addressed::Addressed;
use crate::carrier::Carrier;
use crate::connections::Connections;
use crate::departure::Departure;
use crate::readers::Readers;
use heal_engine::mode::LiveOrder;
use heal_stdlib::request::{Answer, ChangeRequest};
use std::sync::Arc;
use std::time::Duration;

/// Run milliseconds, as the engine counts them.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What came of a send.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The answer. After a failure that leaves it open whether the change happened, the class is `uncertain` (R8).
    pub answer: Answer,
    /// When the first byte left, run milliseconds; none: nothing left.
    pub sent_at: Option<u64>,
}

/// Sends what changes the world.
pub struct Writers {
    carrier: Arc<Carrier>,
    clock: Clock,
}

impl Writers {
    /// Writers over these connections, and readers that share their clients.
    #[must_use]
    pub fn new(connections: Connections, clock: Clock) -> (Writers, Readers) {
        let carrier = Arc::new(Carrier::new(connections));
        (Writers { carrier: carrier.clone(), clock }, Readers::of(carrier))
    }

    /// Whom a request addresses.
    #[must_use]
    pub fn addressed(&self, request: &ChangeRequest) -> Addressed {
        self.carrier.sends_to(request)
    }

    /// Sends once, and answers at the latest after `within` (or the order's own timeout). Nothing leaves after the
    /// order's `send_by` (R22): that is looked at when the connection stands, right before the bytes go.
    pub async fn send(&self, order: LiveOrder, request: ChangeRequest, within: Duration) -> Delivery {
        let within = within.min(Duration::from_millis(order.call().timeout_ms));
        let departure = Arc::new(Departure::new(self.clock.clone(), order.call().send_by));
        let answer = self.carrier.change(request, within, &departure).await;
        Delivery { answer, sent_at: departure.left_at() }
    }
}
