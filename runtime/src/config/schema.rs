//! What may stand in `healrun.yaml`, and how it becomes a [`Config`]. An unknown key is an error.

use super::yaml::{Word, YamlError};
use super::{
    CallDefaults, Config, Environment, GithubConnection, HttpConnection, KubernetesConnection, STABLE_AFTER_MS, Service,
};
use heal_engine::event::Autonomy;
use heal_lang::catalogue::Risk;
use heal_lang::plan::{Backoff, ErrorClass, Retry};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A duration as text; kept in milliseconds.
#[derive(Clone, Copy)]
struct Duration(u64);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl serde::de::Visitor<'_> for Visit {
            type Value = Duration;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration such as `90s` or `1h30m`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
                super::duration::parse(text).map(Duration).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visit)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "keys such as `environments:`")]
pub(super) struct Root {
    environments: BTreeMap<String, RawEnvironment>,
    connections: RawConnections,
    groups: BTreeMap<String, BTreeSet<String>>,
    defaults: RawDefaults,
    services: BTreeMap<String, RawService>,
    state: Option<PathBuf>,
    guards: Option<Word<Guards>>,
    http: RawHttp,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawEnvironment {
    autonomy: Option<Word<Autonomy>>,
    risk_floor: Option<Word<Risk>>,
    stable_after: Option<Duration>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConnections {
    prometheus: Option<RawPrometheus>,
    github: Option<RawGithub>,
    kubernetes: Option<RawKubernetes>,
    pagerduty: Option<RawPagerduty>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPagerduty {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrometheus {
    url: String,
    token_env: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawGithub {
    url: Option<String>,
    repository: Option<String>,
    token_env: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawKubernetes {
    kubeconfig: Option<PathBuf>,
    context: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDefaults {
    escalate: Option<String>,
    retry: Option<RawRetry>,
    timeout: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRetry {
    attempts: u32,
    first: Option<Duration>,
    factor: Option<f64>,
    max: Option<Duration>,
    jitter: Option<bool>,
    on: Option<Vec<Word<ErrorClass>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    pid_file: PathBuf,
    stop: Option<String>,
    grace: Option<Duration>,
    start: Vec<String>,
    folder: Option<PathBuf>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// Signals that a service may be stopped with.
const SIGNALS: [&str; 7] = ["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL"];

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Guards {
    Local,
    Shared,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawHttp {
    allow: Option<BTreeSet<String>>,
}

pub(super) fn build(root: Root, folder: PathBuf) -> Result<Config, YamlError> {
    let environments = root
        .environments
        .into_iter()
        .map(|(name, raw)| {
            let environment = Environment {
                autonomy: raw.autonomy.map_or(Autonomy::Suggest, |w| w.0),
                risk_floor: raw.risk_floor.map_or(Risk::Low, |w| w.0),
                stable_after_ms: raw.stable_after.map_or(STABLE_AFTER_MS, |d| d.0),
            };
            (name, environment)
        })
        .collect();
    let services = root
        .services
        .into_iter()
        .map(|(name, raw)| {
            let service = service(&name, raw)?;
            Ok((name, service))
        })
        .collect::<Result<_, _>>()?;
    Ok(Config {
        file: None,
        folder,
        environments,
        pagerduty: root.connections.pagerduty.map(|c| c.url),
        prometheus: root.connections.prometheus.map(|c| HttpConnection { url: c.url, token_env: c.token_env }),
        github: root.connections.github.map(|c| GithubConnection {
            url: c.url,
            repository: c.repository,
            token_env: c.token_env,
        }),
        kubernetes: root
            .connections
            .kubernetes
            .map(|c| KubernetesConnection { kubeconfig: c.kubeconfig, context: c.context }),
        groups: root.groups,
        defaults: defaults(root.defaults)?,
        services,
        state: root.state,
        local_guards: matches!(root.guards, Some(Word(Guards::Local))),
        http_allow: root.http.allow,
    })
}

fn service(name: &str, raw: RawService) -> Result<Service, YamlError> {
    if raw.start.is_empty() {
        return Err(YamlError::plain(format!("services.{name}.start: an empty list starts nothing")));
    }
    let signal = raw.stop.unwrap_or_else(|| "TERM".to_owned());
    let stop_signal = signal.strip_prefix("SIG").unwrap_or(&signal).to_owned();
    if !SIGNALS.contains(&stop_signal.as_str()) {
        return Err(YamlError {
            help: Some(format!("use one of {}", SIGNALS.join(", "))),
            ..YamlError::plain(format!("services.{name}.stop: `{signal}` is not a signal that stops a service"))
        });
    }
    Ok(Service {
        pid_file: raw.pid_file,
        stop_signal,
        stop_grace_ms: raw.grace.map_or(10_000, |d| d.0),
        start: raw.start,
        folder: raw.folder,
        env: raw.env,
    })
}

fn defaults(raw: RawDefaults) -> Result<CallDefaults, YamlError> {
    let retry = raw.retry.map(retry).transpose()?;
    let timeout_ms = match raw.timeout {
        Some(Duration(0)) => return Err(YamlError::plain("defaults.timeout: a call needs more than no time")),
        Some(d) => d.0,
        None => CallDefaults::default().timeout_ms,
    };
    Ok(CallDefaults { escalate: raw.escalate, retry, timeout_ms })
}

fn retry(raw: RawRetry) -> Result<Retry, YamlError> {
    if !(1..=100).contains(&raw.attempts) {
        return Err(YamlError::plain(format!(
            "defaults.retry.attempts: {} is not between 1 (the first try counts) and 100",
            raw.attempts
        )));
    }
    let factor = raw.factor.unwrap_or(2.0);
    if !(1.0..=10.0).contains(&factor) {
        return Err(YamlError::plain(format!("defaults.retry.factor: {factor} is not between 1 and 10")));
    }
    let first_ms = raw.first.map_or(1_000, |d| d.0);
    Ok(Retry {
        attempts: raw.attempts,
        backoff: Backoff::Exponential { first_ms, factor, max_ms: raw.max.map_or(60_000.max(first_ms), |d| d.0) },
        jitter: raw.jitter.unwrap_or(true),
        on: raw.on.map_or_else(
            || vec![ErrorClass::Transient, ErrorClass::Throttled],
            |on| on.into_iter().map(|word| word.0).collect(),
        ),
    })
}
