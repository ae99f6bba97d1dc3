//! Log figures: blame on CI logs, templates on Loghub.

use crate::{Outcome, Setting};
use heal_signal::logs::blame;
use heal_signal::logs::template::{Miner, Params};
use std::fmt::Write as _;

/// hit@1 and MRR over cases and, as the mean, over projects.
pub(crate) fn blame(setting: &Setting) -> Outcome {
    std::fs::create_dir_all(&setting.scratch)?;
    let root = setting.data.join("ci-logs");
    let mut cases: Vec<_> = std::fs::read_dir(&root)?
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| p.join("truth.json").exists())
        .collect();
    cases.sort();
    let mut out = String::from("{");
    let start = std::time::Instant::now();
    let mut bytes = 0;
    for (k, case) in cases.iter().enumerate() {
        let read = |name: &str| -> std::io::Result<String> {
            Ok(String::from_utf8_lossy(&std::fs::read(case.join(name))?).into_owned())
        };
        let (fail, pass) = (read("fail.log")?, read("pass.log")?);
        bytes += fail.len() + pass.len();
        let fail: Vec<&str> = fail.split('\n').collect();
        let pass: Vec<&str> = pass.split('\n').collect();
        let lines: Vec<String> = blame::rank(&fail, &pass, 20).iter().map(|s| s.line.to_string()).collect();
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        write!(out, "{}\"{name}\": [{}]", if k > 0 { ", " } else { "" }, lines.join(", "))?;
    }
    out.push('}');
    println!(
        "== ci-logs: {} cases, {:.0} MB a second",
        cases.len(),
        bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
    );
    let path = setting.scratch.join("blame.json");
    std::fs::write(&path, out)?;
    setting.python(include_str!("blame.py"), &[&root, &path])
}

/// Group accuracy of template mining on the message column, one setting for all systems.
pub(crate) fn templates(setting: &Setting) -> Outcome {
    std::fs::create_dir_all(&setting.scratch)?;
    let root = setting.data.join("loghub");
    let (mut lines, start) = (0, std::time::Instant::now());
    for path in crate::table::files(&root, "_2k.log_structured.csv")? {
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let rows = records(&text);
        let Some((head, rows)) = rows.split_first() else { continue };
        let column = |name: &str| head.iter().position(|h| h == name).ok_or("a column is missing");
        let (id, content) = (column("LineId")?, column("Content")?);
        let mut miner = Miner::new(Params::default())?;
        let mut out = String::from("LineId,TemplateId\n");
        let learnt: Vec<usize> = rows.iter().map(|row| miner.learn(&row[content])).collect();
        for (row, template) in rows.iter().zip(learnt) {
            writeln!(out, "{},{}", row[id], miner.current(template))?;
        }
        lines += rows.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy().replace(".log_structured", "");
        std::fs::write(setting.scratch.join(name), out)?;
    }
    println!("== loghub: {:.0} lines a second", lines as f64 / start.elapsed().as_secs_f64());
    let source = "import sys, template_score\nsys.argv = ['t', '--data', sys.argv[1], '--pred', sys.argv[2]]\ntemplate_score.main()";
    setting.python(source, &[&root, &setting.scratch])?;
    if std::env::var("FIGURES_FILES").is_ok() {
        setting.python(include_str!("groups.py"), &[&root, &setting.scratch])?;
    }
    Ok(())
}

/// The records of a CSV text with quoted cells.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            _ => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
