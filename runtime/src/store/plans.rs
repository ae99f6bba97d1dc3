//! Plans by their hash: a paused run carries its own (R34).

use super::{Store, StoreError, Tx};
use heal_lang::plan::Plan;
use rusqlite::{OptionalExtension, params};

impl Tx<'_> {
    /// Keeps a plan.
    ///
    /// # Errors
    /// The state file's.
    pub fn keep_plan(&self, plan: &Plan, at: i64) -> Result<(), StoreError> {
        self.db.execute(
            "insert or ignore into plans (hash, body, at) values (?1, ?2, ?3)",
            params![plan.hash, serde_json::to_vec(plan)?, at],
        )?;
        Ok(())
    }
}

impl Store {
    /// The plan of that hash.
    ///
    /// # Errors
    /// The state file's; there is none.
    pub fn plan(&self, hash: &str) -> Result<Plan, StoreError> {
        let body: Option<Vec<u8>> =
            self.db().query_row("select body from plans where hash = ?1", [hash], |r| r.get(0)).optional()?;
        let body =
            body.ok_or_else(|| StoreError { passing: false, message: format!("the plan {hash} is not in it") })?;
        Ok(serde_json::from_slice(&body)?)
    }
}
