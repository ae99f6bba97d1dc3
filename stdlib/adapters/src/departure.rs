//! The moment at which the bytes of a change leave (R22).

use crate::failure;
use crate::writers::Clock;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::{ErrorInfo, Sent};
use std::sync::OnceLock;

/// Asked by whoever is about to let the first byte go.
pub(crate) struct Departure {
    clock: Clock,
    send_by: u64,
    left: OnceLock<u64>,
}

impl Departure {
    pub(crate) fn new(clock: Clock, send_by: u64) -> Self {
        Self { clock, send_by, left: OnceLock::new() }
    }

    /// The bytes leave now, or never.
    pub(crate) fn leave(&self) -> Result<(), ErrorInfo> {
        let now = (self.clock)();
        if now > self.send_by {
            let message =
                format!("not sent: {} ms past the last moment at which it was safe to send", now - self.send_by);
            return Err(failure::unsent(ErrorClass::Transient, "send_by", message));
        }
        let _ = self.left.set(now);
        Ok(())
    }

    /// When they left.
    pub(crate) fn left_at(&self) -> Option<u64> {
        self.left.get().copied()
    }

    /// What an error of a change means: as it is while nothing left; afterwards nobody knows what became of it (R8).
    pub(crate) fn judge(&self, error: ErrorInfo) -> ErrorInfo {
        match self.left.get() {
            None => ErrorInfo { sent: Sent::No, ..error },
            Some(_) if error.refused_definitely => error,
            Some(_) => ErrorInfo { class: ErrorClass::Uncertain, sent: Sent::Maybe, ..error },
        }
    }
}
