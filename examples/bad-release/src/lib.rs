//! What the shop's releases, its customs service and the story share: a small HTTP server and client, counters, and a log.
//!
//! Standard library only, one thread per connection. It knows neither healrun nor the releases.

pub mod client;
pub mod server;
pub mod shop;
