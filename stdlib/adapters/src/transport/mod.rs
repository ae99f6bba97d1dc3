//! What the HTTP families share: how a client is built, how its errors are told apart, how an answer is read.

mod answer;
mod client;
mod errors;
mod gate;
mod hosts;

pub(crate) use answer::{Reading, read};
pub(crate) use client::{Route, client};
pub(crate) use errors::classify;
pub(crate) use gate::GateLayer;
pub(crate) use hosts::{Hosts, never};
