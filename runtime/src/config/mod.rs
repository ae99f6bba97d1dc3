//! `healrun.yaml`: where it is found, what may stand in it, and what overrides it.
//!
//! `yaml` is the one door to the YAML crate; `schema` is what may be written; this module turns it into [`Config`].
//! Flags win over environment variables, those over the file.

mod duration;
mod schema;
mod yaml;

pub use duration::{parse as parse_duration, show as show_duration};
pub use yaml::nearest;

use crate::failure::Failure;
use crate::files;
use heal_engine::event::Autonomy;
use heal_lang::catalogue::Risk;
use heal_lang::plan::Retry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The file's name.
pub const FILE: &str = "healrun.yaml";

/// A release is stable after this where nothing is said (R57).
const STABLE_AFTER_MS: u64 = 60 * 60 * 1000;

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// What it lets playbooks do.
    pub autonomy: Autonomy,
    /// No change there counts as less risky.
    pub risk_floor: Risk,
    /// How long a release must have run well to be stable.
    pub stable_after_ms: u64,
}

impl Default for Environment {
    fn default() -> Self {
        Self { autonomy: Autonomy::Suggest, risk_floor: Risk::Low, stable_after_ms: STABLE_AFTER_MS }
    }
}

/// A connection that speaks HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpConnection {
    /// Its base.
    pub url: String,
    /// The environment variable that holds its token.
    pub token_env: Option<String>,
}

/// The GitHub connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GithubConnection {
    /// Its API; GitHub's own where nothing is said.
    pub url: Option<String>,
    /// `owner/repo`; `GITHUB_REPOSITORY` where nothing is said.
    pub repository: Option<String>,
    /// The environment variable that holds its token.
    pub token_env: Option<String>,
}

/// The Kubernetes connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubernetesConnection {
    /// A kubeconfig file; `KUBECONFIG`, `~/.kube/config` or the pod's own account where nothing is said.
    pub kubeconfig: Option<PathBuf>,
    /// Which of its contexts.
    pub context: Option<String>,
}

/// A service that `process.restart` can restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where its pid is written.
    pub pid_file: PathBuf,
    /// The signal that stops it: `TERM`.
    pub stop_signal: String,
    /// Killed when it still lives after so long.
    pub stop_grace_ms: u64,
    /// Program and arguments.
    pub start: Vec<String>,
    /// Its working folder; none: that of `healrun.yaml`.
    pub folder: Option<PathBuf>,
    /// Added to a small clean environment.
    pub env: BTreeMap<String, String>,
}

/// `defaults:`, for the checker.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDefaults {
    /// The items of an `escalate` block, as `.heal` text, for playbooks without one.
    pub escalate: Option<String>,
    /// For every call whose step writes none.
    pub retry: Option<Retry>,
    /// One attempt, where nothing else is said.
    pub timeout_ms: u64,
}

impl Default for CallDefaults {
    fn default() -> Self {
        Self { escalate: None, retry: None, timeout_ms: 10_000 }
    }
}

/// Everything `healrun.yaml` says, with defaults filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// Relative paths start here: the file's folder, else the playbook's.
    pub folder: PathBuf,
    /// By name.
    pub environments: BTreeMap<String, Environment>,
    /// `connections.prometheus`
    pub prometheus: Option<HttpConnection>,
    /// `connections.pagerduty`: the URL of the Events API, where it is not PagerDuty's own.
    pub pagerduty: Option<String>,
    /// `connections.github`
    pub github: Option<GithubConnection>,
    /// `connections.kubernetes`
    pub kubernetes: Option<KubernetesConnection>,
    /// People by group.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// For the checker.
    pub defaults: CallDefaults,
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// The state file, as written.
    pub state: Option<PathBuf>,
    /// `guards: local`: an ephemeral runner's own guards are enough (tier C).
    pub local_guards: bool,
    /// Hosts that `http` actions may ask; `None`: those written in the playbook and of the connections.
    pub http_allow: Option<BTreeSet<String>>,
}

