//! Reading `timestamp,value` files row by row, with the line number of whatever is wrong.

use crate::failure::Failure;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Most bytes of a line: a file without line ends is no table.
const MOST_LINE: u64 = 1 << 20;
/// Most rows of what must be in memory as a whole.
pub(super) const MOST_ROWS: usize = 5_000_000;
/// Stamps may step back by this much where a wall clock was set back an hour.
const FOLD_MS: i64 = 3_600_000;

/// Lines of a file or of standard input, numbered from 1.
pub(super) struct Lines {
    from: BufReader<Box<dyn Read>>,
    /// What to call it.
    pub(super) name: String,
    /// The number of the line that was read last.
    pub(super) number: usize,
}

impl Lines {
    /// Opens a file, `-` for standard input.
    pub(super) fn open(path: &Path) -> Result<Lines, Failure> {
        if path.as_os_str() == "-" {
            let from = BufReader::with_capacity(1 << 16, Box::new(std::io::stdin()) as Box<dyn Read>);
            return Ok(Lines { from, name: "standard input".to_owned(), number: 0 });
        }
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(Failure::invalid(format!("{name} is a folder")).help("name a file, or `-` for standard input"));
        }
        let file = File::open(path).map_err(|e| Failure::invalid(format!("{name} cannot be read: {e}")))?;
        Ok(Lines { from: BufReader::with_capacity(1 << 16, Box::new(file)), name, number: 0 })
    }

    /// The next line without its end; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(MOST_LINE + 1).read_until(b'\n', &mut bytes);
        let read = read.map_err(|e| Failure::invalid(format!("{} cannot be read: {e}", self.name)))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.len() as u64 > MOST_LINE {
            return Err(self.bad("the line is longer than a mebibyte: this is no table"));
        }
        while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
            bytes.pop();
        }
        if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        match String::from_utf8(bytes) {
            Ok(line) => Ok(Some(line)),
            Err(_) => Err(self.bad("the line is not UTF-8 text")),
        }
    }

    /// Nothing more is there to read without asking for it: what was computed so far should leave.
    pub(super) fn would_wait(&self) -> bool {
        let waiting = self.from.buffer();
        waiting.len() < 4096 && !waiting.contains(&b'\n')
    }

    /// What is wrong with the line that was read last.
    pub(super) fn bad(&self, what: &str) -> Failure {
        Failure::invalid(format!("{} line {}: {what}", self.name, self.number))
    }
}

/// The cells of a line; a quoted cell may hold commas and doubled quotes.
pub(super) fn cells(line: &str) -> Vec<String> {
    if !line.contains('"') {
        return line.split(',').map(|c| c.trim().to_owned()).collect();
    }
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    out.push(cell.trim().to_owned());
    out
}

