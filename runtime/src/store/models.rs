//! What detectors have learnt, by name and version.

use super::{Store, StoreError, Tx};
use rusqlite::{OptionalExtension, Row, params};

/// Versions kept of each model.
pub const VERSIONS: u64 = 5;

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// Rises by one with each that is stored.
    pub version: u64,
    /// When it was stored, Unix ms.
    pub at: i64,
    /// The detector.
    pub method: String,
    /// Points it has seen.
    pub points: u64,
    /// The run that stored it, or the command.
    pub by: String,
    /// Of its body.
    pub hash: String,
    /// Bytes of its body.
    pub bytes: u64,
}

/// A model to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewModel {
    /// Its name.
    pub name: String,
    /// The detector.
    pub method: String,
    /// Points it has seen.
    pub points: u64,
    /// Its serialised state.
    pub body: Vec<u8>,
}

/// The hash by which journals name a state.
#[must_use]
pub fn model_hash(body: &[u8]) -> String {
    blake3::hash(body).to_hex().as_str()[..32].to_owned()
}

const COLUMNS: &str = "name, version, at, method, points, by, hash, length(body)";

fn row(r: &Row<'_>) -> rusqlite::Result<ModelRow> {
    Ok(ModelRow {
        name: r.get(0)?,
        version: r.get(1)?,
        at: r.get(2)?,
        method: r.get(3)?,
        points: r.get(4)?,
        by: r.get(5)?,
        hash: r.get(6)?,
        bytes: r.get(7)?,
    })
}

impl Tx<'_> {
    /// Stores a model as its newest version and drops the oldest ones; gives the version.
    ///
    /// # Errors
    /// The state file's.
    pub fn keep_model(&self, model: &NewModel, at: i64, by: &str) -> Result<u64, StoreError> {
        let newest: u64 =
            self.db.query_row("select coalesce(max(version), 0) from models where name = ?1", [&model.name], |r| {
                r.get(0)
            })?;
        let version = newest + 1;
        self.db.execute(
            "insert into models (name, version, at, method, points, by, hash, body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![model.name, version, at, model.method, model.points, by, model_hash(&model.body), model.body],
        )?;
        self.db.execute(
            "delete from models where name = ?1 and version <= ?2",
            params![model.name, version.saturating_sub(VERSIONS)],
        )?;
        Ok(version)
    }
}

impl Store {
    /// All versions of all models, by name, newest first.
    ///
    /// # Errors
    /// The state file's.
    pub fn models(&self) -> Result<Vec<ModelRow>, StoreError> {
        let mut statement = self.db().prepare(&format!("select {COLUMNS} from models order by name, version desc"))?;
        let rows = statement.query_map([], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Names and bodies of the newest versions of the models whose name begins so.
    ///
    /// # Errors
    /// The state file's.
    pub fn models_under(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut statement = self.db().prepare(
            "select name, body from models m where substr(name, 1, length(?1)) = ?1
             and version = (select max(version) from models where name = m.name) order by name",
        )?;
        let rows = statement.query_map([prefix], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest version of a model, or the one of that number, with its body.
    ///
    /// # Errors
    /// The state file's.
    pub fn model(&self, name: &str, version: Option<u64>) -> Result<Option<(ModelRow, Vec<u8>)>, StoreError> {
        let found = self.db().query_row(
            &format!(
                "select {COLUMNS}, body from models where name = ?1 and (?2 is null or version = ?2) order by version desc limit 1"
            ),
            params![name, version],
            |r| Ok((row(r)?, r.get(8)?)),
        );
        Ok(found.optional()?)
    }
}
