//! Approval requests and their answers. The tally is the engine's; the use is in the guard's admission (R26).

use super::{Store, StoreError, Tx};
use heal_engine::command::AskRequest;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

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
    /// When it was withdrawn, Unix milliseconds. How it stands beside that is told by the answers, the run and the
    /// clock: [`Store::standing`].
    pub withdrawn: Option<i64>,
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

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be answered.
    Open,
    /// Enough people said yes.
    Granted {
        /// Who.
        by: Vec<String>,
    },
    /// Somebody said no.
    Refused {
        /// Who.
        by: String,
        /// When, Unix milliseconds.
        at: i64,
    },
    /// Its time is over.
    Expired,
    /// It is no longer needed, or would do something else by now.
    Withdrawn {
        /// When, Unix milliseconds.
        at: i64,
    },
    /// Its run is over.
    RunOver,
}

type RawRequest = (String, String, i64, i64, Option<i64>);

fn raw(row: &Row<'_>) -> rusqlite::Result<RawRequest> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn request((run, body, asked, until, withdrawn): RawRequest) -> Result<Request, StoreError> {
    Ok(Request { run, ask: serde_json::from_str(&body)?, asked, until, withdrawn })
}

/// Nothing of it is stored twice: so it is true whoever asks, and also where nobody was there when it changed.
fn standing(db: &Connection, request: &Request, now: i64) -> Result<Standing, StoreError> {
    let id = &request.ask.request;
    // As it is now, not as it was when `request` was read.
    let row = db.query_row("select until, withdrawn from approvals where request = ?1", [id], |r| {
        Ok((r.get::<_, i64>(0)?, r.get::<_, Option<i64>>(1)?))
    });
    let (until, withdrawn) = row?;
    let mut statement = db.prepare("select by, approve, at from decisions where request = ?1 order by n")?;
    let answers: Vec<(String, bool, i64)> =
        statement.query_map([id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<Result<_, _>>()?;
    if let Some((by, _, at)) = answers.iter().find(|(_, approve, _)| !approve) {
        return Ok(Standing::Refused { by: by.clone(), at: *at });
    }
    if let Some(at) = withdrawn {
        return Ok(Standing::Withdrawn { at });
    }
    let sql = "select exists (select 1 from runs where id = ?1 and status = 'closed')";
    if db.query_row(sql, [&request.run], |r| r.get(0))? {
        return Ok(Standing::RunOver);
    }
    let by: BTreeSet<String> = answers.into_iter().map(|(by, ..)| by).collect();
    if by.len() as u64 >= u64::from(request.ask.need.max(1)) {
        return Ok(Standing::Granted { by: by.into_iter().collect() });
    }
    Ok(if until <= now { Standing::Expired } else { Standing::Open })
}

impl Tx<'_> {
    /// Records a request; asking the same again renews it.
    ///
    /// # Errors
    /// The state file's.
    pub fn ask(&self, run: &str, ask: &AskRequest, asked: i64, until: i64) -> Result<(), StoreError> {
        self.db.execute(
            "insert into approvals (request, run, fingerprint, body, asked, until)
             values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict (request) do update set until = excluded.until, withdrawn = null",
            params![ask.request, run, ask.fingerprint, serde_json::to_string(ask)?, asked, until],
        )?;
        Ok(())
    }

    /// A request is no longer needed.
    ///
    /// # Errors
    /// The state file's.
    pub fn withdraw(&self, request: &str, at: i64) -> Result<(), StoreError> {
        self.db.execute("update approvals set withdrawn = ?2 where request = ?1", params![request, at])?;
        Ok(())
    }

    /// How a request stands, within this transaction.
    ///
    /// # Errors
    /// The state file's; there is no such request.
    pub fn standing(&self, request: &Request, now: i64) -> Result<Standing, StoreError> {
        standing(&self.db, request, now)
    }

    /// Records an answer, whatever it is worth: [`crate::approval::answer`] looks first.
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
            .query_row("select run, body, asked, until, withdrawn from approvals where request = ?1", [id], raw)
            .optional()?
            .map(request)
            .transpose()
    }

    /// What a run asked last, open or not.
    ///
    /// # Errors
    /// The state file's.
    pub fn last_request(&self, run: &str) -> Result<Option<Request>, StoreError> {
        let sql = "select run, body, asked, until, withdrawn from approvals where run = ?1
                   order by asked desc, request desc limit 1";
        self.db().query_row(sql, [run], raw).optional()?.map(request).transpose()
    }

    /// How a request stands at that time, Unix milliseconds.
    ///
    /// # Errors
    /// The state file's; there is no such request.
    pub fn standing(&self, request: &Request, now: i64) -> Result<Standing, StoreError> {
        standing(self.db(), request, now)
    }

    /// The requests that are open at that time, of one run or of all, oldest first.
    ///
    /// # Errors
    /// The state file's.
    pub fn open_requests(&self, run: Option<&str>, now: i64) -> Result<Vec<Request>, StoreError> {
        let mut statement = self.db().prepare(
            "select run, body, asked, until, withdrawn from approvals
             where withdrawn is null and until > ?2 and (?1 is null or run = ?1) order by asked, request",
        )?;
        let rows: Vec<RawRequest> = statement.query_map(params![run, now], raw)?.collect::<Result<_, _>>()?;
        let mut open = Vec::new();
        for found in rows.into_iter().map(request) {
            let found = found?;
            if self.standing(&found, now)? == Standing::Open {
                open.push(found);
            }
        }
        Ok(open)
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
