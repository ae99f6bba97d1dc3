//! `healrun approve`: the local way in for an approval (R47, R49).

use super::args::{Approve, Format};
use super::{SCHEMA, out, runs, show};
use crate::approval::{self, Answer};
use crate::config::Config;
use crate::driver::{clock, person};
use crate::failure::Failure;
use crate::run_context::RunContext;
use crate::store::{Request, Store};
use serde_json::json;

pub(super) fn approve(args: &Approve) -> Result<u8, Failure> {
    let mut store = runs::open(&args.state)?;
    let request = find(&store, args.id.as_deref())?;
    let by = person::name();
    let answer = Answer {
        groups: config_of(&store, &request.run)?.groups_of(&by),
        by: by.clone(),
        method: "local".to_owned(),
        approve: !args.refuse,
        fingerprint: args.fingerprint.clone(),
        at: clock::wall(),
    };
    let ask = &request.ask;
    let decision = approval::answer(&mut store, &ask.request, answer)?;
    let word = if decision.approve { "approved" } else { "refused" };
    match args.format {
        Format::Json => out::json(&json!({
            "schema": SCHEMA, "run_id": request.run, "request": ask.request, "fingerprint": ask.fingerprint,
            "by": by, "method": "local", "answer": word, "changes": ask.changes,
        })),
        Format::Text => {
            for change in &ask.changes {
                out::print(&format!("{word}: {}\n", show::one_line(change)));
            }
            out::print(&format!("by {by} (local, unauthenticated); next: healrun resume {}\n", request.run));
        }
    }
    Ok(0)
}

fn find(store: &Store, id: Option<&str>) -> Result<Request, Failure> {
    let (now, failed) = (clock::wall(), |e| store.failure(&e));
    if let Some(id) = id {
        if let Some(request) = store.request(id).map_err(failed)? {
            return Ok(request);
        }
        let run = store.run(id).map_err(failed)?;
        let run = run.ok_or_else(|| Failure::invalid(format!("there is no run and no request `{id}`")))?;
        let mut open = store.open_requests(Some(&run.id), now).map_err(failed)?;
        if open.is_empty()
            && let Some(request) = store.last_request(&run.id).map_err(failed)?
            && let Some(closed) = approval::why_closed(store, &request, now)?
        {
            return Err(closed);
        }
        return open.pop().ok_or_else(|| Failure::invalid(format!("run {} asks for nothing", run.id)));
    }
    let mut open = store.open_requests(None, now).map_err(failed)?;
    match (open.pop(), open.is_empty()) {
        (Some(request), true) => Ok(request),
        (Some(last), false) => {
            open.push(last);
            let runs: Vec<&str> = open.iter().map(|r| r.run.as_str()).collect();
            Err(Failure::invalid("several runs ask").help(format!("name one: {}", runs.join(", "))))
        }
        (None, _) => Err(Failure::invalid("no run asks for an approval")),
    }
}

fn config_of(store: &Store, run: &str) -> Result<Config, Failure> {
    let row = store.run(run).map_err(|e| store.failure(&e))?;
    match row.map(|row| RunContext::read(&row.context)).transpose()? {
        Some(context) => context.config(),
        None => Ok(Config::default()),
    }
}
