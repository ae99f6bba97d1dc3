//! SIGINT, SIGTERM and SIGHUP: the first asks the run to stop, the second ends the process (R33).

use crate::failure::exit;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

/// Sends the name of the first signal to `to`; ends the process at the second.
///
/// # Errors
/// The operating system's.
pub(super) fn listen<T: Send + 'static>(
    to: UnboundedSender<T>,
    wrap: impl Fn(&'static str) -> T + Send + 'static,
) -> std::io::Result<tokio::task::JoinHandle<()>> {
    let (mut int, mut term, mut hup) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    Ok(tokio::spawn(async move {
        let mut first = true;
        loop {
            let name = tokio::select! {
                _ = int.recv() => "SIGINT",
                _ = term.recv() => "SIGTERM",
                _ = hup.recv() => "SIGHUP",
            };
            if !first {
                tracing::error!("{name} again: ending at once");
                std::process::exit(i32::from(exit::CANCELLED));
            }
            first = false;
            let _ = to.send(wrap(name));
        }
    }))
}