impl Config {
    /// Reads the nearest `healrun.yaml` at or above the folder of `playbook`.
    ///
    /// # Errors
    /// The file can't be read, or says something that isn't understood.
    pub fn find(playbook: &Path) -> Result<Config, Failure> {
        let absolute = std::path::absolute(playbook).map_err(|e| {
            Failure::invalid(format!("cannot tell where `{}` is: {}", playbook.display(), files::why(&e)))
        })?;
        let start = absolute.parent().unwrap_or(Path::new("/"));
        match start.ancestors().map(|folder| folder.join(FILE)).find(|file| file.exists()) {
            Some(file) => Self::read(&file),
            None => Ok(Config { folder: start.to_owned(), ..Config::default() }),
        }
    }

    /// Reads one file.
    ///
    /// # Errors
    /// As [`Config::find`].
    pub fn read(file: &Path) -> Result<Config, Failure> {
        const LIMIT: u64 = 1 << 20;
        let name = files::shown(file);
        let fail = |why: String| Failure::invalid(format!("{name}: {why}"));
        let unreadable = |e: std::io::Error| fail(format!("it cannot be read: {}", files::why(&e)));
        let size = std::fs::metadata(file).map_err(unreadable)?.len();
        if size > LIMIT {
            return Err(fail(format!("{size} bytes are more than the {LIMIT} that a configuration may have")));
        }
        let bytes = std::fs::read(file).map_err(unreadable)?;
        let text = String::from_utf8(bytes).map_err(|e| {
            fail(format!("not UTF-8 at byte {}", e.utf8_error().valid_up_to())).help("save it as UTF-8")
        })?;
        let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
        let mut config = Self::parse(&text, folder).map_err(|e| match e.line {
            Some((line, column)) => {
                Failure { help: e.help, ..Failure::invalid(format!("{name}:{line}:{column}: {}", e.message)) }
            }
            None => Failure { help: e.help, ..fail(e.message) },
        })?;
        config.file = Some(file.to_owned());
        Ok(config)
    }

    /// What `text` says; relative paths start at `folder`.
    ///
    /// # Errors
    /// It is not YAML, or says something that isn't understood.
    pub fn parse(text: &str, folder: PathBuf) -> Result<Config, yaml::YamlError> {
        schema::build(yaml::read(text)?, folder)
    }

    /// The environment of that name. Without any `environments:`, and for `default`, there is always one.
    ///
    /// # Errors
    /// No such environment; the ones there are stand in the help.
    pub fn environment(&self, name: &str) -> Result<Environment, Failure> {
        match self.environments.get(name) {
            Some(environment) => Ok(environment.clone()),
            None if name == "default" => Ok(Environment::default()),
            None => {
                let known: Vec<&str> = self.environments.keys().map(String::as_str).collect();
                let failure = Failure::invalid(format!("there is no environment `{name}`"));
                Err(match (yaml::nearest(name, known.iter().copied()), known.is_empty()) {
                    (Some(near), _) => failure.help(format!("did you mean `{near}`?")),
                    (None, false) => failure.help(format!("`environments:` names {}", known.join(", "))),
                    (None, true) => failure.help(format!(
                        "write `environments: {{ {name}: {{ autonomy: act }} }}` in healrun.yaml beside the playbook"
                    )),
                })
            }
        }
    }

    /// Where the state lives: flag or `HEALRUN_STATE`, else the file's word, else `.healrun/state.db` beside it.
    #[must_use]
    pub fn state_path(&self, flag: Option<&Path>) -> PathBuf {
        match (flag, &self.state) {
            (Some(path), _) => path.to_owned(),
            (None, Some(path)) => self.folder.join(path),
            (None, None) => self.folder.join(".healrun/state.db"),
        }
    }

    /// The groups that a person is in.
    #[must_use]
    pub fn groups_of(&self, person: &str) -> Vec<String> {
        self.groups.iter().filter(|(_, people)| people.contains(person)).map(|(group, _)| group.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
