//! The pure state machines of a run: events in, commands out.
//!
//! [`event`] and [`command`] are the vocabulary; [`run`] decides what a run does next, [`guard`] decides what
//! processes share (locks, rates, breakers, approvals' use), [`node`] what one process keeps for itself.
//! [`polls`] keeps a verify's journal short. [`outcome`] is the algebra of ends. [`mode`] is why a rehearsal can't act.
//!
//! Architecture invariant: no clock, no randomness, no input and output, no async. Time arrives in events, random
//! numbers are counters hashed (R17). Nothing here knows a concrete action, a series, a log or an expression (R14).

pub mod command;
mod decide;
pub mod event;
pub mod guard;
mod hash;
pub mod mode;
pub mod node;
pub mod outcome;
pub mod polls;
pub mod run;

pub use decide::{Decision, Gate, decide};
pub use hash::{commands_hash, intent_key, named_key};
pub use run::Run;
