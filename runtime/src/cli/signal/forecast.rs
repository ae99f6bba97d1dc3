//! `healrun signal forecast`.

use super::args::{Forecast, Form};
use super::draw::Chart;
use super::table::{Lines, Rows, cells, quoted, regular};
use super::{glance, refused, write_file};
use crate::cli::{SCHEMA, out};
use crate::failure::{Failure, exit};
use heal_signal::Reason;
use heal_signal::forecast::{self, Params, method};
use serde_json::json;
use std::fmt::Write;
use std::time::Instant;

pub(super) fn forecast(args: &Forecast) -> Result<u8, Failure> {
    if !(args.interval > 1.0 && args.interval < 100.0) {
        return Err(Failure::invalid(format!("`--interval {}` is not a percentage between 1 and 100", args.interval))
            .help("95 percent is written `--interval 95`"));
    }
    let params = Params {
        horizon: args.horizon,
        seasons: args.season.clone(),
        level: args.interval / 100.0,
        ..Params::default()
    };
    if args.batch { batch(args, &params) } else { single(args, &params) }
}

/// By the method that was asked for, within its time.
fn run(args: &Forecast, values: &[f64], params: &Params) -> Result<forecast::Forecast, Reason> {
    let began = Instant::now();
    method::forecast(values, &args.method, params, &mut || began.elapsed().as_secs_f64() >= args.time_limit)
}

fn single(args: &Forecast, params: &Params) -> Result<u8, Failure> {
    let mut rows = Rows::open(&args.table.file, args.table.column.as_deref())?;
    let all = rows.all()?;
    let (values, step) = regular(&all);
    let ahead = run(args, &values, params).map_err(|r| refused(&rows.lines.name, "forecast", &r))?;
    match args.table.format {
        Form::Csv => {
            let mut text = "step,value,lower,upper\n".to_owned();
            for k in 0..ahead.value.len() {
                let _ = writeln!(text, "{},{},{},{}", k + 1, ahead.value[k], ahead.lower[k], ahead.upper[k]);
            }
            out::print(&text);
        }
        Form::Json => out::json(&json!({
            "schema": SCHEMA,
            "method": args.method.to_string(),
            "interval": args.interval,
            "points": all.len(),
            "step_ms": step,
            "seasons": ahead.seasons,
            "models": ahead.models.iter().map(|(n, w)| json!({ "name": n, "weight": w })).collect::<Vec<_>>(),
            "rows": rows_of(&ahead),
        })),
    }
    let newest = all.iter().map(|r| r.at).max().unwrap_or_default();
    if let Some(path) = &args.table.plot {
        let title = format!("{}: forecast by {}, {} % interval", rows.label, args.method, args.interval);
        let mut chart = Chart::new(&title, args.table.unit.as_deref().unwrap_or(&rows.label));
        // What is far behind would leave no room for what is ahead.
        let shown = all.len().saturating_sub((8 * params.horizon).max(200));
        chart.line(all[shown..].iter().map(|r| (r.at, r.value)).collect());
        let at = |k: usize| newest.saturating_add(step.saturating_mul(i64::try_from(k).unwrap_or(i64::MAX)));
        let fan = (0..ahead.value.len()).map(|k| (at(k + 1), ahead.value[k], ahead.lower[k], ahead.upper[k]));
        chart.fan(fan.collect());
        write_file(path, &chart.svg())?;
    }
    let past = &values[values.len().saturating_sub(3 * params.horizon)..];
    let mut shown = past.to_vec();
    shown.extend(&ahead.value);
    let marks: Vec<bool> = (0..shown.len()).map(|i| i >= past.len()).collect();
    glance(&shown, &marks, &format!("{} points before, {} steps ahead (^)", past.len(), ahead.value.len()));
    Ok(0)
}

fn rows_of(ahead: &forecast::Forecast) -> serde_json::Value {
    (0..ahead.value.len())
        .map(|k| json!({ "step": k + 1, "value": ahead.value[k], "lower": ahead.lower[k], "upper": ahead.upper[k] }))
        .collect()
}

/// The values of a row's cells; those at its end that are blank or `NA` are padding.
fn values(lines: &Lines, cells: &[String]) -> Result<Vec<f64>, Failure> {
    let missing = |c: &str| matches!(c.to_ascii_lowercase().as_str(), "" | "na" | "nan" | "null");
    let end = cells.iter().rposition(|c| !missing(c)).map_or(0, |last| last + 1);
    cells[..end]
        .iter()
        .map(|c| match c.parse::<f64>() {
            Ok(v) => Ok(v),
            Err(_) if missing(c) => Ok(f64::NAN),
            Err(_) => Err(lines.bad(&format!("`{}` is no number", c.chars().take(40).collect::<String>()))),
        })
        .collect()
}

fn batch(args: &Forecast, params: &Params) -> Result<u8, Failure> {
    let mut lines = Lines::open(&args.table.file)?;
    let (mut count, mut failed) = (0, 0);
    let (mut lower, mut upper) = (String::new(), String::new());
    let mut documents = Vec::new();
    let row = |id: &str, values: &[f64]| {
        let mut text = quoted(id);
        for v in values {
            let _ = write!(text, ",{v}");
        }
        text.push('\n');
        text
    };
    while let Some(line) = lines.next()? {
        if line.trim().is_empty() {
            continue;
        }
        let cells = cells(&line);
        // A header's second cell is a name.
        if lines.number == 1 && cells.get(1).is_some_and(|c| !c.is_empty() && c.parse::<f64>().is_err()) {
            continue;
        }
        let Some((id, rest)) = cells.split_first() else { continue };
        if rest.is_empty() {
            return Err(lines.bad("one cell where `id,v1,v2,...` is needed"));
        }
        count += 1;
        match run(args, &values(&lines, rest)?, params) {
            Ok(ahead) => {
                if args.lower.is_some() {
                    lower.push_str(&row(id, &ahead.lower));
                }
                if args.upper.is_some() {
                    upper.push_str(&row(id, &ahead.upper));
                }
                match args.table.format {
                    Form::Csv => out::print(&row(id, &ahead.value)),
                    Form::Json => documents.push(json!({
                        "id": id, "seasons": ahead.seasons,
                        "value": ahead.value, "lower": ahead.lower, "upper": ahead.upper,
                    })),
                }
            }
            Err(Reason::Parameter { name, problem }) => {
                return Err(Failure::invalid(format!("`--{name}` {problem}")));
            }
            Err(reason) => {
                failed += 1;
                out::note(&format!("{} line {}: `{id}` cannot be forecast: {reason}", lines.name, lines.number));
                if args.table.format == Form::Json {
                    documents.push(json!({ "id": id, "error": reason.to_string() }));
                }
            }
        }
    }
    if count == 0 {
        return Err(Failure::invalid(format!("{} has no rows", lines.name)).help("each row is `id,v1,v2,...`"));
    }
    if args.table.format == Form::Json {
        out::json(&json!({
            "schema": SCHEMA, "method": args.method.to_string(), "interval": args.interval, "series": documents,
        }));
    }
    for (path, text) in [(&args.lower, &lower), (&args.upper, &upper)] {
        if let Some(path) = path {
            write_file(path, text)?;
        }
    }
    Ok(if failed == 0 { 0 } else { exit::FINDINGS })
}
