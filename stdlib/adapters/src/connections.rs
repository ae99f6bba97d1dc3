//! What the clients need to know: filled in from `healrun.yaml` by the runtime.

use heal_stdlib::value::Secret;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Replaces the bytes of secrets in text that came from outside (L32, R71).
pub type Redactor = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// What the state store noted about a target, newest first: release and when it was last seen good, Unix milliseconds.
pub type Noted = Arc<dyn Fn(&str) -> Vec<(String, i64)> + Send + Sync>;

/// Where requests go, and what they may touch.
#[derive(Clone)]
pub struct Connections {
    /// The folder of `healrun.yaml`: relative paths start here.
    pub base: PathBuf,
    /// The state directory: evidence and `state:` paths are below it.
    pub state: PathBuf,
    /// Hosts that playbooks may name in URLs: `host`, `host:port` or `*.domain`. Hosts of `connections` are allowed
    /// anyway, link-local addresses and metadata services never (R72).
    pub allow: Vec<String>,
    /// Connections of [`Endpoint::Connection`](heal_stdlib::request::Endpoint), by name: `prometheus`.
    pub http: BTreeMap<String, HttpConnection>,
    /// GitHub, or a server with its API.
    pub github: Option<Github>,
    /// The cluster.
    pub kubernetes: Kubernetes,
    /// Local services, by name.
    pub services: BTreeMap<String, Service>,
    /// Scrubs secrets from answers.
    pub redact: Redactor,
    /// Answers [`ReadRequest::Noted`](heal_stdlib::request::ReadRequest).
    pub noted: Noted,
}

impl Connections {
    /// Nothing but two folders: no host is allowed, nothing is redacted, nothing was noted.
    #[must_use]
    pub fn new(base: PathBuf, state: PathBuf) -> Self {
        Self {
            base,
            state,
            allow: Vec::new(),
            http: BTreeMap::new(),
            github: None,
            kubernetes: Kubernetes::default(),
            services: BTreeMap::new(),
            redact: Arc::new(str::to_owned),
            noted: Arc::new(|_| Vec::new()),
        }
    }
}

/// An HTTP server of `connections`.
#[derive(Clone, Debug)]
pub struct HttpConnection {
    /// `https://prometheus.example.com/prom`
    pub url: String,
    /// Sent as a bearer token.
    pub token: Option<Secret>,
}

/// GitHub, or a server with its API.
#[derive(Clone, Debug)]
pub struct Github {
    /// `https://api.github.com`, `https://github.example.com/api/v3`, `http://127.0.0.1:3000/api/v1`
    pub url: String,
    /// Sent to that server alone.
    pub token: Option<Secret>,
    /// `owner/name`: for the actions ([`heal_stdlib::action::Surroundings`]), the client does not look at it.
    pub repository: Option<String>,
}

/// Which cluster.
#[derive(Clone, Debug, Default)]
pub struct Kubernetes {
    /// The kubeconfig; none: `KUBECONFIG`, `~/.kube/config`, or the pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// Its context; none: the current one.
    pub context: Option<String>,
}

/// A local service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Holds its pid. Written when we start it; the service may write it itself.
    pub pid_file: PathBuf,
    /// How it is stopped.
    pub stop: Stop,
    /// How it is started: program and arguments.
    pub start: Vec<String>,
    /// Its working folder; none: that of `healrun.yaml`.
    pub folder: Option<PathBuf>,
    /// Added to a small clean environment.
    pub env: BTreeMap<String, String>,
}

/// How a service is stopped.
#[derive(Clone, Debug)]
pub struct Stop {
    /// `TERM`, `INT`, `QUIT`, `HUP`, `USR1`, `USR2` or `KILL`, with or without `SIG`.
    pub signal: String,
    /// Killed when it still lives after so many milliseconds.
    pub grace_ms: u64,
}

impl Default for Stop {
    fn default() -> Self {
        Self { signal: "TERM".to_owned(), grace_ms: 10_000 }
    }
}
