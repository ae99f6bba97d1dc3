//! `healrun runs list|show`.

use super::args::{Format, Runs, RunsCommand, RunsList, RunsShow, State};
use super::{SCHEMA, out, show};
use crate::config::Config;
use crate::failure::Failure;
use crate::store::{RunRow, RunStatus, Store};
use serde_json::{Value, json};

pub(super) fn runs(args: &Runs) -> Result<u8, Failure> {
    match &args.command {
        RunsCommand::List(args) => list(args),
        RunsCommand::Show(args) => one(args),
    }
}

/// The state file that is meant: as said, else that of the nearest `healrun.yaml`.
pub(super) fn open(state: &State) -> Result<Store, Failure> {
    let config = Config::find(std::path::Path::new("./here"))?;
    Store::open_existing(&config.state_path(state.path.as_deref()))
}

/// As [`open`], and made where there is none.
pub(super) fn create(state: &State) -> Result<Store, Failure> {
    let config = Config::find(std::path::Path::new("./here"))?;
    Store::open(&config.state_path(state.path.as_deref()))
}

/// Where a run stands, in one word.
pub(super) fn standing(run: &RunRow) -> String {
    match run.status {
        RunStatus::Closed => run.outcome.clone().unwrap_or_else(|| "closed".to_owned()),
        RunStatus::Parked if run.outcome.as_deref() == Some("waiting") => "waiting".to_owned(),
        RunStatus::Parked => "interrupted".to_owned(),
        RunStatus::Open if run.is_held(jiff::Timestamp::now().as_millisecond()) => "running".to_owned(),
        RunStatus::Open => "interrupted".to_owned(),
    }
}

fn list(args: &RunsList) -> Result<u8, Failure> {
    let store = open(&args.state)?;
    let runs = store.runs(args.limit).map_err(|e| store.failure(&e))?;
    match args.format {
        Format::Json => {
            let rows: Vec<Value> = runs
                .iter()
                .map(|r| {
                    json!({
                        "run_id": r.id, "playbook": r.playbook, "environment": r.environment,
                        "plan_hash": r.plan_hash, "standing": standing(r), "outcome": r.outcome,
                        "exit_code": r.exit_code, "opened": show::time(r.opened), "closed": r.closed.map(show::time),
                    })
                })
                .collect();
            out::json(&json!({ "schema": SCHEMA, "runs": rows }));
        }
        Format::Text if runs.is_empty() => out::note("no run yet"),
        Format::Text => {
            for r in &runs {
                out::print(&format!(
                    "{}  {}  {:12}  {:10}  {}\n",
                    r.id,
                    show::time(r.opened),
                    standing(r),
                    r.environment,
                    r.playbook
                ));
            }
        }
    }
    Ok(0)
}

fn one(args: &RunsShow) -> Result<u8, Failure> {
    let store = open(&args.state)?;
    let found = store.run(&args.run).map_err(|e| store.failure(&e))?;
    let Some(run) = found else {
        return Err(Failure::invalid(format!("there is no run `{}`", args.run)).help("`healrun runs list` names them"));
    };
    let journal = store.journal(&run.id).map_err(|e| store.failure(&e))?;
    let report: Value = run.report.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    match args.format {
        Format::Json => {
            let events: Vec<Value> = journal.iter().map(|row| json!(row.event)).collect();
            out::json(&json!({
                "schema": SCHEMA, "run_id": run.id, "standing": standing(&run), "report": report,
                "head": store.head(&run.id).map_err(|e| store.failure(&e))?, "events": events,
            }));
        }
        Format::Text => {
            out::print(&format!("run {} of {} in {}: {}\n", run.id, run.playbook, run.environment, standing(&run)));
            out::print(&show::report(&report, true));
            out::print("\njournal\n");
            // Without the plan the steps have no names; the rows still say what happened.
            let plan = store.plan(&run.plan_hash).ok();
            for row in &journal {
                out::print(&show::event(&row.event, plan.as_ref()));
            }
        }
    }
    Ok(0)
}
