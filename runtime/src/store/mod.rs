//! The state file: one SQLite database that several processes may share (R41).
//!
//! Everything is written through [`Store::write`]: one `BEGIN IMMEDIATE` transaction, synced when it returns. So a
//! guard's decision and the intent it admits are one commit (R25). A file that is newer, corrupt or somebody else's is
//! refused and never overwritten.

mod approvals;
mod evidence;
mod filesystem;
mod guards;
mod models;
mod noted;
mod open;
mod plans;
mod runs;

pub use approvals::{Decision, Request, Standing};
pub use models::{ModelRow, NewModel, VERSIONS, model_hash};
pub use runs::{Claim, NewRun, Owner, RunRow, RunStatus};

use crate::failure::Failure;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use std::fmt;
use std::path::{Path, PathBuf};

/// Names the test hook that ends the process right after a journal row.
pub const KILL_AFTER_ROW: &str = "HEALRUN_KILL_AFTER_ROW";

/// What went wrong at the state file.
#[derive(Debug)]
pub struct StoreError {
    /// Another attempt can help: the disk is full, the device hiccups, another process writes.
    pub passing: bool,
    /// In words.
    pub message: String,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let passing = matches!(
            code,
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::CannotOpen
            )
        );
        let message = match code {
            Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
            Some(ErrorCode::NotADatabase) => "it is not a healrun state file, or its first page is damaged".to_owned(),
            Some(ErrorCode::DatabaseCorrupt) => "it is damaged".to_owned(),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "it cannot be written".to_owned(),
            Some(ErrorCode::CannotOpen) => "it cannot be opened".to_owned(),
            Some(ErrorCode::SystemIoFailure) => "the disk or its filesystem failed to read or write it".to_owned(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another process has held it for longer than ten seconds".to_owned()
            }
            _ => match &error {
                // A column that holds something else than this program ever writes there.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => format!("a stored record is damaged ({error})"),
                rusqlite::Error::SqliteFailure(_, Some(words)) if words.starts_with("no such ") => {
                    format!("it is damaged ({words})")
                }
                _ => format!("the database in it failed ({error})"),
            },
        };
        Self { passing, message }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        tracing::debug!("a stored record: {error}");
        Self { passing: false, message: "a stored record is damaged: it does not read".to_owned() }
    }
}

/// An open state file.
pub struct Store {
    db: Connection,
    path: PathBuf,
    /// Device and inode of what was opened.
    file: (u64, u64),
    kill_after: Option<u64>,
}

/// What can be written within one transaction.
pub struct Tx<'a> {
    pub(crate) db: Transaction<'a>,
    /// The highest journal row appended in it.
    pub(crate) appended: u64,
}

impl Store {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for reading.
    pub(crate) fn db(&self) -> &Connection {
        &self.db
    }

    /// One transaction: all of `work` or nothing. Synced when it returns.
    ///
    /// # Errors
    /// Whatever `work` says, or the state file; then nothing of it was written.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.in_place()?;
        let db = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut tx = Tx { db, appended: 0 };
        let value = work(&mut tx)?;
        let appended = tx.appended;
        tx.db.commit()?;
        if let Some(row) = self.kill_after
            && appended >= row
        {
            die(row);
        }
        Ok(value)
    }

    /// The path still names the file that was opened: what is written elsewhere nobody finds.
    ///
    /// # Errors
    /// It was deleted or replaced.
    pub fn in_place(&self) -> Result<(), StoreError> {
        let gone = |message: &str| StoreError { passing: false, message: message.to_owned() };
        match std::fs::metadata(&self.path) {
            Ok(found) if inode(&found) == self.file => Ok(()),
            Ok(_) => Err(gone("it was replaced while a run was writing to it")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(gone("it was deleted while a run was writing to it"))
            }
            Err(error) => {
                Err(StoreError { passing: true, message: format!("it cannot be found: {}", crate::files::why(&error)) })
            }
        }
    }

    /// An error of this store as the end of the process.
    #[must_use]
    pub fn failure(&self, error: &StoreError) -> Failure {
        let failure = Failure::state(format!("the state file {}: {error}", self.path.display()));
        failure.help(if error.passing {
            "once that is mended, `healrun resume` goes on where the run stopped"
        } else {
            "restore it from a copy, or name another file with `--state PATH`"
        })
    }
}

/// Which file it is, whatever its name.
fn inode(file: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// The test hook of CONTRIBUTING.md: as if the machine had lost power.
fn die(row: u64) {
    #[allow(clippy::print_stderr, reason = "nothing of this process is left to say it any other way")]
    {
        eprintln!("healrun: {KILL_AFTER_ROW}={row}: killing myself");
    }
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests;
