//! The runs: which there are, who holds them, how they ended.

use super::{Store, StoreError, Tx};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// A process has it, or died with it.
    Open,
    /// It waits; the process has gone.
    Parked,
    /// Final.
    Closed,
}

impl RunStatus {
    /// The stored word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RunStatus::Open => "open",
            RunStatus::Parked => "parked",
            RunStatus::Closed => "closed",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "open" => RunStatus::Open,
            "parked" => RunStatus::Parked,
            _ => RunStatus::Closed,
        }
    }
}

/// Which process: enough to find out later whether it lives (R22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The machine.
    pub host: String,
    /// Since when it runs: a pid means nothing after a reboot.
    pub boot: String,
    /// Its number.
    pub pid: u32,
    /// When it started, in ticks since boot: a pid may come again.
    pub started: u64,
}

impl Owner {
    /// This process.
    #[must_use]
    pub fn this() -> Owner {
        let pid = std::process::id();
        Owner {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            boot: std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|s| s.trim().to_owned())
                .unwrap_or_default(),
            pid,
            started: start_time(pid).unwrap_or(0),
        }
    }

    /// Certainly gone: of this machine and this boot, and no such process is there.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        let here = Owner::this();
        if self.host != here.host || here.boot.is_empty() {
            return false;
        }
        self.boot != here.boot || start_time(self.pid) != Some(self.started)
    }

    /// For people and the journal.
    #[must_use]
    pub fn words(&self) -> String {
        format!("pid {} on {}", self.pid, self.host)
    }
}

/// Field 22 of `/proc/PID/stat`; the name in field 2 may hold spaces and brackets. A zombie is gone.
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    if matches!(fields.next(), Some("Z" | "X")) {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// A run to be.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id.
    pub id: String,
    /// The playbook's name.
    pub playbook: String,
    /// The incident.
    pub run_key: String,
    /// The environment.
    pub environment: String,
    /// Its plan.
    pub plan_hash: String,
    /// What a later process needs to go on with it, as JSON; no secrets.
    pub context: String,
    /// Wall time, Unix milliseconds.
    pub opened: i64,
}

/// A run as it stands.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// The playbook's name.
    pub playbook: String,
    /// The incident.
    pub run_key: String,
    /// The environment.
    pub environment: String,
    /// Its plan.
    pub plan_hash: String,
    /// What a later process needs.
    pub context: String,
    /// Unix milliseconds.
    pub opened: i64,
    /// Unix milliseconds.
    pub closed: Option<i64>,
    /// Where it stands.
    pub status: RunStatus,
    /// Its outcome's word.
    pub outcome: Option<String>,
    /// Its exit code.
    pub exit_code: Option<u8>,
    /// The final JSON.
    pub report: Option<String>,
    /// Who has it.
    pub owner: Option<Owner>,
    /// Until when, Unix milliseconds.
    pub lease_until: i64,
    /// The fence of that claim.
    pub epoch: u64,
}

impl RunRow {
    /// Somebody has it and may be at work.
    #[must_use]
    pub fn is_held(&self, now: i64) -> bool {
        self.status == RunStatus::Open
            && self.owner.as_ref().is_some_and(|owner| !owner.is_dead() && now < self.lease_until)
    }
}

/// What came of claiming a run.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is ours, with this fence; who had it before.
    Ours {
        /// The fence.
        epoch: u64,
        /// Whoever had it last, if they did not let it go.
        before: Option<Owner>,
    },
    /// A living process has it.
    Held(Owner),
    /// It is over.
    Closed,
}

const COLUMNS: &str = "id, playbook, run_key, environment, plan_hash, context, opened, closed, status, outcome, \
                       exit_code, report, owner, lease_until, epoch";

fn row(r: &Row<'_>) -> rusqlite::Result<RunRow> {
    let status: String = r.get(8)?;
    let owner: Option<String> = r.get(12)?;
    Ok(RunRow {
        id: r.get(0)?,
        playbook: r.get(1)?,
        run_key: r.get(2)?,
        environment: r.get(3)?,
        plan_hash: r.get(4)?,
        context: r.get(5)?,
        opened: r.get(6)?,
        closed: r.get(7)?,
        status: RunStatus::from_word(&status),
        outcome: r.get(9)?,
        exit_code: r.get(10)?,
        report: r.get(11)?,
        owner: owner.and_then(|text| serde_json::from_str(&text).ok()),
        lease_until: r.get(13)?,
        epoch: r.get(14)?,
    })
}

