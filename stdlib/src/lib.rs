//! Actions (declarations, request building, answers), values, the expression evaluator and the script sandbox: what
//! every driver shares.
//!
//! One action is one file under `actions/`: signature, docs, examples, effect, risk, permissions, undo and the work.
//! The work is sans-IO: a [`action::ReadMachine`] or a [`action::ChangeMachine`] says which [`request`] comes next and
//! is handed its [`request::Answer`]; whoever drives it (live, preview, a model) carries it out.
//!
//! Architecture invariant: no client crate, no socket, no process, no clock (but for the wall limit of [`script`]).
//! Numerics come from heal-signal.

pub mod action;
mod actions;
mod arguments;
pub mod catalogue;
mod declare;
pub mod error;
pub mod evaluate;
mod functions;
mod moment;
mod openmetrics;
pub mod promql;
pub mod redact;
pub mod request;
pub mod script;
mod status;
mod talk;
pub mod value;
mod vocabulary;
