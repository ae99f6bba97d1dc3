//! Requests and answers as values: what actions ask for, what adapters (or a model) carry out.
//!
//! A [`ReadRequest`] can only look; a [`ChangeRequest`] is sent with an order of the engine. The types are separate so
//! that a read action cannot build a write (L33).

use crate::error::ErrorInfo;
use crate::value::{Secret, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Looks, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadRequest {
    /// An HTTP request that reads (GET, HEAD, OPTIONS; another method only where the author asserted `effect: read`).
    Http(HttpRequest),
    /// A GET at the Kubernetes API.
    Kubernetes(KubernetesGet),
    /// A GET at the GitHub API.
    Github(GithubGet),
    /// Files.
    File(FileRead),
    /// A command that was asserted to read, or the probe of a process.
    Process(ProcessRead),
    /// Waits between two requests of one read (`http.scrape`).
    Pause {
        /// Milliseconds.
        ms: u64,
    },
    /// Appends to a file of evidence below the state directory (`http.scrape`): ours, not the world's.
    Evidence {
        /// Below the state directory; no `..`.
        path: String,
        /// What is appended.
        text: String,
    },
    /// What the state store noted about a target: releases that were seen good.
    Noted {
        /// The target's id.
        target: String,
    },
}

/// Changes the world; sent with an order.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeRequest {
    /// An HTTP request.
    Http(HttpRequest),
    /// A write at the Kubernetes API.
    Kubernetes(KubernetesWrite),
    /// A write at the GitHub API.
    Github(GithubWrite),
    /// Files.
    File(FileChange),
    /// A command, or a service.
    Process(ProcessChange),
    /// Text for people: standard error, and the job summary in CI.
    Console {
        /// What is said; already safe to show.
        text: String,
    },
}

/// Where an HTTP request goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Endpoint {
    /// A connection of `healrun.yaml` by name (`prometheus`), with the path below its URL.
    Connection {
        /// Its name.
        name: String,
        /// `/api/v1/query`
        path: String,
    },
    /// A whole URL; its host must be allowed (R72).
    Url(String),
}

/// A header's value.
#[derive(Clone, Debug, PartialEq)]
pub enum HeaderText {
    /// May be shown.
    Plain(String),
    /// May not.
    Secret(Secret),
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// `GET`
    pub method: String,
    /// Where to.
    pub endpoint: Endpoint,
    /// Query parameters, unescaped.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, HeaderText)>,
    /// The body, with its content type.
    pub body: Option<HttpBody>,
    /// Most bytes of the answer, after decompression.
    pub max_bytes: u64,
    /// Follow redirects; a token never crosses to another host.
    pub follow: bool,
}

/// A body.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpBody {
    /// JSON; secrets in it stand as [`Value::Secret`]s of a record and are filled in by the adapter.
    Json(Value),
    /// `application/x-www-form-urlencoded`
    Form(Vec<(String, String)>),
    /// Text of a content type.
    Text {
        /// `text/plain`
        content_type: String,
        /// The body.
        text: String,
    },
}

/// `GET path?query` at the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesGet {
    /// `/apis/apps/v1/namespaces/shop/deployments/checkout`
    pub path: String,
    /// Query parameters, unescaped.
    pub query: Vec<(String, String)>,
    /// Plain text is expected, not JSON (logs).
    pub text: bool,
    /// Most bytes of the answer.
    pub max_bytes: u64,
}

/// A write at the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct KubernetesWrite {
    /// `PATCH`, `POST`, `PUT`, `DELETE`
    pub method: String,
    /// As for reads.
    pub path: String,
    /// Query parameters, unescaped.
    pub query: Vec<(String, String)>,
    /// `application/json-patch+json`
    pub content_type: String,
    /// The body.
    pub body: serde_json::Value,
}

/// `GET path?query` at GitHub's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubGet {
    /// `/repos/o/r/actions/runs`
    pub path: String,
    /// Query parameters, unescaped.
    pub query: Vec<(String, String)>,
    /// Plain text is expected, not JSON (job logs; a redirect is followed without the token).
    pub text: bool,
    /// Most bytes of the answer.
    pub max_bytes: u64,
}

