//! From `healrun.yaml` to what the clients need to know.

use crate::config::Config;
use crate::driver::Givens;
use crate::failure::Failure;
use crate::input;
use crate::store::Store;
use heal_adapters::Connections;
use heal_stdlib::value::Secret;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Tokens of the connections: secrets like the playbook's own.
///
/// # Errors
/// Exit 2: one is too short to be kept out of texts.
pub fn tokens(config: &Config) -> Result<BTreeMap<String, Secret>, Failure> {
    let named = [
        ("connections.prometheus", config.prometheus.as_ref().and_then(|c| c.token_env.as_deref())),
        ("connections.github", config.github.as_ref().and_then(|c| c.token_env.as_deref())),
    ];
    let mut found = BTreeMap::new();
    for (name, variable) in named {
        let Some(variable) = variable else { continue };
        let Some(text) = input::process_env(variable) else { continue };
        if text.trim().len() < 8 {
            return Err(Failure::invalid(format!("{name}: {variable} holds fewer than 8 characters")));
        }
        found.insert(name.to_owned(), Secret::new(name, text));
    }
    Ok(found)
}

/// What the clients need to know.
#[must_use]
pub fn connections(givens: &Givens, tokens: &BTreeMap<String, Secret>, state: &Path) -> Connections {
    let config = &givens.config;
    let folder = state.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut connections = Connections::new(config.folder.clone(), folder);
    connections.allow = match &config.http_allow {
        Some(allow) => allow.iter().cloned().collect(),
        None => givens.plan.hosts.iter().cloned().collect(),
    };
    if let Some(prometheus) = &config.prometheus {
        let connection = heal_adapters::HttpConnection {
            url: prometheus.url.clone(),
            token: tokens.get("connections.prometheus").cloned(),
        };
        connections.http.insert("prometheus".to_owned(), connection);
    }
    let events = config.pagerduty.clone().unwrap_or_else(|| "https://events.pagerduty.com".to_owned());
    connections.http.insert("pagerduty".to_owned(), heal_adapters::HttpConnection { url: events, token: None });
    connections.github = config.github.as_ref().map(|github| heal_adapters::Github {
        url: github.url.clone().unwrap_or_else(|| "https://api.github.com".to_owned()),
        token: tokens.get("connections.github").cloned(),
        repository: github.repository.clone().or_else(|| input::process_env("GITHUB_REPOSITORY")),
    });
    if let Some(kubernetes) = &config.kubernetes {
        connections.kubernetes = heal_adapters::Kubernetes {
            kubeconfig: kubernetes.kubeconfig.as_ref().map(|path| config.folder.join(path)),
            context: kubernetes.context.clone(),
        };
    }
    connections.services = config
        .services
        .iter()
        .map(|(name, service)| {
            let stop = heal_adapters::Stop { signal: service.stop_signal.clone(), grace_ms: service.stop_grace_ms };
            let service = heal_adapters::Service {
                pid_file: service.pid_file.clone(),
                stop,
                start: service.start.clone(),
                folder: service.folder.clone(),
                env: service.env.clone(),
            };
            (name.clone(), service)
        })
        .collect();
    let redactor = givens.redactor.clone();
    connections.redact = Arc::new(move |text| redactor.redact(text));
    let reader = if state.exists() { Store::reader(state).ok() } else { None };
    let reader = Mutex::new(reader);
    connections.noted = Arc::new(move |target| {
        let reader = reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reader.as_ref().and_then(|store| store.noted(target).ok()).unwrap_or_default()
    });
    connections
}
