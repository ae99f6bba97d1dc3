//! SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, the second ends the process (R33).

use crate::failure::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// A signal's five seconds (R33), less what it takes to end.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(4_500);

/// What the listener and the driver know of each other. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct Stopping {
    asked: Arc<AtomicBool>,
    code: Arc<AtomicU8>,
}

impl Stopping {
    pub(super) fn new() -> Self {
        Self { asked: Arc::default(), code: Arc::new(AtomicU8::new(exit::CANCELLED)) }
    }

    /// A signal came.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// What the process ends with if it ends now: it never says `untouched` of a world that was touched.
    pub(super) fn set_code(&self, code: u8) {
        self.code.store(code, Ordering::Relaxed);
    }

    fn end(&self) -> ! {
        std::process::exit(i32::from(self.code.load(Ordering::Relaxed)))
    }
}

/// Sends the name of the first signal to `to`; ends the process at the second, or when the first one's time is up,
/// whatever the driver hangs on. It listens as long as the runtime lives.
///
/// # Errors
/// The operating system's.
pub(super) fn listen<T: Send + 'static>(
    to: UnboundedSender<T>,
    stopping: Stopping,
    wrap: impl Fn(&'static str) -> T + Send + 'static,
) -> std::io::Result<()> {
    let (mut int, mut term, mut hup) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = int.recv() => "SIGINT",
                _ = term.recv() => "SIGTERM",
                _ = hup.recv() => "SIGHUP",
            };
            if stopping.asked.swap(true, Ordering::Relaxed) {
                tracing::error!("{name} again: ending at once");
                stopping.end();
            }
            let _ = to.send(wrap(name));
            let stopping = stopping.clone();
            std::thread::spawn(move || {
                std::thread::sleep(LAST_WORDS);
                stopping.end();
            });
        }
    });
    Ok(())
}
