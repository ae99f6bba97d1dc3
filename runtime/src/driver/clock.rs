//! Run time: milliseconds since the run was opened, from a clock that never goes back.

use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

/// More than this between the two clocks is a jump of the wall clock.
const JUMP_MS: i64 = 2_000;

/// The two clocks of a run. Clones are one clock.
#[derive(Clone, Debug)]
pub struct Clock {
    base: u64,
    started: Instant,
    /// Wall minus run time, as last seen.
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// Starts at `base` run milliseconds.
    #[must_use]
    pub fn from(base: u64) -> Clock {
        let clock = Clock { base, started: Instant::now(), offset: Arc::new(AtomicI64::new(0)) };
        clock.offset.store(wall() - signed(base), Ordering::Relaxed);
        clock
    }

    /// Goes on after the last event of a journal: the time since then has passed, as far as the wall clock can tell.
    #[must_use]
    pub fn after(now: u64, at: i64) -> Clock {
        let passed = u64::try_from(wall() - at).unwrap_or(0);
        Self::from(now.saturating_add(passed))
    }

    /// Run milliseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.base + u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }

    /// Run milliseconds of a wall time; 0 where it was before the run.
    #[must_use]
    pub fn run_time(&self, at: i64) -> u64 {
        let ago = wall() - at;
        u64::try_from(signed(self.now()) - ago).unwrap_or(0)
    }

    /// By how much the wall clock jumped since this was asked last, if it did.
    #[must_use]
    pub fn jump(&self) -> Option<i64> {
        let offset = wall() - signed(self.now());
        let before = self.offset.swap(offset, Ordering::Relaxed);
        let jumped = offset - before;
        (jumped.abs() > JUMP_MS).then_some(jumped)
    }
}

/// Unix milliseconds.
#[must_use]
pub fn wall() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A wall time in UTC, to the second, for people.
#[must_use]
pub fn text(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_time_goes_on_where_the_journal_ended() {
        assert!(Clock::after(5_000, wall() - 1_000).now() >= 6_000);
        // The wall clock was set back meanwhile: run time stands still, it never goes back.
        let clock = Clock::after(5_000, wall() + 60_000);
        assert!((5_000..10_000).contains(&clock.now()));
        assert_eq!(clock.jump(), None);
    }
}
