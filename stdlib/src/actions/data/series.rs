//! `data.series`: one series from CSV, JSON lines or OpenMetrics text.
//!
//! An unfinished last line is ignored: somebody may be writing it. A file that is missing or holds no matching sample
//! has no data.

use super::table::{self, Row};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{data, duration, example, local, maybe, optional, reads, subject, unit};
use crate::error::ErrorInfo;
use crate::moment;
use crate::openmetrics::{self, MARKER};
use crate::request::{Answer, FileRead, ReadRequest};
use crate::talk::{ask, done, odd, talk};
use crate::value::{Series, Value};
use heal_lang::catalogue::{ActionDecl, DefaultValue, ResultDecl, Type};
use heal_lang::catalogue::{Dim, unit_of};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc:
            "**OpenMetrics**: samples of `metric` whose labels contain `labels`; several series are added up stamp by \
              stamp. `absent: 0` counts a series that a successful scrape (`http.scrape`) does not show as 0; a \
              failed scrape stays a gap.\n\n**CSV** (with a head line) and **JSON lines**: the value stands in the \
              column or field `metric`, the time in `time`; `labels` select rows. Times are RFC 3339, or seconds or \
              milliseconds since 1970."
                .to_owned(),
        params: vec![
            subject("path", Type::String, "The file, or the `path` of an `http.scrape`."),
            data(optional(
                "metric",
                Type::String,
                DefaultValue::Text("value".to_owned()),
                "The metric, column or field.",
            )),
            data(optional(
                "labels",
                Type::Map(Box::new(Type::String)),
                DefaultValue::EmptyMap,
                "What the labels, columns or fields must be.",
            )),
            data(maybe(
                "time",
                Type::String,
                "The column or field of the time; otherwise `time`, `timestamp`, `at` or `ts`.",
            )),
            maybe("absent", Type::NUMBER, "The value of a series that a successful scrape does not show."),
            optional(
                "format",
                Type::enumeration("data.format"),
                DefaultValue::Word("auto".to_owned()),
                "How the file is written.",
            ),
            duration("over", 86_400.0, "How far back."),
            unit(),
        ],
        result: ResultDecl::SeriesOfUnit,
        permissions: vec![local("read the file")],
        examples: vec![
            example(
                "Failed orders",
                r#"data.series("shop.om", metric: "shop_orders_total", labels: { code: "500" }, absent: 0)"#,
            ),
            example("A column of a CSV file", r#"data.series("latency.csv", metric: "p99", unit: milliseconds)"#),
        ],
        ..reads("data.series", "reads a series from a file")
    }
}

/// The action.
pub(crate) struct Action;

/// Of a file of samples.
const MOST_BYTES: u64 = 64 << 20;
/// Where the time stands, unless it is said.
const TIMES: [&str; 4] = ["time", "timestamp", "at", "ts"];

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let path = arguments::path(args, "path")?;
        let wanted = Wanted::new(args, &path)?;
        let request = ReadRequest::File(FileRead::Whole { path: path.clone(), max_bytes: MOST_BYTES });
        Ok(talk(ask(request, move |answer, now| match answer {
            Answer::Text { text: Some(text), .. } => done(wanted.value(&text, now)),
            Answer::Text { text: None, .. } => done(Value::no_data(format!("there is no file {path}"))),
            other => odd(other),
        })))
    }
}

/// What is looked for.
struct Wanted {
    path: String,
    format: String,
    metric: String,
    labels: BTreeMap<String, String>,
    time: Option<String>,
    absent: Option<f64>,
    over: i64,
    dim: Dim,
    factor: f64,
}

/// Sums by stamp; NaN is a gap.
type Points = BTreeMap<i64, f64>;

impl Wanted {
    fn new(args: &Args, path: &str) -> Result<Self, ErrorInfo> {
        let unit = arguments::maybe_text(args, "unit")?.unwrap_or_else(|| "number".to_owned());
        let (dim, factor) =
            unit_of(&unit).ok_or_else(|| ErrorInfo::permanent("argument", format!("there is no unit `{unit}`")))?;
        let format = arguments::maybe_text(args, "format")?.unwrap_or_else(|| "auto".to_owned());
        Ok(Self {
            path: path.to_owned(),
            format,
            metric: arguments::text(args, "metric")?,
            labels: arguments::texts(args, "labels")?,
            time: arguments::maybe_text(args, "time")?,
            absent: arguments::maybe_number(args, "absent")?,
            over: arguments::maybe_ms(args, "over")?.map_or(86_400_000, |ms| i64::try_from(ms).unwrap_or(i64::MAX)),
            dim,
            factor,
        })
    }

