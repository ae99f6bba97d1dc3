//! Approval requests and their answers. The tally is the engine's; the use is in the guard's admission (R26).

use super::{Store, StoreError, Tx};
use heal_engine::command::AskRequest;
use rusqlite::{OptionalExtension, Row, params};

/// A request as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Of which run.
    pub run: String,
    /// What the engine asked.
    pub ask: AskRequest,
    /// Wall time, Unix milliseconds.
    pub asked: i64,
    /// Expires at, Unix milliseconds.
    pub until: i64,
    /// `open`, `withdrawn`, `used`.
    pub status: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its number, ascending.
    pub n: i64,
    /// To which request.
    pub request: String,
    /// Who.
    pub by: String,
    /// How.
    pub method: String,
    /// Yes or no.
    pub approve: bool,
    /// What they saw.
    pub fingerprint: String,
    /// When, Unix milliseconds.
    pub at: i64,
}

/// What makes a request open: nobody used, withdrew or refused it, and its run is not over.
const OPEN: &str = "approvals.status = 'open'
    and not exists (select 1 from runs where runs.id = approvals.run and runs.status = 'closed')
    and not exists (select 1 from decisions d where d.request = approvals.request and d.approve = 0)";

type RawRequest = (String, String, i64, i64, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<RawRequest> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn request((run, body, asked, until, status): RawRequest) -> Result<Request, StoreError> {
    Ok(Request { run, ask: serde_json::from_str(&body)?, asked, until, status })
}

impl Tx<'_> {
    /// Records a request; asking the same again renews it.
    ///
    /// # Errors
    /// The state file's.
    pub fn ask(&self, run: &str, ask: &AskRequest, asked: i64, until: i64) -> Result<(), StoreError> {
        self.db.execute(
            "insert into approvals (request, run, fingerprint, body, asked, until, status)
             values (?1, ?2, ?3, ?4, ?5, ?6, 'open')
             on conflict (request) do update set until = excluded.until, status = 'open'",
            params![ask.request, run, ask.fingerprint, serde_json::to_string(ask)?, asked, until],
        )?;
        Ok(())
    }

    /// A request is no longer open.
    ///
    /// # Errors
    /// The state file's.
    pub fn end_request(&self, request: &str, status: &str) -> Result<(), StoreError> {
        self.db.execute("update approvals set status = ?2 where request = ?1", [request, status])?;
        Ok(())
    }

    /// Records an answer to a request that is still open. `false`: it is not, and nothing was recorded.
    ///
    /// # Errors
    /// The state file's.
    pub fn decide_open(&self, decision: &Decision) -> Result<bool, StoreError> {
        let sql = format!("select exists (select 1 from approvals where request = ?1 and {OPEN})");
        let open: bool = self.db.query_row(&sql, [&decision.request], |r| r.get(0))?;
        if open {
            self.decide(decision)?;
        }
        Ok(open)
    }

    /// Records an answer.
    ///
    /// # Errors
    /// The state file's.
    pub fn decide(&self, decision: &Decision) -> Result<(), StoreError> {
        self.db.execute(
            "insert into decisions (request, by, method, approve, fingerprint, at) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                decision.request,
                decision.by,
                decision.method,
                decision.approve,
                decision.fingerprint,
                decision.at
            ],
        )?;
        Ok(())
    }
}

impl Store {
    /// The request of that id.
    ///
    /// # Errors
    /// The state file's.
    pub fn request(&self, id: &str) -> Result<Option<Request>, StoreError> {
        self.db()
            .query_row("select run, body, asked, until, status from approvals where request = ?1", [id], raw)
            .optional()?
            .map(request)
            .transpose()
    }

    /// What a run asked last, open or not.
    ///
    /// # Errors
    /// The state file's.
    pub fn last_request(&self, run: &str) -> Result<Option<Request>, StoreError> {
        let sql = "select run, body, asked, until, status from approvals where run = ?1
                   order by asked desc, request desc limit 1";
        self.db().query_row(sql, [run], raw).optional()?.map(request).transpose()
    }

    /// The open requests, of one run or of all, oldest first.
    ///
    /// # Errors
    /// The state file's.
    pub fn open_requests(&self, run: Option<&str>) -> Result<Vec<Request>, StoreError> {
        let mut statement = self.db().prepare(&format!(
            "select run, body, asked, until, status from approvals
             where {OPEN} and (?1 is null or run = ?1) order by asked, request"
        ))?;
        let rows: Vec<RawRequest> = statement.query_map([run], raw)?.collect::<Result<_, _>>()?;
        rows.into_iter().map(request).collect()
    }

    /// Answers to a run's requests after number `n`.
    ///
    /// # Errors
    /// The state file's.
    pub fn decisions_after(&self, run: &str, n: i64) -> Result<Vec<Decision>, StoreError> {
        let mut statement = self.db().prepare(
            "select d.n, d.request, d.by, d.method, d.approve, d.fingerprint, d.at from decisions d
             join approvals a on a.request = d.request where a.run = ?1 and d.n > ?2 order by d.n",
        )?;
        let rows = statement.query_map(params![run, n], |r| {
            Ok(Decision {
                n: r.get(0)?,
                request: r.get(1)?,
                by: r.get(2)?,
                method: r.get(3)?,
                approve: r.get(4)?,
                fingerprint: r.get(5)?,
                at: r.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
