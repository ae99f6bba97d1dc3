//! `healrun signal detect`.

use super::args::{Detect, Form};
use super::draw::{Chart, Mark};
use super::table::{MOST_ROWS, Row, Rows, quoted};
use super::{glance, models, number, refused, write_file};
use crate::cli::{SCHEMA, out};
use crate::failure::Failure;
use heal_signal::Series;
use heal_signal::detect::alarm::THRESHOLD;
use heal_signal::method::{self, Detector, Method};
use serde_json::json;

const HEADER: &str = "timestamp,value,anomaly_score\n";

pub(super) fn detect(args: &Detect) -> Result<u8, Failure> {
    let detector = match &args.model {
        Some(name) => Some(models::load(name, &args.state)?),
        None => None,
    };
    let name = detector.as_ref().map_or(args.method.as_str(), Detector::method);
    let method = method::find(name).ok_or_else(|| Failure::invalid(format!("there is no method `{name}`")))?;
    let mut rows = Rows::open(&args.table.file, args.table.column.as_deref())?;
    if method.causal && args.table.format == Form::Csv && args.table.plot.is_none() {
        let detector = detector.map_or_else(|| fresh(method), Ok)?;
        return stream(&mut rows, detector);
    }
    let all = rows.all()?;
    warn(&rows);
    let scores = match detector {
        Some(detector) => push_all(detector, &all),
        None if method.causal => push_all(fresh(method)?, &all),
        None => {
            // By row, like every other figure of this kind: repeated stamps are points of their own.
            let values: Vec<f64> = all.iter().map(|r| r.value).collect();
            let series = Series::from_values(&values, 1);
            method::scores(method, &series).map_err(|r| refused(&rows.lines.name, "judged", &r))?
        }
    };
    match args.table.format {
        Form::Csv => {
            if !method.causal {
                out::note(&format!("note: `{}` is not causal: a score also rests on later points", method.name));
            }
            let mut text = HEADER.to_owned();
            all.iter().zip(&scores).for_each(|(row, score)| push_row(&mut text, row, *score));
            out::print(&text);
        }
        Form::Json => out::json(&document(args, method, &all, &scores)),
    }
    if let Some(path) = &args.table.plot {
        write_file(path, &chart(args, method, &rows.label, &all, &scores))?;
    }
    look(&all.iter().map(|r| r.value).collect::<Vec<_>>(), &scores);
    Ok(0)
}

fn fresh(method: &'static Method) -> Result<Detector, Failure> {
    Detector::new(method).map_err(|r| Failure::internal(format!("method `{}`: {r}", method.name)))
}

fn push_all(mut detector: Detector, rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|r| detector.push(r.at, r.value)).collect()
}

fn push_row(text: &mut String, row: &Row, score: f64) {
    use std::fmt::Write;
    let _ = writeln!(text, "{},{},{score}", quoted(&row.stamp), quoted(&row.text));
}

/// Row by row: nothing of the file is kept, and what is computed leaves before the next row is waited for.
fn stream(rows: &mut Rows, mut detector: Detector) -> Result<u8, Failure> {
    let mut text = String::new();
    let (mut values, mut scores) = (Vec::new(), Vec::new());
    // Nothing is printed of a file that nothing can be said about.
    let mut held = true;
    let result = loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        };
        let score = detector.push(row.at, row.value);
        push_row(&mut text, &row, score);
        if values.len() < MOST_ROWS {
            values.push(row.value);
            scores.push(score);
        }
        if held && rows.count > 1 && rows.present > 0 {
            held = false;
            out::print(HEADER);
        }
        if !held && (text.len() > 1 << 16 || rows.lines.would_wait()) {
            out::print(&std::mem::take(&mut text));
        }
    };
    if !held {
        out::print(&text);
    }
    result?;
    rows.enough()?;
    warn(rows);
    look(&values, &scores);
    Ok(0)
}

fn warn(rows: &Rows) {
    if let Some(line) = rows.stepped_back {
        out::note(&format!(
            "warning: {} line {line}: the time steps back, as when a clock is set back; rows are judged in their order",
            rows.lines.name
        ));
    }
}

fn look(values: &[f64], scores: &[f64]) {
    let marks: Vec<bool> = scores.iter().map(|s| *s >= THRESHOLD).collect();
    let count = marks.iter().filter(|m| **m).count();
    let present: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let (low, high) = present.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    glance(values, &marks, &format!("{} points, {low} to {high}, {count} with a score of 0.5 or more", values.len()));
}

fn document(args: &Detect, method: &Method, rows: &[Row], scores: &[f64]) -> serde_json::Value {
    json!({
        "schema": SCHEMA,
        "method": method.name,
        "model": args.model,
        "causal": method.causal,
        "points": rows.len(),
        "missing": rows.iter().filter(|r| !r.value.is_finite()).count(),
        "rows": rows.iter().zip(scores).map(|(r, s)| json!({
            "timestamp": r.stamp, "value": number(r.value), "anomaly_score": s,
        })).collect::<Vec<_>>(),
    })
}

fn chart(args: &Detect, method: &Method, label: &str, rows: &[Row], scores: &[f64]) -> String {
    let mut chart =
        Chart::new(&format!("{label}: anomalies by {}", method.name), args.table.unit.as_deref().unwrap_or(label));
    chart.line(rows.iter().map(|r| (r.at, r.value)).collect());
    for (row, score) in rows.iter().zip(scores).filter(|(r, s)| **s >= THRESHOLD && r.value.is_finite()) {
        chart.mark(Mark::Anomaly, row.at, row.value, &format!("{} score {score:.2}", row.stamp));
    }
    chart.svg()
}
