//! What a script may cost (L56).

use rhai::EvalAltResult;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Operations, of Rhai's own count and of what is charged together.
pub(super) const OPERATIONS: u64 = 50_000;
/// The last net.
const WALL: Duration = Duration::from_millis(500);

/// What one run has cost so far.
#[derive(Clone)]
pub(super) struct Charge {
    charged: Arc<AtomicU64>,
    began: Instant,
}

impl Default for Charge {
    fn default() -> Self {
        Self { charged: Arc::default(), began: Instant::now() }
    }
}

impl Charge {
    /// Charges for walking so many elements; refuses before they are walked.
    pub(super) fn take(&self, elements: usize) -> Result<(), Box<EvalAltResult>> {
        let cost = u64::try_from(elements).unwrap_or(u64::MAX).saturating_add(1);
        let before = self.charged.fetch_add(cost, Ordering::Relaxed);
        if before.saturating_add(cost) > OPERATIONS {
            return Err(EvalAltResult::ErrorTooManyOperations(rhai::Position::NONE).into());
        }
        self.exhausted(0)
            .map_or(Ok(()), |why| Err(EvalAltResult::ErrorTerminated(why.into(), rhai::Position::NONE).into()))
    }

    /// Why the run must stop now, if it must; `operations` is Rhai's own count.
    pub(super) fn exhausted(&self, operations: u64) -> Option<String> {
        if operations.saturating_add(self.charged.load(Ordering::Relaxed)) > OPERATIONS {
            return Some("it takes too many operations".to_owned());
        }
        (self.began.elapsed() > WALL).then(|| "it takes too long".to_owned())
    }
}
