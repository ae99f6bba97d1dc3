//! `healrun signal changepoints`.

use super::args::{Changepoints, Cost, Form};
use super::draw::{Chart, Mark};
use super::table::{Rows, quoted};
use super::{glance, refused, write_file};
use crate::cli::{SCHEMA, out};
use crate::failure::Failure;
use heal_signal::Series;
use heal_signal::changepoint::{self, Params};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn changepoints(args: &Changepoints) -> Result<u8, Failure> {
    if !(0.0..=100.0).contains(&args.confidence) {
        return Err(Failure::invalid(format!("`--confidence {}` is not a percentage", args.confidence)));
    }
    let mut rows = Rows::open(&args.table.file, args.table.column.as_deref())?;
    let all = rows.all()?;
    let pairs: Vec<(i64, f64)> = all.iter().map(|r| (r.at, r.value)).collect();
    let series = Series::from_pairs(&pairs);
    let params = Params {
        cost: match args.cost {
            Cost::Mean => changepoint::Cost::Mean,
            Cost::MeanAndVariance => changepoint::Cost::MeanAndVariance,
            Cost::Rate => changepoint::Cost::Rate,
        },
        least_points: args.least_points,
        penalty: args.penalty,
        least_confidence: args.confidence / 100.0,
    };
    let found =
        changepoint::all(&series, &params).map_err(|r| refused(&rows.lines.name, "searched for changes", &r))?;
    let written: BTreeMap<i64, &str> = all.iter().rev().map(|r| (r.at, r.stamp.as_str())).collect();
    let stamp = |at: i64| written.get(&at).copied().unwrap_or_default();
    match args.table.format {
        Form::Csv => {
            let mut text = "timestamp,before,after,size,confidence\n".to_owned();
            for c in &found {
                let _ = writeln!(text, "{},{},{},{},{}", quoted(stamp(c.at)), c.before, c.after, c.size, c.confidence);
            }
            out::print(&text);
        }
        Form::Json => out::json(&json!({
            "schema": SCHEMA,
            "causal": false,
            "points": all.len(),
            "changes": found.iter().map(|c| json!({
                "timestamp": stamp(c.at), "before": c.before, "after": c.after, "size": c.size, "confidence": c.confidence,
            })).collect::<Vec<_>>(),
        })),
    }
    if let Some(path) = &args.table.plot {
        let mut chart =
            Chart::new(&format!("{}: changes of level", rows.label), args.table.unit.as_deref().unwrap_or(&rows.label));
        chart.line(pairs.clone());
        let (first, last) = (series.at[0], series.at[series.len() - 1]);
        for (k, c) in found.iter().enumerate() {
            let from = k.checked_sub(1).map_or(first, |k| found[k].at);
            chart.level(from, c.at, c.before);
            if k + 1 == found.len() {
                chart.level(c.at, last, c.after);
            }
            chart.mark(Mark::Change, c.at, c.after, &format!("{}: {:.4} to {:.4}", stamp(c.at), c.before, c.after));
        }
        write_file(path, &chart.svg())?;
    }
    let marks: Vec<bool> = all.iter().map(|r| found.iter().any(|c| c.at == r.at)).collect();
    glance(
        &all.iter().map(|r| r.value).collect::<Vec<_>>(),
        &marks,
        &format!("{} points, {} changes of level", all.len(), found.len()),
    );
    Ok(0)
}