/// A write at GitHub's API.
#[derive(Clone, Debug, PartialEq)]
pub struct GithubWrite {
    /// `POST`
    pub method: String,
    /// As for reads.
    pub path: String,
    /// The body.
    pub body: Option<serde_json::Value>,
}

/// Looks at files. Paths are absolute, or relative to the folder of `healrun.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRead {
    /// Kind, size, times; for a link its target and the link's own time.
    Facts {
        /// Where.
        path: String,
    },
    /// The last bytes of a file.
    Tail {
        /// Where.
        path: String,
        /// Most bytes, from the end.
        max_bytes: u64,
    },
    /// The whole file, refused above the cap.
    Whole {
        /// Where; `state:` in front means below the state directory.
        path: String,
        /// Most bytes.
        max_bytes: u64,
    },
}

/// Changes files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// Points a symbolic link at another target in one rename, if it still points at `expect`, and appends a line to
    /// `LINK.history` (fsynced).
    SwitchLink {
        /// The link.
        link: String,
        /// Its new target, as it stands in the link.
        to: String,
        /// Its target now.
        expect: String,
        /// The line to append to the history, without its end.
        history: String,
    },
}

/// Looks at processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessRead {
    /// A command that its author asserted to read (L35).
    Run(CommandLine),
    /// Whether a service lives: its pid file, the process of that pid and its start time.
    Service {
        /// Its name in `healrun.yaml`.
        name: String,
    },
}

/// Changes processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessChange {
    /// A command.
    Run(CommandLine),
    /// Stops what the pid file names (if it is still the process `expect`ed) and starts the service anew, detached;
    /// it outlives healrun.
    RestartService {
        /// Its name in `healrun.yaml`.
        name: String,
        /// pid and start time that are to be replaced; none: nothing was running.
        expect: Option<(u32, u64)>,
    },
}

/// A command: an argument vector, never a shell unless it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Working folder; none: that of `healrun.yaml`.
    pub folder: Option<String>,
    /// Added to a small clean environment.
    pub env: BTreeMap<String, String>,
    /// Most bytes kept of each stream, from the end.
    pub max_bytes: u64,
    /// Killed after this.
    pub timeout_ms: u64,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// From HTTP, Kubernetes, GitHub: any status. Whether a status is an error is the action's business.
    Http(HttpAnswer),
    /// Facts about a path.
    File(Option<FileFacts>),
    /// The text of a file; none: there is no such file.
    Text {
        /// The text, lossy where it is not UTF-8.
        text: Option<String>,
        /// Bytes were left out at the front.
        truncated: bool,
    },
    /// A command ended.
    Process(ProcessAnswer),
    /// A service: pid and start time (clock ticks since boot, as the system counts them), and whether it lives.
    Service {
        /// pid and start time.
        process: Option<(u32, u64)>,
        /// Why there is none, in words.
        why: String,
    },
    /// What the state store noted, newest first: release id and when it was last seen good (Unix milliseconds).
    Noted(Vec<(String, i64)>),
    /// Done; there is nothing to say.
    Done,
    /// No answer, or not a whole one.
    Failed(ErrorInfo),
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// 200
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, lossy where it is not UTF-8; secrets already scrubbed.
    pub body: String,
    /// The body was longer than the cap.
    pub truncated: bool,
    /// From sending to the last byte.
    pub elapsed_ms: u64,
}

/// Facts about a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// `file`, `folder`, `link`, `other`
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// Unix milliseconds; of the link itself where it is one.
    pub modified: i64,
    /// Where a link points, as it stands in it.
    pub link: Option<String>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessAnswer {
    /// Its exit code; none where a signal ended it.
    pub exit_code: Option<i32>,
    /// The signal.
    pub signal: Option<i32>,
    /// We killed it: it ran out of time.
    pub timed_out: bool,
    /// Lossy UTF-8, secrets scrubbed.
    pub stdout: String,
    /// Lossy UTF-8, secrets scrubbed.
    pub stderr: String,
    /// Wall time.
    pub elapsed_ms: u64,
}
