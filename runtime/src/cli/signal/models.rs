//! `healrun signal train`, `update` and `models`: what detectors have learnt, in the state file.

use super::args::{Form, ModelsList, ModelsRollback, Train, Update};
use super::table::{Rows, quoted};
use super::{refused, shown};
use crate::cli::args::State;
use crate::cli::{SCHEMA, out, runs};
use crate::driver::clock;
use crate::failure::Failure;
use crate::store::{ModelRow, NewModel, Store, VERSIONS};
use heal_signal::Series;
use heal_signal::kept::Kept;
use heal_signal::method::{self, Detector};
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

/// The detector of a model, to go on with.
pub(super) fn load(name: &str, state: &State) -> Result<Detector, Failure> {
    let store = runs::open(state)?;
    Ok(read(&store, name, None)?.1.into_detector())
}

pub(super) fn train(args: &Train) -> Result<u8, Failure> {
    let name = &args.model;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err(Failure::invalid("`--model` is empty or holds control characters"));
    }
    let method = method::find(&args.method).ok_or_else(|| Failure::invalid(format!("no method `{}`", args.method)))?;
    let mut kept = Kept::new(method).map_err(|r| refused(name, "trained", &r))?;
    let learnt = kept.learn(&series(&args.file, args.column.as_deref(), args.unit.unwrap_or(1.0))?);
    let mut store = runs::create(&args.state)?;
    let row = keep(&mut store, name, &kept, "healrun signal train")?;
    print(&[row], args.format, Some(learnt));
    Ok(0)
}

pub(super) fn update(args: &Update) -> Result<u8, Failure> {
    let series = series(&args.file, args.column.as_deref(), args.unit.unwrap_or(1.0))?;
    let mut store = runs::open(&args.state)?;
    let (row, mut kept) = read(&store, &args.model, None)?;
    let learnt = kept.learn(&series);
    let row = if learnt == 0 {
        out::note("note: the model knows all of these points already; nothing was stored");
        row
    } else {
        keep(&mut store, &args.model, &kept, "healrun signal update")?
    };
    print(&[row], args.format, Some(learnt));
    Ok(0)
}

pub(super) fn list(args: &ModelsList) -> Result<u8, Failure> {
    let store = runs::open(&args.state)?;
    print(&store.models().map_err(|e| store.failure(&e))?, args.format, None);
    Ok(0)
}

pub(super) fn rollback(args: &ModelsRollback) -> Result<u8, Failure> {
    let mut store = runs::open(&args.state)?;
    let (newest, _) = read_row(&store, &args.model, None)?;
    let version = match args.to {
        Some(version) => version,
        None => newest
            .version
            .checked_sub(1)
            .filter(|v| *v > 0)
            .ok_or_else(|| Failure::invalid(format!("`{}` has no version before its first", args.model)))?,
    };
    let (_, kept) = read(&store, &args.model, Some(version))?;
    let row = keep(&mut store, &args.model, &kept, &format!("healrun signal models rollback --to {version}"))?;
    print(&[row], args.format, None);
    Ok(0)
}

fn series(path: &Path, column: Option<&str>, factor: f64) -> Result<Series, Failure> {
    let pairs: Vec<(i64, f64)> = Rows::open(path, column)?.all()?.iter().map(|r| (r.at, r.value * factor)).collect();
    Ok(Series::from_pairs(&pairs))
}

fn read_row(store: &Store, name: &str, version: Option<u64>) -> Result<(ModelRow, Vec<u8>), Failure> {
    if let Some(found) = store.model(name, version).map_err(|e| store.failure(&e))? {
        return Ok(found);
    }
    let all = store.models().map_err(|e| store.failure(&e))?;
    let versions: Vec<String> = all.iter().filter(|m| m.name == name).map(|m| m.version.to_string()).collect();
    if let Some(version) = version
        && !versions.is_empty()
    {
        return Err(Failure::invalid(format!("`{name}` has no version {version}"))
            .help(format!("the last {VERSIONS} are kept: {}", versions.join(", "))));
    }
    let failure = Failure::invalid(format!("there is no model `{name}`"));
    Err(match crate::config::nearest(name, all.iter().map(|m| m.name.as_str())) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`healrun signal models list` lists them, `healrun signal train` makes one"),
    })
}

fn read(store: &Store, name: &str, version: Option<u64>) -> Result<(ModelRow, Kept), Failure> {
    const HELP: &str = "go back with `healrun signal models rollback`, or learn anew with `healrun signal train`";
    let (row, body) = read_row(store, name, version)?;
    let broken = |why: String| Failure::invalid(format!("`{name}` version {}: {why}", row.version)).help(HELP);
    if crate::store::model_hash(&body) != row.hash {
        return Err(broken("its body is not what was stored".to_owned()));
    }
    let kept: Kept = serde_json::from_slice(&body).map_err(|e| broken(format!("its state does not read: {e}")))?;
    let kept = kept.load().map_err(|r| broken(r.to_string()))?;
    Ok((row, kept))
}

fn keep(store: &mut Store, name: &str, kept: &Kept, by: &str) -> Result<ModelRow, Failure> {
    let body = serde_json::to_vec(kept).map_err(|e| Failure::internal(format!("a model does not serialise: {e}")))?;
    let model = NewModel {
        name: name.to_owned(),
        method: kept.detector().method().to_owned(),
        points: kept.detector().seen(),
        body,
    };
    let written = store.write(|tx| tx.keep_model(&model, clock::wall(), by));
    written.map_err(|e| store.failure(&e))?;
    Ok(read_row(store, name, None)?.0)
}

fn print(rows: &[ModelRow], form: Form, learnt: Option<usize>) {
    match form {
        Form::Csv => {
            let mut text = "model,version,method,points,stored,by,hash,bytes\n".to_owned();
            for m in rows {
                let _ = writeln!(
                    text,
                    "{},{},{},{},{},{},{},{}",
                    quoted(&m.name),
                    m.version,
                    m.method,
                    m.points,
                    shown(m.at),
                    quoted(&m.by),
                    m.hash,
                    m.bytes
                );
            }
            out::print(&text);
        }
        Form::Json => {
            let rows: Vec<_> = rows
                .iter()
                .map(|m| {
                    json!({
                        "model": m.name, "version": m.version, "method": m.method, "points": m.points,
                        "stored": shown(m.at), "by": m.by, "hash": m.hash, "bytes": m.bytes,
                    })
                })
                .collect();
            let mut whole = json!({ "schema": SCHEMA, "models": rows });
            if let Some(learnt) = learnt {
                whole["learnt"] = json!(learnt);
            }
            out::json(&whole);
        }
    }
}
