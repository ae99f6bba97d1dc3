//! The guard document of a scope: read and written within one transaction (R23 to R25).

use super::{Store, StoreError, Tx};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn read<T: DeserializeOwned + Default>(db: &Connection, scope: &str) -> Result<(T, i64), StoreError> {
    let row: Option<(String, i64)> = db
        .query_row("select doc, version from guards where scope = ?1", [scope], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    match row {
        Some((doc, version)) => Ok((serde_json::from_str(&doc)?, version)),
        None => Ok((T::default(), 0)),
    }
}

impl Tx<'_> {
    /// The document of a scope with its version; an empty one where there is none.
    ///
    /// # Errors
    /// The state file's.
    pub fn guard<T: DeserializeOwned + Default>(&self, scope: &str) -> Result<(T, i64), StoreError> {
        read(&self.db, scope)
    }

    /// Writes a document whose version is still `version`.
    ///
    /// # Errors
    /// The state file's; another version is there.
    pub fn guard_cas<T: Serialize>(&self, scope: &str, doc: &T, version: i64) -> Result<(), StoreError> {
        let doc = serde_json::to_string(doc)?;
        let changed = if version == 0 {
            self.db.execute("insert or ignore into guards (scope, version, doc) values (?1, 1, ?2)", [scope, &doc])?
        } else {
            self.db.execute(
                "update guards set version = version + 1, doc = ?2 where scope = ?1 and version = ?3",
                params![scope, doc, version],
            )?
        };
        match changed {
            1 => Ok(()),
            _ => Err(StoreError { passing: true, message: format!("the guards of `{scope}` changed meanwhile") }),
        }
    }
}

impl Store {
    /// The document of a scope, to look at.
    ///
    /// # Errors
    /// The state file's.
    pub fn guard<T: DeserializeOwned + Default>(&self, scope: &str) -> Result<T, StoreError> {
        read(self.db(), scope).map(|(doc, _)| doc)
    }
}