/// A cell as CSV writes it.
pub(super) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Unix milliseconds of RFC 3339, `YYYY-MM-DD[ HH:MM[:SS[.fff]]]` (UTC) or Unix seconds.
pub(super) fn stamp(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        // From the year 5138 on, or milliseconds: the latter are common.
        let ms = if seconds.abs() >= 1e11 { seconds } else { seconds * 1000.0 };
        #[allow(clippy::cast_possible_truncation, reason = "the bound is checked right before")]
        return (ms.abs() < 1e15).then(|| ms.round() as i64);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// A value; NaN where it is missing, none where it is no number.
fn value(text: &str) -> Option<f64> {
    const MISSING: [&str; 8] = ["", "nan", "na", "n/a", "null", "none", "-", "missing"];
    match text.parse::<f64>() {
        Ok(v) => Some(if v.is_finite() { v } else { f64::NAN }),
        Err(_) => MISSING.contains(&text.to_ascii_lowercase().as_str()).then_some(f64::NAN),
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// The stamp as it was written.
    pub(super) stamp: String,
    /// The value as it was written.
    pub(super) text: String,
    /// Unix milliseconds.
    pub(super) at: i64,
    /// NaN: missing.
    pub(super) value: f64,
}

/// The rows of a `timestamp,value` table.
pub(super) struct Rows {
    pub(super) lines: Lines,
    /// Name of the column to read.
    column: Option<String>,
    /// Where stamp and value stand.
    places: Option<(usize, usize)>,
    /// What the value is called.
    pub(super) label: String,
    before: Option<i64>,
    /// The first line whose stamp stepped back.
    pub(super) stepped_back: Option<usize>,
    /// Rows so far.
    pub(super) count: usize,
    /// Rows so far whose value is there.
    pub(super) present: usize,
}

impl Rows {
    /// Opens a table; `column` names the value's column where it is not `value`.
    pub(super) fn open(path: &Path, column: Option<&str>) -> Result<Rows, Failure> {
        Ok(Rows {
            lines: Lines::open(path)?,
            column: column.map(str::to_owned),
            places: None,
            label: column.unwrap_or("value").to_owned(),
            before: None,
            stepped_back: None,
            count: 0,
            present: 0,
        })
    }

    /// The next row; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Row>, Failure> {
        while let Some(line) = self.lines.next()? {
            if line.trim().is_empty() {
                continue;
            }
            let cells = cells(&line);
            let places = match self.places {
                Some(places) => places,
                None => {
                    let head = cells.first().is_some_and(|c| stamp(c).is_none());
                    let places = if head { self.header(&cells)? } else { self.headless(&cells)? };
                    self.places = Some(places);
                    if head {
                        continue;
                    }
                    places
                }
            };
            return self.row(&cells, places).map(Some);
        }
        Ok(None)
    }

    fn row(&mut self, cells: &[String], (stamps, values): (usize, usize)) -> Result<Row, Failure> {
        let need = stamps.max(values) + 1;
        if cells.len() < need {
            let word = if cells.len() == 1 { "cell" } else { "cells" };
            return Err(self.lines.bad(&format!("{} {word} where {need} are needed", cells.len())));
        }
        let Some(at) = stamp(&cells[stamps]) else {
            return Err(self.lines.bad(&format!("`{}` is no time", clip(&cells[stamps]))).help(TIMES));
        };
        let Some(value) = value(&cells[values]) else {
            return Err(self
                .lines
                .bad(&format!("`{}` is no number", clip(&cells[values])))
                .help("a missing value is written as an empty cell or NaN"));
        };
        if let Some(before) = self.before
            && at < before
        {
            if before - at > FOLD_MS {
                return Err(self
                    .lines
                    .bad(&format!("`{}` is earlier than the row before it: the file is not sorted", cells[stamps]))
                    .help("sort it by time first: `sort -t, -k1,1 FILE`"));
            }
            self.stepped_back.get_or_insert(self.lines.number);
        }
        self.before = Some(at);
        self.count += 1;
        self.present += usize::from(value.is_finite());
        Ok(Row { stamp: cells[stamps].clone(), text: cells[values].clone(), at, value })
    }

    fn headless(&self, cells: &[String]) -> Result<(usize, usize), Failure> {
        match (&self.column, cells.len()) {
            (Some(column), _) => Err(self
                .lines
                .bad(&format!("there is no header that names the column `{column}`"))
                .help("leave `--column` out: the second column is read")),
            (None, 0 | 1) => Err(self.lines.bad("one column where two are needed").help(COLUMNS)),
            (None, _) => Ok((0, 1)),
        }
    }

    fn header(&mut self, cells: &[String]) -> Result<(usize, usize), Failure> {
        const STAMPS: [&str; 6] = ["timestamp", "time", "ts", "date", "datetime", "at"];
        let names: Vec<String> = cells.iter().map(|c| c.to_ascii_lowercase()).collect();
        let shown = || cells.iter().map(|c| clip(c)).collect::<Vec<_>>().join(", ");
        let Some(stamps) = STAMPS.iter().find_map(|s| names.iter().position(|n| n == s)) else {
            return Err(self
                .lines
                .bad(&format!("neither a time nor a header with `timestamp`: {}", shown()))
                .help(COLUMNS));
        };
        let wanted = self.column.clone().unwrap_or_else(|| "value".to_owned());
        let place = names.iter().position(|n| *n == wanted.to_ascii_lowercase()).filter(|p| *p != stamps);
        // Two columns leave no question which one is meant.
        let place = place.or((self.column.is_none() && names.len() == 2).then_some(1 - stamps.min(1)));
        match place {
            Some(place) => {
                self.label.clone_from(&cells[place]);
                Ok((stamps, place))
            }
            None => {
                let near = crate::config::nearest(&wanted, cells.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `--column {near}`?"),
                    None => "`--column NAME` says which one to read".to_owned(),
                };
                Err(self.lines.bad(&format!("no column `{wanted}`, only {}", shown())).help(help))
            }
        }
    }

    /// At the end: a table that nothing can be said about is refused.
    pub(super) fn enough(&self) -> Result<(), Failure> {
        let name = &self.lines.name;
        let why = match (self.count, self.present) {
            (0, _) => format!("{name} has no rows"),
            (1, _) => format!("{name} has one row: there is nothing to compare it with"),
            (n, 0) => format!("{name}: the value of every one of its {n} rows is missing"),
            _ => return Ok(()),
        };
        Err(Failure::invalid(why).help(COLUMNS))
    }

    /// The whole table.
    pub(super) fn all(&mut self) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        while let Some(row) = self.next()? {
            if rows.len() == MOST_ROWS {
                return Err(self.lines.bad(&format!("more than {MOST_ROWS} rows")).help(
                    "`healrun signal detect` with a causal method and `--format csv` streams files of any length",
                ));
            }
            rows.push(row);
        }
        self.enough()?;
        Ok(rows)
    }
}

