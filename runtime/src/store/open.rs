//! Opening and creating: every check stands before the first write.

use super::{KILL_AFTER_ROW, Store, StoreError, filesystem};
use crate::failure::Failure;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::{Duration, Instant};

/// `heal` in ASCII: how the file says whose it is.
const APPLICATION: i32 = 0x6865_616c;
/// The form of the tables below. A file with a higher one was written by a newer healrun.
const VERSION: i32 = 2;

const TABLES: &str = "
create table plans (hash text primary key, body blob not null, at integer not null) without rowid;
create table runs (
  id text primary key, playbook text not null, run_key text not null, environment text not null,
  plan_hash text not null, context text not null, opened integer not null, closed integer,
  status text not null, outcome text, exit_code integer, report text,
  owner text, lease_until integer not null default 0, epoch integer not null default 0
) without rowid;
create index runs_by_key on runs (run_key, status);
create table events (
  run text not null, seq integer not null, at integer not null, kind text not null,
  body blob not null, commands blob not null, prev blob not null, hash blob not null,
  primary key (run, seq)
) without rowid;
create table ledger (
  n integer primary key, at integer not null, what text not null, run text not null, body text not null,
  prev blob not null, hash blob not null
);
create table evidence (run text not null, digest text not null, at integer not null, body blob not null,
  primary key (run, digest)) without rowid;
create table approvals (
  request text primary key, run text not null, fingerprint text not null, body text not null,
  asked integer not null, until integer not null, withdrawn integer
) without rowid;
create table decisions (
  n integer primary key, request text not null, by text not null, method text not null,
  approve integer not null, fingerprint text not null, at integer not null
);
create table guards (scope text primary key, version integer not null, doc text not null) without rowid;
create table noted (target text not null, release text not null, good_at integer not null,
  primary key (target, release)) without rowid;
";

/// Came later than form 1, whose older writers neither know nor mind it: made where it is missing, in any file.
const MODELS: &str = "
create table if not exists models (
  name text not null, version integer not null, at integer not null, method text not null, points integer not null,
  by text not null, hash text not null, body blob not null, primary key (name, version)
);
";

/// From each older form to the next, from the first on.
const STEPS: [&str; 1] = [
    // A status that nobody kept true was stored; only withdrawals cannot be told from anything else.
    "alter table approvals add column withdrawn integer;
     update approvals set withdrawn = asked where status = 'withdrawn';
     alter table approvals drop column status;",
];

