//! `healrun resume`: going on with a run that waits, or that a crash left open.

use super::args::{Format, Resume};
use super::prepare::{self, Prepared};
use super::{out, runs, tree};
use crate::failure::Failure;
use crate::run_context::RunContext;
use crate::session::{self, Taken};
use crate::store::{RunRow, RunStatus, Store};
use std::collections::BTreeMap;

pub(super) fn resume(args: &Resume) -> Result<u8, Failure> {
    let exits = prepare::exit_map(&args.exits)?;
    let store = runs::open(&args.state)?;
    let row = find(&store, args.run.as_deref())?;
    if let Some(env) = args.env.as_deref().filter(|env| *env != row.environment) {
        return Err(Failure::invalid(format!(
            "run {} is of the environment `{}`, not `{env}`",
            row.id, row.environment
        )));
    }
    go_on(store, &row, args.format, &exits)
}

/// The run that is meant. One that is over is shown again: the same outcome, the same exit code.
fn find(store: &Store, id: Option<&str>) -> Result<RunRow, Failure> {
    let failed = |e| store.failure(&e);
    if let Some(id) = id {
        let found = store.run(id).map_err(failed)?;
        return found
            .ok_or_else(|| Failure::invalid(format!("there is no run `{id}`")).help("`healrun runs list` names them"));
    }
    let mut open = store.unfinished_runs().map_err(failed)?;
    match (open.pop(), open.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(last), false) => {
            open.push(last);
            let ids: Vec<&str> = open.iter().map(|r| r.id.as_str()).collect();
            Err(Failure::invalid("several runs are not over").help(format!("name one: {}", ids.join(", "))))
        }
        // Killed right after its end: it is said again.
        (None, _) => {
            store.runs(1).map_err(failed)?.pop().ok_or_else(|| {
                Failure::invalid("there is no run to go on with").help("`healrun run PLAYBOOK` starts one")
            })
        }
    }
}

/// Goes on with a run of a state file.
pub(super) fn go_on(store: Store, row: &RunRow, format: Format, exits: &BTreeMap<String, u8>) -> Result<u8, Failure> {
    if row.status == RunStatus::Closed {
        out::note(&format!("run {} is over", row.id));
        return Ok(prepare::end(&session::stored(row)?, format, exits));
    }
    let plan = store.plan(&row.plan_hash).map_err(|e| store.failure(&e))?;
    let state = store.path().to_owned();
    let Prepared { givens, start, tokens } = prepare::prepare_again(row, plan, &state)?;
    let tier = RunContext::read(&row.context)?.tier;
    let taken = session::take(store, row, &givens.plan, &givens.config, &tier)?;
    let (held, rows, owner_dead) = match taken {
        Taken::Ours { held, rows, owner_dead, crashed } => {
            if crashed {
                out::note(&format!("run {} was left open by a process that is gone", row.id));
            }
            (held, rows, owner_dead)
        }
        Taken::Held(owner) => {
            out::note(&format!("run {} is at work ({}): nothing to do here", row.id, owner.words()));
            let finished = session::joined(&givens, row);
            return Ok(prepare::end(&finished, format, exits));
        }
        Taken::Closed => {
            let store = Store::open(&state)?;
            let row = store.run(&row.id).map_err(|e| store.failure(&e))?;
            let row = row.ok_or_else(|| Failure::state("the run is gone"))?;
            return Ok(prepare::end(&session::stored(&row)?, format, exits));
        }
    };
    let mut observer = tree::observer(&givens, start.terminal, format);
    let work = session::resumed(*held, &rows, owner_dead, givens, &start, &tokens, observer.as_mut());
    let finished = prepare::drive(work)?;
    drop(observer);
    Ok(prepare::end(&finished?, format, exits))
}
