//! Files: facts and text of them, evidence of ours, and the switch of a release link.
//!
//! The calls block, so they run on threads of their own; a file system that hangs costs a thread and not the run.

mod look;
mod switch;

use crate::connections::Connections;
use crate::departure::Departure;
use crate::failure;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Answer, FileChange, FileRead};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

pub(crate) async fn read(connections: &Connections, read: FileRead) -> Result<Answer, ErrorInfo> {
    let redact = connections.redact.clone();
    match read {
        FileRead::Facts { path } => {
            let path = connections.base.join(path);
            blocking(move || look::facts(&path)).await
        }
        FileRead::Tail { path, max_bytes } => {
            let path = connections.base.join(path);
            blocking(move || look::tail(&path, max_bytes, &redact)).await
        }
        FileRead::Whole { path, max_bytes } => {
            let path = match path.strip_prefix("state:") {
                Some(below) => below_state(connections, below)?,
                None => connections.base.join(path),
            };
            blocking(move || look::whole(&path, max_bytes, &redact)).await
        }
    }
}

pub(crate) async fn change(
    connections: &Connections,
    change: FileChange,
    departure: &Arc<Departure>,
) -> Result<Answer, ErrorInfo> {
    let FileChange::SwitchLink { link, to, expect, history } = change;
    let link = connections.base.join(link);
    let departure = departure.clone();
    blocking(move || switch::switch(&link, Path::new(&to), Path::new(&expect), &history, &departure)).await
}

/// Appends below the state directory. Not synced: evidence of a run that dies is taken again.
pub(crate) async fn evidence(connections: &Connections, path: String, text: String) -> Result<Answer, ErrorInfo> {
    let path = below_state(connections, &path)?;
    blocking(move || {
        let append = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::OpenOptions::new().append(true).create(true).open(&path)?.write_all(text.as_bytes())
        };
        append().map_err(|error| failure::system(&format!("append to the evidence {}", path.display()), &error))?;
        Ok(Answer::Done)
    })
    .await
}

/// A path below the state directory, which no part of it leaves.
fn below_state(connections: &Connections, path: &str) -> Result<PathBuf, ErrorInfo> {
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if inside && !path.is_empty() {
        return Ok(connections.state.join(path));
    }
    Err(ErrorInfo::permanent("path", format!("`{path}` is not a path below the state directory")))
}

async fn blocking(work: impl FnOnce() -> Result<Answer, ErrorInfo> + Send + 'static) -> Result<Answer, ErrorInfo> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| Err(failure::unsent(ErrorClass::Transient, "internal", error.to_string())))
}