    fn value(&self, text: &str, now: i64) -> Value {
        let points = match self.format(text) {
            "csv" => self.rows(&table::csv(text)),
            "json_lines" => self.rows(&table::json_lines(text)),
            _ => Ok(self.samples(text)),
        };
        let from = now.saturating_sub(self.over);
        let points = match points {
            Ok(points) => points.range(from..).map(|(at, v)| (*at, v * self.factor)).collect::<Vec<_>>(),
            Err(why) => return Value::no_data(format!("{}: {why}", self.path)),
        };
        if points.iter().all(|(_, v)| v.is_nan()) {
            return Value::no_data(format!("{} holds no sample of {}", self.path, self.name()));
        }
        let (at, value): (Vec<i64>, Vec<f64>) = points.into_iter().unzip();
        let mut series = Series { dim: self.dim, at, value, step_ms: 0, from, name: self.name(), settle_ms: 0 };
        let step = u64::try_from(crate::evaluate::step(&series)).unwrap_or(0);
        series.step_ms = step;
        series.settle_ms = step.saturating_mul(2);
        Value::Series(Arc::new(series))
    }

    fn name(&self) -> String {
        if self.labels.is_empty() {
            return self.metric.clone();
        }
        let labels: Vec<String> = self.labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
        format!("{}{{{}}}", self.metric, labels.join(","))
    }

    /// By what was said, else by the file's name, else by its first line.
    fn format(&self, text: &str) -> &str {
        if self.format != "auto" {
            return &self.format;
        }
        let name = self.path.to_lowercase();
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
        if name.ends_with(".csv") {
            "csv"
        } else if name.ends_with(".jsonl") || name.ends_with(".ndjson") || first.trim_start().starts_with('{') {
            "json_lines"
        } else if openmetrics::sample(first).is_none() && !first.starts_with('#') && first.contains(',') {
            "csv"
        } else {
            "openmetrics"
        }
    }

    /// Rows whose fields are as wanted, added up stamp by stamp.
    fn rows(&self, rows: &[Row]) -> Result<Points, String> {
        let Some(first) = rows.first() else { return Ok(Points::new()) };
        let known = |name: &str| rows.iter().any(|r| r.contains_key(name));
        let time = match &self.time {
            Some(time) => known(time).then_some(time.as_str()),
            None => TIMES.into_iter().find(|t| known(t)),
        };
        let columns = || first.keys().cloned().collect::<Vec<_>>().join(", ");
        let Some(time) = time else { return Err(format!("no time among {}", columns())) };
        if !known(&self.metric) {
            return Err(format!("no {} among {}", self.metric, columns()));
        }
        let mut points = Points::new();
        for row in rows.iter().filter(|r| self.labels.iter().all(|(k, v)| r.get(k) == Some(v))) {
            let Some(at) = row.get(time).and_then(|t| moment::parse(t)) else { continue };
            let value = row.get(&self.metric).and_then(|v| v.trim().parse::<f64>().ok());
            add(&mut points, at, value.unwrap_or(f64::NAN));
        }
        Ok(points)
    }

    /// Samples of the metric, added up stamp by stamp; what the marks of scrapes say about absent ones.
    fn samples(&self, text: &str) -> Points {
        // An unfinished last line may hold half a number.
        let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
        let mut points = Points::new();
        let mut marks: Points = Points::new();
        for sample in openmetrics::samples(whole) {
            let mark = sample.name == MARKER;
            if !mark && sample.name != self.metric {
                continue;
            }
            let Some(at) = sample.at.and_then(moment::parse) else { continue };
            if mark && self.metric != MARKER {
                marks.insert(at, sample.number());
                continue;
            }
            if !self.labels.is_empty() {
                let pairs = sample.pairs();
                let fits = |k: &str, v: &str| pairs.iter().any(|(name, value)| name == k && value == v);
                if !self.labels.iter().all(|(k, v)| fits(k, v)) {
                    continue;
                }
            }
            add(&mut points, at, sample.number());
        }
        let shown = points.len();
        for (at, mark) in marks {
            let value = if mark > 0.0 { self.absent.unwrap_or(f64::NAN) } else { f64::NAN };
            points.entry(at).or_insert(value);
        }
        // Gaps alone are no series.
        if shown == 0 && self.absent.is_none() { Points::new() } else { points }
    }
}