const COLUMNS: &str = "the file holds `timestamp,value`, one row a point; a header is optional";
const TIMES: &str = "times are RFC 3339, `YYYY-MM-DD HH:MM:SS` (UTC) or Unix seconds";

/// What is shown of a cell.
fn clip(text: &str) -> String {
    if text.chars().count() > 40 {
        format!("{}…", text.chars().take(40).collect::<String>())
    } else {
        text.to_owned()
    }
}

/// Values at a constant step: gaps of more than one and a half usual steps are filled with missing values, of equal stamps
/// the last one counts.
pub(super) fn regular(rows: &[Row]) -> (Vec<f64>, i64) {
    let pairs: Vec<(i64, f64)> = rows.iter().map(|r| (r.at, r.value)).collect();
    let series = heal_signal::Series::from_pairs(&pairs);
    let step = series.step_ms().unwrap_or(1).max(1);
    let mut out: Vec<f64> = Vec::with_capacity(series.len());
    for (i, &v) in series.value.iter().enumerate() {
        if let Some(before) = i.checked_sub(1) {
            let gap = series.at[i].saturating_sub(series.at[before]);
            let steps = usize::try_from((gap + step / 2) / step).unwrap_or(1);
            // An outage of years is no reason to hold millions of nothings.
            let missing = steps.saturating_sub(1).min(series.len());
            out.extend(std::iter::repeat_n(f64::NAN, missing));
        }
        out.push(v);
    }
    (out, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_every_form() {
        let ms = 1_396_310_400_000;
        for text in
            ["2014-04-01T00:00:00Z", "2014-04-01T02:00:00+02:00", "2014-04-01 00:00:00", "1396310400", "1396310400000"]
        {
            assert_eq!(stamp(text), Some(ms), "{text}");
        }
        assert_eq!(stamp("2014-04-01 00:00:00.250"), Some(ms + 250));
        assert_eq!(stamp("1396310400.5"), Some(ms + 500));
        for text in ["", "nan", "yesterday", "2014-13-01", "1e300"] {
            assert_eq!(stamp(text), None, "{text}");
        }
    }

    #[test]
    fn a_quoted_cell_keeps_its_comma() {
        assert_eq!(cells(r#"a,"b, ""c""", d"#), ["a", r#"b, "c""#, "d"]);
        assert_eq!(quoted(r#"b, "c""#), r#""b, ""c""""#);
    }

    #[test]
    fn a_gap_becomes_missing_values() {
        let row = |at: i64, value: f64| Row { stamp: String::new(), text: String::new(), at: at * 1000, value };
        let rows = [(0, 1.0), (60, 2.0), (120, 3.0), (300, 6.0), (300, 7.0), (361, 8.0), (421, 9.0)];
        let rows = rows.map(|(t, v)| row(t, v));
        let (values, step) = regular(&rows);
        assert_eq!(step, 60_000);
        let known: Vec<Option<f64>> = values.iter().map(|v| v.is_finite().then_some(*v)).collect();
        assert_eq!(known, [Some(1.0), Some(2.0), Some(3.0), None, None, Some(7.0), Some(8.0), Some(9.0)]);
    }
}
