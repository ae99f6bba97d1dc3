//! The readers: all that `plan` is handed.

use crate::addressed::Addressed;
use crate::carrier::Carrier;
use crate::connections::Connections;
use heal_stdlib::request::{Answer, ReadRequest};
use std::sync::Arc;
use std::time::Duration;

/// Answers requests that only look. Cheap to clone; clones share their clients.
#[derive(Clone)]
pub struct Readers {
    carrier: Arc<Carrier>,
}

impl Readers {
    /// Readers over these connections. Connects nowhere: a bad connection is the answer to the request that needs it.
    #[must_use]
    pub fn new(connections: Connections) -> Self {
        Self { carrier: Arc::new(Carrier::new(connections)) }
    }

    pub(crate) fn of(carrier: Arc<Carrier>) -> Self {
        Self { carrier }
    }

    /// Whom a request addresses; none: nobody but healrun itself.
    #[must_use]
    pub fn addressed(&self, request: &ReadRequest) -> Option<Addressed> {
        self.carrier.reads_from(request)
    }

    /// Asks, and answers at the latest after `within` (a command: that and a second, in which it is ended). Dropping the future gives up, and kills a command that runs.
    pub async fn read(&self, request: ReadRequest, within: Duration) -> Answer {
        self.carrier.read(request, within).await
    }
}
