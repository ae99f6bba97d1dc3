//! The clients that carry the actions' requests, and no decisions.
//!
//! [`Readers`] answer what only looks; [`Writers`] send what changes the world, and want an order of the engine for
//! every send. `plan` is handed `Readers` alone. One module is one kind of request ([`heal_stdlib::request`]); the bigger
//! ones stand behind a cargo feature. No client leaves its module: from outside there are requests and answers.
//!
//! Whatever a server does, it becomes an [`Answer`](heal_stdlib::request::Answer) within the time that the caller gives:
//! a typed error where it was dead, slow, lying or huge. Every answer has gone through the redactor (L32).
//!
//! A reader has no way to its clients:
//!
//! ```compile_fail
//! fn reach(readers: &heal_adapters::Readers) {
//!     let _ = &readers.carrier;
//! }
//! ```
//!
//! A change is not sent without an order, and nobody but the engine makes one:
//!
//! ```compile_fail
//! async fn act(writers: &heal_adapters::Writers, request: heal_stdlib::request::ChangeRequest) {
//!     let order = heal_engine::mode::LiveOrder { call: todo!(), seq: 1 };
//!     writers.send(order, request, std::time::Duration::from_secs(1)).await;
//! }
//! ```
//!
//! Nor is an order used twice:
//!
//! ```compile_fail
//! async fn twice(
//!     writers: &heal_adapters::Writers,
//!     order: heal_engine::mode::LiveOrder,
//!     request: heal_stdlib::request::ChangeRequest,
//! ) {
//!     writers.send(order, request.clone(), std::time::Duration::from_secs(1)).await;
//!     writers.send(order, request, std::time::Duration::from_secs(1)).await;
//! }
//! ```
//!
//! What a reader takes cannot be a change:
//!
//! ```compile_fail
//! async fn sneak(readers: &heal_adapters::Readers, request: heal_stdlib::request::ChangeRequest) {
//!     readers.read(request, std::time::Duration::from_secs(1)).await;
//! }
//! ```
//!
//! And this is how it is done:
//!
//! ```
//! async fn act(
//!     readers: &heal_adapters::Readers,
//!     writers: &heal_adapters::Writers,
//!     order: heal_engine::mode::LiveOrder,
//!     change: heal_stdlib::request::ChangeRequest,
//! ) -> Option<u64> {
//!     let second = std::time::Duration::from_secs(1);
//!     readers.read(heal_stdlib::request::ReadRequest::Pause { ms: 5 }, second).await;
//!     writers.send(order, change, second).await.sent_at
//! }
//! ```

mod addressed;
mod carrier;
mod connections;
pub mod console;
mod departure;
mod failure;
mod file;
mod process;
mod readers;
mod scrub;
mod writers;

#[cfg(feature = "wire")]
mod transport;

#[cfg(feature = "github")]
mod github;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "kubernetes")]
mod kubernetes;

// Against real servers. They stand beside the servers' scripts, and are part of this crate because nobody outside can make
// an order.
#[cfg(test)]
#[cfg(all(feature = "http", feature = "kubernetes", feature = "github"))]
#[path = "../tests/real/mod.rs"]
mod real;

pub use addressed::Addressed;
pub use connections::{Connections, Github, HttpConnection, Kubernetes, Noted, Redactor, Service, Stop};
pub use readers::Readers;
pub use writers::{Clock, Delivery, Writers};
