//! `healrun signal rootcause`: the layout of the PetShop data set (Hardt et al., CLeaR 2024), as `--help` tells it.

use super::args::{Form, Metric, Rootcause};
use super::refused;
use super::table::{Lines, cells, quoted, stamp};
use crate::cli::{SCHEMA, out};
use crate::failure::Failure;
use heal_signal::Series;
use heal_signal::cause::{self, Component, Signal, Symptom, System};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Folders above that are searched for `graph.csv`.
const ABOVE: usize = 3;
const GRAPH: &str = "graph.csv";

pub(super) fn rootcause(args: &Rootcause) -> Result<u8, Failure> {
    let mut read = Reader::default();
    read.metrics(&args.folder.join("metrics.csv"))?;
    // As it was given, a folder may have no parent: `.`.
    let absolute = std::fs::canonicalize(&args.folder).unwrap_or_else(|_| args.folder.clone());
    let Some(graph) = absolute.ancestors().take(ABOVE).map(|f| f.join(GRAPH)).find(|f| f.is_file()) else {
        let folder = args.folder.display();
        return Err(Failure::invalid(format!("there is no {GRAPH} in {folder} or in the two folders above it"))
            .help("it says who calls whom; see `healrun signal rootcause --help`"));
    };
    read.graph(&graph)?;
    let symptom = symptom(args, &read)?;
    let causes =
        cause::rank(&read.system, &symptom).map_err(|r| refused(&args.folder.display().to_string(), "ranked", &r))?;
    let shown = causes.iter().take(args.limit).enumerate();
    match args.format {
        Form::Csv => {
            let mut text = "rank,component,score,change,basis\n".to_owned();
            for (k, c) in shown {
                let _ = writeln!(text, "{},{},{},{},{}", k + 1, quoted(&c.name), c.score, c.change, quoted(&c.basis));
            }
            out::print(&text);
        }
        Form::Json => out::json(&json!({
            "schema": SCHEMA,
            "symptom": {
                "component": read.system.components[symptom.component].name,
                "metric": symptom.signal,
                "at": super::shown(symptom.at),
            },
            "components": read.system.components.len(),
            "causes": shown.map(|(k, c)| json!({
                "rank": k + 1, "component": c.name, "score": c.score, "change": c.change, "basis": c.basis,
            })).collect::<Vec<_>>(),
        })),
    }
    Ok(0)
}

#[derive(Default)]
struct Reader {
    system: System,
    index: BTreeMap<String, usize>,
}

impl Reader {
    fn component(&mut self, name: &str) -> usize {
        *self.index.entry(name.to_owned()).or_insert_with(|| {
            self.system.components.push(Component { name: name.to_owned(), ..Component::default() });
            self.system.components.len() - 1
        })
    }

    fn metrics(&mut self, path: &Path) -> Result<(), Failure> {
        const HEAD: &str = "the first three rows name the component, the metric and the statistic of each column; \
            see `healrun signal rootcause --help`";
        let mut lines = Lines::open(path)?;
        let mut head = Vec::new();
        for _ in 0..3 {
            let Some(line) = lines.next()? else { return Err(lines.bad("the file ends within its header").help(HEAD)) };
            head.push(cells(&line));
        }
        let [names, metrics, statistics] = head.as_slice() else { return Err(lines.bad("no header").help(HEAD)) };
        let width = names.len();
        if width < 2 || metrics.len() != width || statistics.len() != width {
            return Err(lines.bad("the three header rows differ in length or have no columns").help(HEAD));
        }
        if !metrics[1..].iter().any(|m| m == "latency" || m == "availability") {
            return Err(lines.bad("no column is a `latency` or an `availability`").help(HEAD));
        }
        let mut columns: Vec<Vec<(i64, f64)>> = vec![Vec::new(); width];
        let mut first = true;
        while let Some(line) = lines.next()? {
            let row = cells(&line);
            if line.trim().is_empty() {
                continue;
            }
            let Some(at) = stamp(&row[0]) else {
                // The name of the time column may have a row of its own.
                if first && row[1..].iter().all(String::is_empty) {
                    first = false;
                    continue;
                }
                return Err(lines.bad(&format!("`{}` is no time", row[0])));
            };
            first = false;
            if row.len() != width {
                return Err(lines.bad(&format!("{} cells where {width} are needed", row.len())));
            }
            for (column, cell) in columns.iter_mut().zip(&row).skip(1) {
                match cell.parse::<f64>() {
                    Ok(v) => column.push((at, v)),
                    // Its stamp stays: how long an interval is follows from the stamps.
                    Err(_) if cell.is_empty() => column.push((at, f64::NAN)),
                    Err(_) => return Err(lines.bad(&format!("`{cell}` is no number"))),
                }
            }
        }
        if !columns.iter().flatten().any(|p| p.1.is_finite()) {
            return Err(Failure::invalid(format!("{} has no values", lines.name)));
        }
        for j in 1..width {
            let series = Series::from_pairs(&columns[j]);
            let i = self.component(&names[j]);
            let component = &mut self.system.components[i];
            match (metrics[j].as_str(), statistics[j].as_str()) {
                ("latency", "Average") => component.latency = series,
                ("availability", "Average") => component.availability = series,
                ("requests", "Sum") => component.requests = series,
                _ => {}
            }
        }
        Ok(())
    }

