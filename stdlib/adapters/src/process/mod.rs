//! Commands and local services.

mod identity;
mod run;
mod service;

use crate::connections::Connections;
use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Answer, ProcessChange, ProcessRead};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) async fn read(connections: &Connections, read: ProcessRead, within: Duration) -> Result<Answer, ErrorInfo> {
    match read {
        ProcessRead::Run(line) => run::run(connections, line, within, None).await,
        ProcessRead::Service { name } => service::look(connections, &name),
    }
}

pub(crate) async fn change(
    connections: &Connections,
    change: ProcessChange,
    within: Duration,
    departure: &Departure,
) -> Result<Answer, ErrorInfo> {
    match change {
        ProcessChange::Run(line) => run::run(connections, line, within, Some(departure)).await,
        ProcessChange::RestartService { name, expect } => {
            service::restart(connections, &name, expect, within, departure).await
        }
    }
}

/// What a command sees of our environment, and what it was given. Nothing else: secrets of ours stay here.
fn environment(given: &BTreeMap<String, String>) -> BTreeMap<OsString, OsString> {
    let ours = ["PATH", "HOME", "LANG"].iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
    ours.chain(given.iter().map(|(name, value)| (name.into(), value.into()))).collect()
}

/// Where a program is, as the system would find it.
fn program(name: &str, folder: &Path, environment: &BTreeMap<OsString, OsString>) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs = |path: &PathBuf| path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    if name.contains('/') {
        return Some(folder.join(name)).filter(runs);
    }
    let path = environment.get(&OsString::from("PATH"))?;
    std::env::split_paths(path).map(|place| folder.join(place).join(name)).find(runs)
}
