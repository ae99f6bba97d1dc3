//! Releases that were seen good: target, release, when last; written at each quiet or healed end (R57).

use super::{Store, StoreError, Tx};
use rusqlite::params;

/// Most releases kept of one target.
const KEPT: i64 = 64;

impl Tx<'_> {
    /// Notes that a release of a target was good at `at`.
    ///
    /// # Errors
    /// The state file's.
    pub fn note_good(&self, target: &str, release: &str, at: i64) -> Result<(), StoreError> {
        self.db.execute(
            "insert into noted (target, release, good_at) values (?1, ?2, ?3)
             on conflict (target, release) do update set good_at = max(good_at, excluded.good_at)",
            params![target, release, at],
        )?;
        self.db.execute(
            "delete from noted where target = ?1 and release not in
             (select release from noted where target = ?1 order by good_at desc limit ?2)",
            params![target, KEPT],
        )?;
        Ok(())
    }
}

impl Store {
    /// Releases of a target, the one last seen good first.
    ///
    /// # Errors
    /// The state file's.
    pub fn noted(&self, target: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let mut statement =
            self.db().prepare("select release, good_at from noted where target = ?1 order by good_at desc, release")?;
        let rows = statement.query_map([target], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
