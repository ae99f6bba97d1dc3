//! Bodies behind the digests of a journal, by content; capped (R37).

use super::{Store, StoreError, Tx};
use rusqlite::{OptionalExtension, params};

/// Most bytes of evidence a run keeps.
const PER_RUN: usize = 1 << 20;

impl Tx<'_> {
    /// Keeps a body, already redacted, unless the run has its fill.
    ///
    /// # Errors
    /// The state file's.
    pub fn keep_evidence(&self, run: &str, digest: &str, at: i64, body: &[u8]) -> Result<(), StoreError> {
        let kept: i64 =
            self.db
                .query_row("select coalesce(sum(length(body)), 0) from evidence where run = ?1", [run], |r| r.get(0))?;
        if usize::try_from(kept).unwrap_or(usize::MAX).saturating_add(body.len()) <= PER_RUN {
            self.db.execute(
                "insert or ignore into evidence (run, digest, at, body) values (?1, ?2, ?3, ?4)",
                params![run, digest, at, body],
            )?;
        }
        Ok(())
    }
}

impl Store {
    /// The body of a digest, while it lives.
    ///
    /// # Errors
    /// The state file's.
    pub fn evidence(&self, run: &str, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .db()
            .query_row("select body from evidence where run = ?1 and digest = ?2", [run, digest], |r| r.get(0))
            .optional()?)
    }
}