impl Store {
    /// Opens the state file, or makes one where there is none.
    ///
    /// # Errors
    /// Exit 74: it can't be made or written, lies on a network filesystem, is damaged, newer, or not ours.
    pub fn open(path: &Path) -> Result<Store, Failure> {
        let fail = |why: String| Failure::state(format!("the state file {}: {why}", path.display()));
        if path.is_dir() {
            return Err(fail("it is a folder".to_owned()).help(NAME_A_FILE));
        }
        if path.metadata().is_ok_and(|facts| !facts.is_file()) {
            return Err(fail("it is a device or a pipe, not a file".to_owned()).help(NAME_A_FILE));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.exists() {
            make_folder(folder)
                .map_err(|e| fail(format!("its folder cannot be made: {}", crate::files::why(&e))).help(NAME_A_FILE))?;
        }
        if let Some(kind) = filesystem::network(folder) {
            return Err(fail(format!("it would lie on a network filesystem ({kind}), where its locks do not hold"))
                .help("keep it on a local disk: `--state PATH`, `HEALRUN_STATE` or `state:` in healrun.yaml"));
        }
        touch(path)
            .map_err(|e| fail(format!("it cannot be made or written: {}", crate::files::why(&e))).help(NAME_A_FILE))?;
        let store = Self::connect(path, fail)?;
        Ok(Store { kill_after: kill_hook()?, ..store })
    }

    /// Opens a state file that must be there: for commands that only look.
    ///
    /// # Errors
    /// As [`Store::open`], and where there is none.
    pub fn open_existing(path: &Path) -> Result<Store, Failure> {
        if !path.exists() {
            return Err(Failure::state(format!("there is no state file at {}", path.display()))
                .help("`healrun run` makes one; `--state PATH` or HEALRUN_STATE says where it is"));
        }
        Self::open(path)
    }

    /// A second connection, for reading beside the one that writes.
    ///
    /// # Errors
    /// As [`Store::open_existing`].
    pub fn reader(path: &Path) -> Result<Store, Failure> {
        let fail = |why: String| Failure::state(format!("the state file {}: {why}", path.display()));
        let store = Self::connect(path, fail)?;
        Ok(store)
    }

    fn connect(path: &Path, fail: impl Fn(String) -> Failure) -> Result<Store, Failure> {
        let sql = |e: rusqlite::Error| fail(StoreError::from(e).message).help(NEVER_OVERWRITTEN);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(path, flags).map_err(sql)?;
        db.busy_timeout(BUSY).map_err(sql)?;
        // What it is, before anything is asked to change in it.
        let (mut application, mut version) = identity(&db).map_err(sql)?;
        let fresh = application == 0 && version == 0 && is_empty(&db).map_err(sql)?;
        if (application, version) == (0, 0) && !fresh {
            // Another process may have made it in between: tables and identity come in one transaction.
            (application, version) = identity(&db).map_err(sql)?;
        }
        if !fresh {
            known(application, version).map_err(|why| fail(why).help(NEVER_OVERWRITTEN))?;
        }
        let mode: String = patiently(|| db.query_row("pragma journal_mode = wal", [], |r| r.get(0))).map_err(sql)?;
        if mode != "wal" {
            return Err(fail(format!("its filesystem has no write-ahead log (mode {mode})")));
        }
        db.execute_batch("pragma synchronous = full; pragma fullfsync = on; pragma foreign_keys = on;").map_err(sql)?;
        if fresh {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
            // Another process may have been faster.
            if identity(&tx).map_err(sql)? == (0, 0) {
                tx.execute_batch(TABLES).map_err(sql)?;
                tx.execute_batch(MODELS).map_err(sql)?;
                tx.pragma_update(None, "application_id", APPLICATION).map_err(sql)?;
                tx.pragma_update(None, "user_version", VERSION).map_err(sql)?;
            }
            tx.commit().map_err(sql)?;
        } else {
            let answer: String = db.query_row("pragma quick_check(1)", [], |r| r.get(0)).map_err(sql)?;
            if answer != "ok" {
                tracing::debug!("quick_check: {answer}");
                return Err(fail("it is damaged".to_owned()).help(NEVER_OVERWRITTEN));
            }
            if version < VERSION {
                upgrade(&mut db).map_err(sql)?;
            }
            let has = "select count(*) from sqlite_schema where type = 'table' and name = 'models'";
            if db.query_row(has, [], |r| r.get::<_, i64>(0)).map_err(sql)? == 0 {
                db.execute_batch(MODELS).map_err(sql)?;
            }
        }
        let file =
            std::fs::metadata(path).map_err(|e| fail(format!("it cannot be found: {}", crate::files::why(&e))))?;
        Ok(Store { db, path: path.to_owned(), file: super::inode(&file), kill_after: None })
    }
}

/// Where SQLite itself does not wait for the other process: the change to a write-ahead log, when two open a new file.
fn patiently<T>(work: impl Fn() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let began = Instant::now();
    loop {
        match work() {
            Err(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
                ) && began.elapsed() < BUSY =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            answer => return answer,
        }
    }
}

/// How long another process is waited for.
const BUSY: Duration = Duration::from_secs(10);
const NEVER_OVERWRITTEN: &str = "nothing was written to it; name another file with `--state PATH`, or restore it";
const NAME_A_FILE: &str = "name a file: `--state FOLDER/state.db`";

/// Brings an older file to the form of [`TABLES`], all at once or not at all.
fn upgrade(db: &mut Connection) -> rusqlite::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let (_, version) = identity(&tx)?;
    let done = usize::try_from(version - 1).unwrap_or(STEPS.len());
    for step in STEPS.iter().skip(done) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

fn identity(db: &Connection) -> rusqlite::Result<(i32, i32)> {
    Ok((
        db.query_row("pragma application_id", [], |r| r.get(0))?,
        db.query_row("pragma user_version", [], |r| r.get(0))?,
    ))
}

fn is_empty(db: &Connection) -> rusqlite::Result<bool> {
    Ok(db.query_row("select count(*) from sqlite_schema", [], |r| r.get::<_, i64>(0))? == 0)
}

fn known(application: i32, version: i32) -> Result<(), String> {
    if application != APPLICATION {
        return Err("it is a database of another program".to_owned());
    }
    if version > VERSION {
        return Err(format!("a newer healrun wrote it (form {version}, this one knows {VERSION})"));
    }
    Ok(())
}

/// Makes the file with mode 0600, so that it is never open to others, not even for a moment.
fn touch(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[allow(clippy::print_stderr, reason = "a process that will kill itself says so, whatever the log level")]
fn kill_hook() -> Result<Option<u64>, Failure> {
    match std::env::var(KILL_AFTER_ROW) {
        Err(_) => Ok(None),
        Ok(text) => {
            let row =
                text.parse().ok().filter(|row| *row > 0).ok_or_else(|| {
                    Failure::invalid(format!("{KILL_AFTER_ROW}={text}: not the number of a journal row"))
                })?;
            eprintln!("healrun: TEST HOOK {KILL_AFTER_ROW}={row}: this process kills itself after that journal row");
            Ok(Some(row))
        }
    }
}
