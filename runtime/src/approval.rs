//! Answering an approval request: one way for every way in (R26, R45, R47).
//!
//! Whoever answers, at the terminal of the run or by `healrun approve`, is told in words why an answer does not count; an
//! answer that is recorded counts. The engine tallies what is recorded, and has the last word.

#[cfg(test)]
mod tests;

use crate::driver::clock::text as time;
use crate::failure::Failure;
use crate::store::{Decision, Request, Standing, Store, StoreError, Tx};
use heal_engine::event::EventKind;
use serde_json::json;

/// An answer, and who gives it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Their name, as the way in knows it.
    pub by: String,
    /// The groups they are in.
    pub groups: Vec<String>,
    /// The way in: `local`.
    pub method: String,
    /// Yes or no.
    pub approve: bool,
    /// What they saw, or its first eight characters or more; none: what the request says.
    pub fingerprint: Option<String>,
    /// Unix milliseconds.
    pub at: i64,
}

/// An answer that may be recorded.
#[derive(Clone, Debug)]
pub struct Checked {
    request: Request,
    /// What will be recorded.
    pub decision: Decision,
}

/// Records an answer, with its line in the ledger.
///
/// # Errors
/// As [`check`], and the state file's.
pub fn answer(store: &mut Store, request: &str, answer: Answer) -> Result<Decision, Failure> {
    let checked = check(store, request, answer)?;
    let standing = store.write(|tx| checked.record(tx)).map_err(|e| store.failure(&e))?;
    checked.taken(&standing)?;
    Ok(checked.decision)
}

/// Whether an answer counts.
///
/// # Errors
/// Exit 2: the request takes no answer, or none of theirs, and why. Exit 74: the state file's.
pub fn check(store: &Store, request: &str, answer: Answer) -> Result<Checked, Failure> {
    let found = store.request(request).map_err(|e| store.failure(&e))?;
    let found = found.ok_or_else(|| Failure::invalid(format!("there is no request `{request}`")))?;
    may_answer(store, &found, &answer)?;
    let decision = Decision {
        n: 0,
        request: request.to_owned(),
        by: answer.by,
        method: answer.method,
        approve: answer.approve,
        fingerprint: found.ask.fingerprint.clone(),
        at: answer.at,
    };
    Ok(Checked { request: found, decision })
}

impl Checked {
    /// Records it, unless the request is no longer open: somebody may have been faster.
    ///
    /// # Errors
    /// The state file's.
    pub fn record(&self, tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
        let decision = &self.decision;
        let standing = tx.standing(&self.request, decision.at)?;
        if standing == Standing::Open {
            tx.decide(decision)?;
            let said = json!({
                "request": decision.request, "by": decision.by, "method": decision.method, "approve": decision.approve,
            });
            tx.enter(decision.at, "decided", &self.request.run, &said)?;
        }
        Ok(standing)
    }

    /// Whether it was recorded, by how the request stood then.
    ///
    /// # Errors
    /// Exit 2: it was not open any more.
    pub fn taken(&self, standing: &Standing) -> Result<(), Failure> {
        closed(&self.request, standing).map_or(Ok(()), Err)
    }
}

/// Why a request takes no more answers; none: it does.
///
/// # Errors
/// The state file's.
pub fn why_closed(store: &Store, request: &Request, now: i64) -> Result<Option<Failure>, Failure> {
    Ok(closed(request, &store.standing(request, now).map_err(|e| store.failure(&e))?))
}

fn closed(request: &Request, standing: &Standing) -> Option<Failure> {
    let name = &request.ask.request;
    let why = match standing {
        Standing::Open => return None,
        Standing::Refused { by, at } => format!("the request {name} was already refused by {by} at {}", time(*at)),
        Standing::Withdrawn { at } => format!("the request {name} was withdrawn at {}", time(*at)),
        Standing::RunOver => format!("the run {} is over", request.run),
        Standing::Granted { by } => format!("the request {name} was already approved by {}", by.join(" and ")),
        Standing::Expired => format!("the request {name} expired at {}", time(request.until)),
    };
    Some(Failure::invalid(why))
}

fn may_answer(store: &Store, request: &Request, answer: &Answer) -> Result<(), Failure> {
    let (ask, by) = (&request.ask, &answer.by);
    if let Some(closed) = why_closed(store, request, answer.at)? {
        return Err(closed);
    }
    if let Some(given) = &answer.fingerprint
        && !(given.len() >= 8 && ask.fingerprint.starts_with(given.as_str()))
    {
        return Err(Failure::invalid(format!("the request is for {}, not for {given}", ask.fingerprint))
            .help("what would be done has changed: look at it again"));
    }
    let named = ask.people.contains(by) || ask.groups.iter().any(|g| answer.groups.contains(g));
    if !(named || ask.people.is_empty() && ask.groups.is_empty()) {
        return Err(Failure::invalid(format!("{by} is not among those who may answer: {}", who(request)))
            .help("`groups:` in healrun.yaml names people by their user name"));
    }
    if ask.not_requester && requester(store, &request.run)?.as_deref() == Some(by.as_str()) {
        return Err(Failure::invalid(format!("{by} started the run, and may not answer for it"))
            .help(format!("somebody else answers with: healrun approve {}", ask.request)));
    }
    let given = store.decisions_after(&request.run, 0).map_err(|e| store.failure(&e))?;
    // A second yes of one person is no second person; a no may still follow it.
    if answer.approve && given.iter().any(|d| d.request == ask.request && d.by == *by) {
        return Err(Failure::invalid(format!("{by} has already approved the request {}", ask.request))
            .help(format!("it needs {} people", ask.need)));
    }
    Ok(())
}

/// Who started the run, as its first row says.
fn requester(store: &Store, run: &str) -> Result<Option<String>, Failure> {
    let rows = store.journal(run).map_err(|e| store.failure(&e))?;
    Ok(rows.into_iter().find_map(|row| match row.event.kind {
        EventKind::Opened(opened) => opened.requester,
        _ => None,
    }))
}

fn who(request: &Request) -> String {
    let groups = request.ask.groups.iter().map(|g| format!("group {g}"));
    groups.chain(request.ask.people.iter().cloned()).collect::<Vec<_>>().join(", ")
}