impl Tx<'_> {
    /// Adds a run that nobody holds yet.
    ///
    /// # Errors
    /// The state file's.
    pub fn add_run(&self, run: &NewRun) -> Result<(), StoreError> {
        self.db.execute(
            "insert into runs (id, playbook, run_key, environment, plan_hash, context, opened, status)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open')",
            params![run.id, run.playbook, run.run_key, run.environment, run.plan_hash, run.context, run.opened],
        )?;
        Ok(())
    }

    /// The newest run of an incident that is not over.
    ///
    /// # Errors
    /// The state file's.
    pub fn unfinished(&self, run_key: &str) -> Result<Option<RunRow>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from runs where run_key = ?1 and status <> 'closed' order by opened desc, id desc limit 1"
        );
        Ok(self.db.query_row(&sql, [run_key], row).optional()?)
    }

    /// Takes a run, unless a living process has it.
    ///
    /// # Errors
    /// The state file's; there is no such run.
    pub fn claim(&self, id: &str, owner: &Owner, now: i64, lease_ms: i64) -> Result<Claim, StoreError> {
        let sql = format!("select {COLUMNS} from runs where id = ?1");
        let found = self.db.query_row(&sql, [id], row).optional()?;
        let found = found.ok_or_else(|| StoreError { passing: false, message: format!("there is no run {id}") })?;
        if found.status == RunStatus::Closed {
            return Ok(Claim::Closed);
        }
        if found.is_held(now)
            && let Some(holder) = found.owner
        {
            return Ok(Claim::Held(holder));
        }
        let epoch = found.epoch + 1;
        self.db.execute(
            "update runs set owner = ?2, lease_until = ?3, epoch = ?4, status = 'open' where id = ?1",
            params![id, serde_json::to_string(owner)?, now + lease_ms, epoch],
        )?;
        Ok(Claim::Ours { epoch, before: found.owner })
    }

    /// The fence of a run's last claim.
    ///
    /// # Errors
    /// The state file's; there is no such run.
    pub fn epoch(&self, id: &str) -> Result<u64, StoreError> {
        let found = self.db.query_row("select epoch from runs where id = ?1", [id], |r| r.get(0)).optional()?;
        found.ok_or_else(|| StoreError { passing: false, message: format!("there is no run {id} any more") })
    }

    /// Lets a run go: it waits, or it is over.
    ///
    /// # Errors
    /// The state file's.
    pub fn leave(&self, id: &str, status: RunStatus) -> Result<(), StoreError> {
        self.db.execute(
            "update runs set status = ?2, owner = null, lease_until = 0 where id = ?1",
            params![id, status.word()],
        )?;
        Ok(())
    }

    /// Writes how a run stands at the end of a process.
    ///
    /// # Errors
    /// The state file's.
    pub fn conclude(
        &self,
        id: &str,
        outcome: &str,
        exit: u8,
        report: &str,
        closed: Option<i64>,
    ) -> Result<(), StoreError> {
        self.db.execute(
            "update runs set outcome = ?2, exit_code = ?3, report = ?4, closed = ?5 where id = ?1",
            params![id, outcome, exit, report, closed],
        )?;
        Ok(())
    }
}

impl Store {
    /// The run of that id, or of the only one that starts with it.
    ///
    /// # Errors
    /// The state file's.
    pub fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        let sql = format!("select {COLUMNS} from runs where id = ?1 or substr(id, 1, length(?1)) = ?1 limit 2");
        let mut statement = self.db().prepare(&sql)?;
        let mut found: Vec<RunRow> = statement.query_map([id], row)?.collect::<Result<_, _>>()?;
        if let Some(at) = found.iter().position(|r| r.id == id) {
            return Ok(Some(found.swap_remove(at)));
        }
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// All runs, newest first.
    ///
    /// # Errors
    /// The state file's.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let sql = format!("select {COLUMNS} from runs order by opened desc, id desc limit ?1");
        let mut statement = self.db().prepare(&sql)?;
        Ok(statement.query_map([limit], row)?.collect::<Result<_, _>>()?)
    }

    /// Runs that are not over, oldest first.
    ///
    /// # Errors
    /// The state file's.
    pub fn unfinished_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let sql = format!("select {COLUMNS} from runs where status <> 'closed' order by opened, id");
        let mut statement = self.db().prepare(&sql)?;
        Ok(statement.query_map([], row)?.collect::<Result<_, _>>()?)
    }

    /// Holds a run for longer. `false`: somebody else has it now.
    ///
    /// # Errors
    /// The state file's.
    pub fn renew(&mut self, id: &str, epoch: u64, until: i64) -> Result<bool, StoreError> {
        self.write(|tx| {
            let changed = tx.db.execute(
                "update runs set lease_until = ?3 where id = ?1 and epoch = ?2 and status = 'open'",
                params![id, epoch, until],
            )?;
            Ok(changed == 1)
        })
    }
}
