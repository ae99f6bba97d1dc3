//! What the HTTP families share: how a client is built, how its errors are told apart, how an answer is read.

mod answer;
#[cfg(any(feature = "http", feature = "github"))]
mod client;
mod errors;
mod gate;
#[cfg(any(feature = "http", feature = "github"))]
mod hosts;
#[cfg(test)]
pub(crate) mod lying;

pub(crate) use answer::{Reading, read};
#[cfg(any(feature = "http", feature = "github"))]
pub(crate) use client::{Route, client};
pub(crate) use errors::classify;
#[cfg(feature = "kubernetes")]
pub(crate) use gate::GateLayer;
#[cfg(feature = "http")]
pub(crate) use hosts::Hosts;
#[cfg(feature = "github")]
pub(crate) use hosts::never;
use std::sync::OnceLock;
use std::time::Duration;

/// Kept of a change's time so that an answer whose body is late is still told.
pub(crate) const TO_TELL: Duration = Duration::from_millis(50);

/// One provider of cryptography for every client of the process: two in one build make the first handshake panic.
pub(crate) fn crypto() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // Refused where the program has installed one already: that one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
