//! What a later process needs to go on with a run: kept beside it in the state file, without secrets.

use crate::config::Config;
use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What was given when the run was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunContext {
    /// The playbook's file.
    pub playbook: PathBuf,
    /// The configuration's file, if there was one.
    pub config: Option<PathBuf>,
    /// Where relative paths start.
    pub folder: PathBuf,
    /// The environment's name.
    pub environment: String,
    /// Inputs by name, in the form of [`crate::driver::codec`].
    pub inputs: serde_json::Map<String, serde_json::Value>,
    /// What the trigger binds (`alert`), in the same form.
    pub trigger: Option<(String, serde_json::Value)>,
    /// Which guards are shared.
    pub tier: String,
}

impl RunContext {
    /// From the state file.
    ///
    /// # Errors
    /// It was not written by this program.
    pub fn read(text: &str) -> Result<RunContext, Failure> {
        serde_json::from_str(text).map_err(|error| {
            tracing::debug!("a run's context: {error}");
            Failure::state("the state file holds a damaged run: what it was started with does not read")
                .help("restore it from a copy, or name another file with `--state PATH`")
        })
    }

    /// The configuration as it is now.
    ///
    /// # Errors
    /// It can't be read any more.
    pub fn config(&self) -> Result<Config, Failure> {
        match &self.config {
            Some(file) => Config::read(file),
            None => Ok(Config { folder: self.folder.clone(), ..Config::default() }),
        }
    }
}