    fn graph(&mut self, path: &Path) -> Result<(), Failure> {
        let mut lines = Lines::open(path)?;
        let Some(line) = lines.next()? else { return Err(Failure::invalid(format!("{} is empty", lines.name))) };
        let head = cells(&line);
        while let Some(line) = lines.next()? {
            if line.trim().is_empty() {
                continue;
            }
            let row = cells(&line);
            if row.len() != head.len() {
                return Err(lines.bad(&format!("{} cells where {} are needed", row.len(), head.len())));
            }
            let from = self.component(&row[0]);
            for (name, cell) in head.iter().zip(&row).skip(1) {
                let Ok(calls) = (if cell.is_empty() { Ok(0.0) } else { cell.parse::<f64>() }) else {
                    return Err(lines.bad(&format!("`{cell}` is neither 0 nor 1")));
                };
                if calls > 0.0 {
                    let to = self.component(name);
                    self.system.calls.push((from, to));
                }
            }
        }
        Ok(())
    }
}

fn symptom(args: &Rootcause, read: &Reader) -> Result<Symptom, Failure> {
    let (node, signal, at) = match (&args.symptom, args.metric, &args.at) {
        (Some(node), Some(metric), Some(at)) => {
            let signal = if metric == Metric::Latency { Signal::Latency } else { Signal::Availability };
            let at = stamp(at).ok_or_else(|| Failure::invalid(format!("`--at {at}` is no time")))?;
            (node.clone(), signal, at)
        }
        _ => target(&args.folder.join("target.json"))?,
    };
    let Some(&component) = read.index.get(&node) else {
        let failure = Failure::invalid(format!("no component is called `{node}`"));
        return Err(match crate::config::nearest(&node, read.index.keys().map(String::as_str)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("names are those of metrics.csv and graph.csv"),
        });
    };
    Ok(Symptom { component, signal, at })
}

/// The symptom of `target.json`; nothing else of the file is looked at.
fn target(path: &Path) -> Result<(String, Signal, i64), Failure> {
    const HELP: &str = "name the symptom with `--symptom COMPONENT --metric latency --at TIME`";
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::invalid(format!("{name} cannot be read: {e}")).help(HELP))?;
    let json: Value =
        serde_json::from_str(&text).map_err(|e| Failure::invalid(format!("{name} is no JSON: {e}")).help(HELP))?;
    let bad = |what: &str| Failure::invalid(format!("{name}: target.{what}")).help(HELP);
    let target = &json["target"];
    let node = target["node"].as_str().ok_or_else(|| bad("node is no text"))?;
    let signal = match target["metric"].as_str() {
        Some("latency") => Signal::Latency,
        Some("availability") => Signal::Availability,
        _ => return Err(bad("metric is neither `latency` nor `availability`")),
    };
    let at = match &target["timestamp"] {
        Value::Number(n) => stamp(&n.to_string()),
        Value::String(s) => stamp(s),
        _ => None,
    };
    Ok((node.to_owned(), signal, at.ok_or_else(|| bad("timestamp is no time"))?))
}
