//! healrun: the live driver, the journal, the guards' store, configuration, the command line.
//!
//! [`cli`] is what people type; [`config`] is what they write beside their playbooks; [`driver`] carries out what the
//! engine asks for; [`journal`] and [`store`] keep it; [`approval`] takes people's answers.
//!
//! Architecture invariant: no concrete action is named here, and nothing decides what the engine decides.

pub mod approval;
pub mod cli;
pub mod config;
pub mod connections;
pub mod driver;
pub mod failure;
pub mod files;
pub mod input;
pub mod journal;
pub mod report;
pub mod run_context;
pub mod session;
pub mod store;