fn add(points: &mut Points, at: i64, value: f64) {
    let value = if value.is_finite() { value } else { f64::NAN };
    points.entry(at).and_modify(|sum| *sum += value).or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;

    fn read(path: &str, text: &str, extra: &[(&str, Value)]) -> Value {
        let mut args = Args::from([("path".to_owned(), Value::text(path))]);
        args.extend(extra.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        let mut machine = Action.start(&args, &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 10_000), ReadStep::Ask(_)));
        match machine.next(Some(Answer::Text { text: Some(text.to_owned()), truncated: false }), 10_000) {
            ReadStep::Done(value) => value,
            other => panic!("{other:?}"),
        }
    }

    fn points(value: Value) -> Vec<(i64, Option<f64>)> {
        match value {
            Value::Series(s) => s.at.iter().zip(&s.value).map(|(at, v)| (*at, v.is_finite().then_some(*v))).collect(),
            other => panic!("{other:?}"),
        }
    }

    const SCRAPED: &str = "orders{code=\"200\"} 5 1.000\nheal_scrape_ok 1 1.000\nheal_scrape_ok 0 2.000\n\
        orders{code=\"200\"} 7 3.000\norders{code=\"500\"} 1 3.000\nheal_scrape_ok 1 3.000\norders{code=\"500\"} 99 4.0";

    fn of(code: &str) -> Vec<(&'static str, Value)> {
        vec![
            ("metric", Value::text("orders")),
            ("labels", Value::Record(Arc::new([("code".to_owned(), Value::text(code))].into()))),
        ]
    }

    #[test]
    fn an_absent_series_is_a_gap_unless_it_counts_as_something() {
        let gap = read("state:shop.om", SCRAPED, &of("500"));
        assert_eq!(points(gap), [(1000, None), (2000, None), (3000, Some(1.0))]);
        let mut zero = of("500");
        zero.push(("absent", Value::Int(0)));
        let zero = read("state:shop.om", SCRAPED, &zero);
        assert_eq!(points(zero), [(1000, Some(0.0)), (2000, None), (3000, Some(1.0))]);
    }

    #[test]
    fn a_series_that_never_showed_is_zero_where_scrapes_worked() {
        let mut never = of("404");
        assert!(matches!(read("state:shop.om", SCRAPED, &never), Value::NoData(_)));
        never.push(("absent", Value::Int(0)));
        assert_eq!(
            points(read("state:shop.om", SCRAPED, &never)),
            [(1000, Some(0.0)), (2000, None), (3000, Some(0.0))]
        );
    }

    #[test]
    fn several_series_are_added_up() {
        let all = read("state:shop.om", SCRAPED, &[("metric", Value::text("orders"))]);
        assert_eq!(points(all), [(1000, Some(5.0)), (2000, None), (3000, Some(8.0))]);
    }

    #[test]
    fn tables_have_a_time_and_a_unit() {
        let csv = "time,host,p99\n1970-01-01T00:00:01Z,a,250\n1970-01-01T00:00:02Z,b,1\n1970-01-01T00:00:02Z,a,500\n";
        let host = Value::Record(Arc::new([("host".to_owned(), Value::text("a"))].into()));
        let unit = Value::Word("milliseconds".into());
        let wanted = [("metric", Value::text("p99")), ("labels", host), ("unit", unit)];
        let value = read("latency.csv", csv, &wanted);
        let Value::Series(s) = &value else { panic!("{value:?}") };
        assert_eq!(s.dim, Dim::Duration);
        assert_eq!(points(value), [(1000, Some(0.25)), (2000, Some(0.5))]);
        let lines = "{\"ts\":1,\"value\":3}\n{\"ts\":2,\"value\":null}\n";
        assert_eq!(
            points(read("x.jsonl", lines, &[("metric", Value::text("value"))])),
            [(1000, Some(3.0)), (2000, None)]
        );
        let missing = read("latency.csv", csv, &[("metric", Value::text("p50"))]);
        assert!(matches!(&missing, Value::NoData(n) if n.reason.contains("p99")), "{missing:?}");
    }

    #[test]
    fn old_samples_are_left_out() {
        let over = Value::Quantity(Dim::Duration, 8.0);
        let value = read("x.om", "a 1 1.0\na 2 3.0\n", &[("metric", Value::text("a")), ("over", over)]);
        assert_eq!(points(value), [(3000, Some(2.0))]);
    }
}
