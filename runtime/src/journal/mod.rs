//! The journal: the events of a run as they were fed to the engine, in a chain of hashes over the stored bytes (R36 to
//! R40), and the ledger, one short chain over all runs.

use crate::store::{Store, StoreError, Tx};
use heal_engine::event::Event;
use rusqlite::{OptionalExtension, params};

/// The hash before the first row.
const START: [u8; 32] = [0; 32];

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event, as stored.
    pub event: Event,
    /// Hash of the commands that the engine gave in answer (R39).
    pub commands: Vec<u8>,
    /// Hash over the row before and the bytes of this one.
    pub hash: Vec<u8>,
}

/// A fault in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which row.
    pub seq: u64,
    /// In words.
    pub why: String,
}

fn link(prev: &[u8], body: &[u8], extra: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(prev);
    hasher.update(&(body.len() as u64).to_le_bytes());
    hasher.update(body);
    hasher.update(extra);
    hasher.finalize()
}

impl Tx<'_> {
    /// Appends an event with the hash of what it made the engine ask for.
    ///
    /// # Errors
    /// The state file's; the row is there already (somebody else writes this run).
    pub fn append(&mut self, event: &Event, commands: &[u8]) -> Result<(), StoreError> {
        let body = serde_json::to_vec(event)?;
        let (last, prev): (u64, Vec<u8>) = self
            .db
            .query_row("select seq, hash from events where run = ?1 order by seq desc limit 1", [&event.run], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })
            .optional()?
            .unwrap_or((0, START.to_vec()));
        if event.seq != last + 1 {
            let message = format!("row {} of run {} does not follow row {last}", event.seq, event.run);
            return Err(StoreError { passing: false, message });
        }
        let hash = link(&prev, &body, commands);
        let kind = kind_of(&body);
        self.db.execute(
            "insert into events (run, seq, at, kind, body, commands, prev, hash) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![event.run, event.seq, event.at, kind, body, commands, prev, hash.as_bytes().as_slice()],
        )?;
        self.appended = self.appended.max(event.seq);
        Ok(())
    }

    /// Appends to the ledger.
    ///
    /// # Errors
    /// The state file's.
    pub fn enter(&self, at: i64, what: &str, run: &str, body: &serde_json::Value) -> Result<(), StoreError> {
        let prev: Vec<u8> = self
            .db
            .query_row("select hash from ledger order by n desc limit 1", [], |r| r.get(0))
            .optional()?
            .unwrap_or_else(|| START.to_vec());
        let body = body.to_string();
        let hash = link(&prev, body.as_bytes(), format!("{at}\n{what}\n{run}").as_bytes());
        self.db.execute(
            "insert into ledger (at, what, run, body, prev, hash) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![at, what, run, body, prev, hash.as_bytes().as_slice()],
        )?;
        Ok(())
    }
}

/// The word of an event, for queries.
fn kind_of(body: &[u8]) -> String {
    serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|v| v.get("event").and_then(|e| e.as_str()).map(str::to_owned))
        .unwrap_or_default()
}

impl Store {
    /// The rows of a run, in order. Checks the chain.
    ///
    /// # Errors
    /// The state file's; a row was altered or is missing.
    pub fn journal(&self, run: &str) -> Result<Vec<Row>, StoreError> {
        let broken = |seq: u64, why: &str| StoreError {
            passing: false,
            message: format!("the journal of run {run} is damaged at row {seq}: {why}"),
        };
        let mut statement =
            self.db().prepare("select seq, body, commands, prev, hash from events where run = ?1 order by seq")?;
        let mut rows = statement.query([run])?;
        let mut prev = START.to_vec();
        let mut journal = Vec::new();
        while let Some(r) = rows.next()? {
            let (seq, body, commands): (u64, Vec<u8>, Vec<u8>) = (r.get(0)?, r.get(1)?, r.get(2)?);
            let (stored_prev, hash): (Vec<u8>, Vec<u8>) = (r.get(3)?, r.get(4)?);
            if seq != journal.len() as u64 + 1 {
                return Err(broken(seq, "a row before it is missing"));
            }
            if stored_prev != prev || link(&prev, &body, &commands).as_bytes().as_slice() != hash {
                return Err(broken(seq, "its bytes are not those that were written"));
            }
            let event = serde_json::from_slice(&body)?;
            prev.clone_from(&hash);
            journal.push(Row { event, commands, hash });
        }
        Ok(journal)
    }

    /// The last hash of a run's chain, in hex: what a report prints, so that the chain can be checked against it.
    ///
    /// # Errors
    /// The state file's.
    pub fn head(&self, run: &str) -> Result<Option<String>, StoreError> {
        let hash: Option<Vec<u8>> = self
            .db()
            .query_row("select hash from events where run = ?1 order by seq desc limit 1", [run], |r| r.get(0))
            .optional()?;
        Ok(hash.map(|h| data_encoding::HEXLOWER.encode(&h)))
    }

    /// Checks the ledger's chain; how many entries it has.
    ///
    /// # Errors
    /// The state file's; an entry was altered.
    pub fn check_ledger(&self) -> Result<u64, StoreError> {
        let mut statement = self.db().prepare("select n, at, what, run, body, prev, hash from ledger order by n")?;
        let mut rows = statement.query([])?;
        let (mut prev, mut count) = (START.to_vec(), 0);
        while let Some(r) = rows.next()? {
            let (n, at): (u64, i64) = (r.get(0)?, r.get(1)?);
            let (what, run, body): (String, String, String) = (r.get(2)?, r.get(3)?, r.get(4)?);
            let (stored_prev, hash): (Vec<u8>, Vec<u8>) = (r.get(5)?, r.get(6)?);
            let wanted = link(&prev, body.as_bytes(), format!("{at}\n{what}\n{run}").as_bytes());
            if stored_prev != prev || wanted.as_bytes().as_slice() != hash {
                let message = format!("the ledger is damaged at entry {n}");
                return Err(StoreError { passing: false, message });
            }
            prev = hash;
            count += 1;
        }
        Ok(count)
    }
}
