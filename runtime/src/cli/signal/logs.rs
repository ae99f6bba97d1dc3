//! `healrun signal templates` and `healrun signal blame`.

use super::args::{Blame, Form, Templates};
use super::refused;
use super::table::quoted;
use crate::cli::{SCHEMA, out};
use crate::failure::Failure;
use heal_signal::logs::blame;
use heal_signal::logs::template::{Miner, Params};
use serde_json::json;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

/// Most bytes of a log that must be in memory as a whole.
const MOST: u64 = 1 << 30;

/// A log's lines as text, whatever bytes it holds; a line ends at `\n` alone, so that numbers agree with editors.
fn lines(path: &Path) -> Result<(String, Vec<String>), Failure> {
    let stdin = path.as_os_str() == "-";
    let name = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let fail = |e: std::io::Error| Failure::invalid(format!("{name} cannot be read: {e}"));
    if path.is_dir() {
        return Err(Failure::invalid(format!("{name} is a folder")).help("name a log, or `-` for standard input"));
    }
    let from: Box<dyn Read> =
        if stdin { Box::new(std::io::stdin()) } else { Box::new(std::fs::File::open(path).map_err(fail)?) };
    let mut bytes = Vec::new();
    let read = from.take(MOST + 1).read_to_end(&mut bytes).map_err(fail)?;
    if read as u64 > MOST {
        return Err(Failure::invalid(format!("{name} is larger than a gibibyte")).help("cut it: `tail -c 100M`"));
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> = text.split('\n').map(|l| l.trim_end_matches('\r').to_owned()).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    if lines.iter().all(|l| l.trim().is_empty()) {
        return Err(Failure::invalid(format!("{name} has no lines with text")));
    }
    Ok((name, lines))
}

pub(super) fn templates(args: &Templates) -> Result<u8, Failure> {
    let (name, lines) = lines(&args.file)?;
    let mut miner = Miner::new(Params::default()).map_err(|r| refused(&name, "mined", &r))?;
    let first: Vec<Option<usize>> = lines.iter().map(|l| (!l.trim().is_empty()).then(|| miner.learn(l))).collect();
    // Templates merge while lines come in: where a line belongs is known at the end.
    let of: Vec<Option<usize>> = first.into_iter().map(|id| id.map(|id| miner.current(id))).collect();
    let mut used: Vec<(usize, usize, usize)> = Vec::new();
    let mut place = std::collections::BTreeMap::new();
    for (line, id) in of.iter().enumerate().filter_map(|(i, id)| Some((i + 1, (*id)?))) {
        let at = *place.entry(id).or_insert_with(|| {
            used.push((id, 0, line));
            used.len() - 1
        });
        used[at].1 += 1;
    }
    used.sort_by_key(|(_, count, line)| (std::cmp::Reverse(*count), *line));
    let text =
        |id: usize| miner.templates().get(id).map(heal_signal::logs::template::Template::text).unwrap_or_default();
    // Numbers as they are printed: by frequency, from 1.
    let number: std::collections::BTreeMap<usize, usize> = used.iter().enumerate().map(|(k, u)| (u.0, k + 1)).collect();
    let named = |id: &usize| number.get(id).copied().unwrap_or_default();
    match (args.format, args.lines) {
        (Form::Csv, true) => {
            let mut out = "line,template,text\n".to_owned();
            for (i, id) in of.iter().enumerate() {
                if let Some(id) = id {
                    let _ = writeln!(out, "{},{},{}", i + 1, named(id), quoted(&text(*id)));
                }
            }
            out::print(&out);
        }
        (Form::Csv, false) => {
            let mut out = "template,count,first_line,text\n".to_owned();
            for (id, count, line) in &used {
                let _ = writeln!(out, "{},{count},{line},{}", named(id), quoted(&text(*id)));
            }
            out::print(&out);
        }
        (Form::Json, with_lines) => {
            let mut whole = json!({
                "schema": SCHEMA,
                "lines": lines.len(),
                "templates": used.iter().map(|(id, count, line)| json!({
                    "template": named(id), "count": count, "first_line": line, "text": text(*id),
                })).collect::<Vec<_>>(),
            });
            if with_lines {
                whole["template_of_line"] = of.iter().map(|id| json!(id.as_ref().map(named))).collect();
            }
            out::json(&whole);
        }
    }
    Ok(0)
}

pub(super) fn blame(args: &Blame) -> Result<u8, Failure> {
    if args.against.as_ref().is_some_and(|p| p.as_os_str() == "-") && args.file.as_os_str() == "-" {
        return Err(Failure::invalid("both logs cannot come from standard input"));
    }
    let (_, fail) = lines(&args.file)?;
    let pass = match &args.against {
        Some(path) => lines(path)?.1,
        None => Vec::new(),
    };
    let (fail, pass): (Vec<&str>, Vec<&str>) =
        (fail.iter().map(String::as_str).collect(), pass.iter().map(String::as_str).collect());
    let suspects = blame::rank(&fail, &pass, args.limit);
    match args.format {
        Form::Csv => {
            let mut text = "line,score,new,text\n".to_owned();
            for s in &suspects {
                // Without a passing log nothing is known about what is new.
                let new = if args.against.is_some() { s.new.to_string() } else { String::new() };
                let _ = writeln!(text, "{},{:.3},{new},{}", s.line, s.score, quoted(&s.text));
            }
            out::print(&text);
        }
        Form::Json => out::json(&json!({
            "schema": SCHEMA,
            "lines": fail.len(),
            "against": args.against.is_some(),
            "suspects": suspects.iter().map(|s| json!({
                "line": s.line, "score": s.score, "new": args.against.as_ref().map(|_| s.new), "text": s.text,
            })).collect::<Vec<_>>(),
        })),
    }
    Ok(0)
}
