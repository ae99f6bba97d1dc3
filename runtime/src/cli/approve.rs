//! `healrun approve`: the local way in for an approval (R47, R49).

use super::args::{Approve, Format};
use super::{SCHEMA, out, runs, show};
use crate::config::Config;
use crate::driver::{clock, person};
use crate::failure::Failure;
use crate::run_context::RunContext;
use crate::store::{Decision, Request, RunStatus, Store};
use serde_json::json;

pub(super) fn approve(args: &Approve) -> Result<u8, Failure> {
    let mut store = runs::open(&args.state)?;
    let request = find(&store, args.id.as_deref())?;
    let ask = &request.ask;
    if let Some(closed) = closed(&store, &request)? {
        return Err(closed);
    }
    let now = clock::wall();
    if request.until <= now {
        return Err(Failure::invalid(format!("the request {} expired at {}", ask.request, show::time(request.until))));
    }
    if let Some(given) = &args.fingerprint
        && !(given.len() >= 8 && ask.fingerprint.starts_with(given.as_str()))
    {
        return Err(Failure::invalid(format!("the request is for {}, not for {given}", ask.fingerprint))
            .help("what would be done has changed: look at it again"));
    }
    let by = person::name();
    let groups = config_of(&store, &request.run)?.groups_of(&by);
    let named = ask.people.contains(&by) || ask.groups.iter().any(|g| groups.contains(g));
    if !(named || ask.people.is_empty() && ask.groups.is_empty()) {
        return Err(Failure::invalid(format!("{by} is not among those who may answer: {}", who(&request)))
            .help("`groups:` in healrun.yaml names people by their user name"));
    }
    let decision = Decision {
        n: 0,
        request: ask.request.clone(),
        by: by.clone(),
        method: "local".to_owned(),
        approve: !args.refuse,
        fingerprint: ask.fingerprint.clone(),
        at: now,
    };
    let written = store.write(|tx| {
        if !tx.decide_open(&decision)? {
            return Ok(false);
        }
        let said = json!({ "request": ask.request, "by": by, "method": "local", "approve": decision.approve });
        tx.enter(now, "decided", &request.run, &said)?;
        Ok(true)
    });
    if !written.map_err(|e| store.failure(&e))? {
        // Somebody was faster.
        let request = find(&store, Some(&ask.request))?;
        let closed = closed(&store, &request)?;
        return Err(closed.unwrap_or_else(|| Failure::invalid(format!("the request {} is not open", ask.request))));
    }
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

/// Why a request takes no more answers.
fn closed(store: &Store, request: &Request) -> Result<Option<Failure>, Failure> {
    let failed = |e| store.failure(&e);
    let name = &request.ask.request;
    let answers = store.decisions_after(&request.run, 0).map_err(failed)?;
    if let Some(no) = answers.iter().find(|d| d.request == *name && !d.approve) {
        let at = show::time(no.at);
        return Ok(Some(Failure::invalid(format!("the request {name} was already refused by {} at {at}", no.by))));
    }
    if request.status != "open" {
        return Ok(Some(Failure::invalid(format!("the request {name} is {}", request.status))));
    }
    let run = store.run(&request.run).map_err(failed)?;
    let over = run.is_some_and(|run| run.status == RunStatus::Closed);
    Ok(over.then(|| Failure::invalid(format!("the run {} is over", request.run))))
}

fn find(store: &Store, id: Option<&str>) -> Result<Request, Failure> {
    let failed = |e| store.failure(&e);
    if let Some(id) = id {
        if let Some(request) = store.request(id).map_err(failed)? {
            return Ok(request);
        }
        let run = store.run(id).map_err(failed)?;
        let run = run.ok_or_else(|| Failure::invalid(format!("there is no run and no request `{id}`")))?;
        let mut open = store.open_requests(Some(&run.id)).map_err(failed)?;
        if open.is_empty()
            && let Some(request) = store.last_request(&run.id).map_err(failed)?
            && let Some(closed) = closed(store, &request)?
        {
            return Err(closed);
        }
        return open.pop().ok_or_else(|| Failure::invalid(format!("run {} asks for nothing", run.id)));
    }
    let mut open = store.open_requests(None).map_err(failed)?;
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

fn who(request: &Request) -> String {
    let groups = request.ask.groups.iter().map(|g| format!("group {g}"));
    groups.chain(request.ask.people.iter().cloned()).collect::<Vec<_>>().join(", ")
}
