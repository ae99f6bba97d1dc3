//! `healrun signal` as it is typed: rows in, rows out, and what bad input gets.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use support::{Ended, code, healrun};

fn signal(folder: &Path, arguments: &[&str]) -> Ended {
    Ended { output: healrun(folder).arg("signal").args(arguments).output().expect("healrun runs") }
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), text).expect("written");
}

/// Five-minute values with a daily wave, a gap, a missing value and a spike at row 900.
fn latency() -> String {
    let mut text = "timestamp,value\n".to_owned();
    for i in 0..1_000_i64 {
        let at = jiff::Timestamp::from_second(1_396_310_400 + 300 * (i + i64::from(i > 500) * 12)).expect("a time");
        let wave = 100.0 + 20.0 * (i as f64 / 288.0 * std::f64::consts::TAU).sin() + ((i * 7919) % 13) as f64 / 4.0;
        let value = match i {
            300 => String::new(),
            900 => "400".to_owned(),
            _ => format!("{wave:.3}"),
        };
        writeln!(text, "{},{value}", at.strftime("%Y-%m-%d %H:%M:%S")).expect("a row");
    }
    text
}

fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "latency.csv", latency());
    folder
}

/// `timestamp,value,anomaly_score` as it was printed.
fn rows(ended: &Ended) -> Vec<(String, String, f64)> {
    let text = ended.stdout();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("timestamp,value,anomaly_score"), "{ended}");
    lines
        .map(|l| {
            let cells: Vec<&str> = l.split(',').collect();
            (cells[0].to_owned(), cells[1].to_owned(), cells[2].parse().expect("a score"))
        })
        .collect()
}

#[test]
fn detect_writes_the_same_rows_in_the_same_order_with_a_score_each() {
    let place = place();
    let folder = place.path();
    let given = latency();
    for method in ["auto", "rcf", "zscore", "subspace"] {
        let ended = signal(folder, &["detect", "latency.csv", "--method", method]);
        assert_eq!(code(&ended.output), 0, "{ended}");
        let rows = rows(&ended);
        let same: Vec<String> = rows.iter().map(|(at, value, _)| format!("{at},{value}")).collect();
        assert_eq!(same, given.lines().skip(1).collect::<Vec<_>>(), "{method}");
        assert!(rows.iter().all(|r| (0.0..=1.0).contains(&r.2)), "{method}");
        let best = rows.iter().enumerate().max_by(|a, b| a.1.2.total_cmp(&b.1.2)).expect("rows").0;
        assert!(best.abs_diff(900) < 200, "{method} finds the spike, not row {best}");
    }
    let auto = rows(&signal(folder, &["detect", "latency.csv"]));
    assert!(auto[900].2 >= 0.5, "the spike is an alarm");
    assert_eq!(auto[300].2, 0.0, "a missing value is none");
}

#[test]
fn a_causal_score_is_the_same_when_the_file_ends_earlier() {
    let place = place();
    let folder = place.path();
    let cut: String = latency().lines().take(951).fold(String::new(), |text, line| text + line + "\n");
    write(folder, "cut.csv", cut);
    for method in ["auto", "rcf", "bocpd"] {
        let whole = signal(folder, &["detect", "latency.csv", "--method", method]).stdout();
        let part = signal(folder, &["detect", "cut.csv", "--method", method]).stdout();
        assert!(whole.starts_with(&part), "{method}");
    }
}

#[test]
fn json_says_whether_later_points_were_looked_at() {
    let place = place();
    for (method, causal) in [("auto", true), ("discord", false)] {
        let ended = signal(place.path(), &["detect", "latency.csv", "--method", method, "--format", "json"]);
        let json = ended.json();
        assert_eq!(json["causal"], causal, "{method}");
        assert_eq!((json["points"].as_u64(), json["missing"].as_u64()), (Some(1000), Some(1)));
        assert_eq!(json["rows"][300]["value"], serde_json::Value::Null);
    }
    let ended = signal(place.path(), &["detect", "latency.csv", "--method", "discord"]);
    assert!(ended.stderr().contains("`discord` is not causal"), "{ended}");
}

#[test]
fn a_score_leaves_before_the_next_row_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = healrun(folder.path());
    let mut child = command
        .args(["signal", "detect", "-", "--method", "ewma"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("healrun starts");
    let mut to = child.stdin.take().expect("its input");
    let mut from = std::io::BufReader::new(child.stdout.take().expect("its output"));
    let mut line = || {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut from, &mut line).expect("a line");
        line
    };
    // The first row is held until there is something to compare it with; from then on each answers for itself.
    to.write_all(b"1,5\n2,5\n").expect("taken");
    assert_eq!([line(), line(), line()], ["timestamp,value,anomaly_score\n", "1,5,0\n", "2,5,0\n"]);
    to.write_all(b"3,5\n").expect("taken");
    assert_eq!(line(), "3,5,0\n");
    drop(to);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn times_and_headers_are_read_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let body = |stamp: &dyn Fn(i64) -> String| (0..40).map(|i| format!("{},{}\n", stamp(i), i % 7)).collect::<String>();
    let time = |i: i64| jiff::Timestamp::from_second(1_700_000_000 + 60 * i).expect("a time");
    let forms: [(&str, String); 4] = [
        ("seconds", body(&|i| time(i).as_second().to_string())),
        ("rfc", "\u{feff}time,load\r\n".to_owned() + &body(&|i| time(i).to_string()).replace('\n', "\r\n")),
        ("plain", "timestamp,value\n".to_owned() + &body(&|i| time(i).strftime("%Y-%m-%d %H:%M:%S").to_string())),
        ("third", {
            let rows = body(&|i| format!("\"a, b\",{}", time(i)));
            format!("host,at,cpu\n{rows}")
        }),
    ];
    let mut seen = Vec::new();
    for (name, text) in &forms {
        write(folder, name, text);
        let column: &[&str] = if *name == "third" { &["--column", "cpu"] } else { &[] };
        let ended = signal(folder, &[&["detect", name, "--method", "holt"], column].concat());
        assert_eq!(code(&ended.output), 0, "{name}: {ended}");
        seen.push(rows(&ended).into_iter().map(|r| r.2).collect::<Vec<f64>>());
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]), "the same series");
}

#[test]
fn bad_input_is_said_with_its_line_and_exit_2() {
    let place = place();
    let folder = place.path();
    write(folder, "empty.csv", "");
    write(folder, "header.csv", "timestamp,value\n");
    write(folder, "one.csv", "timestamp,value\n1,2\n");
    write(folder, "missing.csv", "1,\n2,NaN\n3,null\n");
    write(folder, "garbage.csv", "1,2\n2,three\n");
    write(folder, "stamp.csv", "timestamp,value\n1,2\nnoon,3\n");
    write(folder, "unsorted.csv", "2026-01-02 00:00:00,1\n2026-01-01 00:00:00,2\n");
    write(folder, "columns.csv", "timestamp,cpu,memory\n1,2,3\n");
    write(folder, "short.csv", "timestamp,value\n1,2\n2\n");
    write(folder, "single.csv", "5\n6\n");
    write(folder, "bytes.csv", b"1,2\n\xff\xfe,3\n");
    write(folder, "five.csv", "1,1\n2,2\n3,3\n");
    write(folder, "blank.log", "\n\n");
    write(folder, "bad_batch.csv", "id,V1,V2\na,1,2,3,4,5\nb,1,x,3\n");
    std::fs::create_dir(folder.join("dir")).expect("made");
    let mut said = String::new();
    for arguments in [
        &["detect", "nowhere.csv"][..],
        &["detect", "dir"],
        &["detect", "empty.csv"],
        &["detect", "header.csv"],
        &["detect", "one.csv"],
        &["detect", "missing.csv"],
        &["detect", "garbage.csv"],
        &["detect", "stamp.csv"],
        &["detect", "unsorted.csv"],
        &["detect", "columns.csv"],
        &["detect", "columns.csv", "--column", "cpus"],
        &["detect", "short.csv"],
        &["detect", "single.csv"],
        &["detect", "bytes.csv"],
        &["detect", "five.csv", "--method", "subspace"],
        &["detect", "five.csv", "--method", "zscor"],
        &["forecast", "five.csv", "--horizon", "3"],
        &["forecast", "latency.csv", "--horizon", "0"],
        &["forecast", "latency.csv", "--horizon", "5", "--method", "thet"],
        &["forecast", "latency.csv", "--horizon", "5", "--interval", "0.95"],
        &["forecast", "latency.csv", "--horizon", "5", "--season", "1"],
        &["forecast", "bad_batch.csv", "--horizon", "2", "--batch"],
        &["changepoints", "five.csv"],
        &["changepoints", "latency.csv", "--penalty", "0"],
        &["templates", "blank.log"],
        &["blame", "nowhere.log"],
        &["rootcause", "dir"],
    ] {
        let ended = signal(folder, arguments);
        assert_eq!(code(&ended.output), 2, "{arguments:?}: {ended}");
        assert!(!ended.stderr().contains("panicked"), "{ended}");
        writeln!(said, "$ healrun signal {}\n{}", arguments.join(" "), ended.stderr()).expect("said");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_clock_that_was_set_back_an_hour_is_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::new();
    for minute in (0..60).chain(0..60) {
        writeln!(text, "2026-10-25 02:{minute:02}:00,{}", minute % 5).expect("a row");
    }
    write(folder.path(), "back.csv", text);
    let ended = signal(folder.path(), &["detect", "back.csv"]);
    assert_eq!(code(&ended.output), 0, "{ended}");
    assert_eq!(rows(&ended).len(), 120);
    assert!(ended.stderr().contains("line 61: the time steps back"), "{ended}");
}

#[test]
fn every_help_has_an_example_and_names_what_can_be_chosen() {
    let folder = tempfile::tempdir().expect("a folder");
    for command in [
        &["detect"][..],
        &["forecast"],
        &["changepoints"],
        &["templates"],
        &["blame"],
        &["rootcause"],
        &["train"],
        &["update"],
        &["models", "list"],
        &["models", "rollback"],
    ] {
        let ended = signal(folder.path(), &[command, &["--help"]].concat());
        assert!(ended.stdout().contains("Example:\n  healrun signal "), "{command:?}: {ended}");
    }
    let help = signal(folder.path(), &["detect", "--help"]).stdout();
    for method in &heal_signal::method::METHODS {
        assert!(help.contains(&format!("- {}:", method.name)), "{} in help", method.name);
    }
    let help = signal(folder.path(), &["forecast", "--help"]).stdout();
    for method in heal_signal::forecast::method::Method::NAMES {
        assert!(help.contains(method), "{method} in help");
    }
}

#[test]
fn a_forecast_has_a_row_a_step_and_its_value_within_its_interval() {
    let place = place();
    for method in ["auto", "seasonal-naive", "theta", "arima(1,0,1)"] {
        let arguments = ["forecast", "latency.csv", "--horizon", "12", "--season", "288", "--method", method];
        let ended = signal(place.path(), &arguments);
        assert_eq!(code(&ended.output), 0, "{ended}");
        let text = ended.stdout();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("step,value,lower,upper"));
        let rows: Vec<Vec<f64>> = lines.map(|l| l.split(',').map(|c| c.parse().expect("a number")).collect()).collect();
        assert_eq!(rows.len(), 12);
        for (k, row) in rows.iter().enumerate() {
            assert_eq!(row[0], (k + 1) as f64);
            assert!(row[2] <= row[1] && row[1] <= row[3], "{method}: {row:?}");
        }
    }
}

#[test]
fn a_batch_takes_rows_of_any_length_and_goes_on_past_one_that_it_cannot_forecast() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |n: usize| (0..n).map(|i| (10 + i % 4).to_string()).collect::<Vec<_>>().join(",");
    write(folder.path(), "b.csv", format!("id,V1,V2\n\"H1\",{},,NA\nshort,1,2\nH2,{}\n", row(40), row(60)));
    let ended = signal(folder.path(), &["forecast", "b.csv", "--batch", "--horizon", "4", "--upper", "u.csv"]);
    assert_eq!(code(&ended.output), 1, "one of them is missing: {ended}");
    assert!(ended.stderr().contains("b.csv line 3: `short` cannot be forecast: too few points"), "{ended}");
    let text = ended.stdout();
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows.iter().map(|r| (r[0], r.len())).collect::<Vec<_>>(), [("H1", 5), ("H2", 5)]);
    for (value, expected) in rows[0][1..].iter().zip([10.0, 11.0, 12.0, 13.0]) {
        let value: f64 = value.parse().expect("a number");
        assert!((value - expected).abs() < 0.5, "{text}");
    }
    let upper = std::fs::read_to_string(folder.path().join("u.csv")).expect("written");
    assert_eq!(upper.lines().count(), 2);
}

#[test]
fn change_points_say_when_and_by_how_much() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = (0..200).map(|i| format!("{},{}\n", 1_700_000_000 + 60 * i, if i < 120 { 5 } else { 9 } * 10 + i % 3));
    write(folder.path(), "step.csv", rows.collect::<String>());
    let ended = signal(folder.path(), &["changepoints", "step.csv", "--format", "json", "--plot", "step.svg"]);
    let json = ended.json();
    assert_eq!(json["causal"], false);
    let change = &json["changes"][0];
    assert_eq!(change["timestamp"], "1700007200");
    assert!((change["size"].as_f64().expect("a number") - 40.0).abs() < 0.1, "{json}");
    assert_eq!(json["changes"].as_array().map(Vec::len), Some(1));
    let svg = std::fs::read_to_string(folder.path().join("step.svg")).expect("drawn");
    assert_eq!(svg.matches("class=\"change\"").count(), 1);
    assert_eq!(svg.matches("class=\"level\"").count(), 2);
}

#[test]
fn drawings_show_the_series_its_anomalies_and_the_fan_on_light_and_dark_ground() {
    let place = place();
    let folder = place.path();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("drawn");
    let plain = signal(folder, &["detect", "latency.csv"]).stdout();
    let drawn = signal(folder, &["detect", "latency.csv", "--plot", "a.svg", "--unit", "ms"]);
    assert_eq!(drawn.stdout(), plain, "the rows are the same");
    let svg = read("a.svg");
    for part in ["2014-04-01 00:00:00", ">ms</text>", "prefers-color-scheme:dark", "04-02", "<polyline"] {
        let part = if part.starts_with("2014") { "2014-04-01 00:00 to 2014-04-04" } else { part };
        assert!(svg.contains(part), "{part} in {}", &svg[svg.len() - 2_000..]);
    }
    assert!(svg.matches("class=\"anomaly\"").count() >= 1);
    signal(folder, &["forecast", "latency.csv", "--horizon", "24", "--plot", "f.svg"]);
    let svg = read("f.svg");
    assert!(svg.contains("class=\"band\"") && svg.contains("class=\"line ahead\""));
    let ended = signal(folder, &["detect", "latency.csv", "--plot", "no/such/folder.svg"]);
    assert_eq!(code(&ended.output), 2, "{ended}");
}

#[test]
fn logs_are_grouped_and_their_guilty_lines_ranked() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let pass =
        "step 1 took 12 ms\n[INFO] 0 errors\nlogin of ada from 10.0.0.1\nlogin of bob from 10.0.0.2\nBUILD SUCCESS\n";
    let fail = "step 1 took 14 ms\n[INFO] 0 errors\nlogin of ada from 10.0.0.9\nlogin of eve from 10.0.0.7\n\
                src/shop.rs:12: error: cannot find value `price`\r\nBUILD FAILURE\nexit code 1\n";
    write(folder, "pass.log", pass);
    write(folder, "fail.log", fail);
    let mut said = String::new();
    for arguments in [
        &["blame", "fail.log", "--against", "pass.log", "--limit", "3"][..],
        &["blame", "fail.log", "--limit", "1"],
        &["blame", "fail.log", "--against", "pass.log", "--limit", "1", "--format", "json"],
        &["templates", "fail.log"],
        &["templates", "fail.log", "--lines"],
    ] {
        let ended = signal(folder, arguments);
        assert_eq!(code(&ended.output), 0, "{ended}");
        writeln!(said, "$ healrun signal {}\n{}", arguments.join(" "), ended.stdout()).expect("said");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn the_component_that_got_slow_is_named_from_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = folder.path().join("case");
    std::fs::create_dir(&case).expect("made");
    write(folder.path(), "graph.csv", ",web,shop,db\nweb,0,1,0\nshop,0,0,1\ndb,0,0,0\n");
    let mut metrics = "component,web,shop,db,db\nmetric,latency,latency,latency,requests\n\
                       statistic,Average,Average,Average,Sum\ntimestamp,,,,\n"
        .to_owned();
    for i in 0..12 {
        let slow = if i >= 10 { 2.0 } else { 0.0 };
        let at = 1_700_000_000 + 300 * i;
        writeln!(metrics, "{at},{},{},{},100", 0.3 + slow, 0.2 + slow, 0.1 + slow).expect("a row");
    }
    write(&case, "metrics.csv", metrics);
    write(&case, "target.json", r#"{"target": {"node": "web", "metric": "latency", "timestamp": 1700003000}}"#);
    let by_file = signal(folder.path(), &["rootcause", "case"]);
    assert_eq!(code(&by_file.output), 0, "{by_file}");
    assert!(by_file.stdout().starts_with("rank,component,score,change,basis\n1,db,"), "{by_file}");
    let symptom = ["--symptom", "web", "--metric", "latency", "--at", "1700003000"];
    let by_flags = signal(folder.path(), &[&["rootcause", "case"][..], &symptom].concat());
    assert_eq!(by_flags.stdout(), by_file.stdout());
    let typo = ["--symptom", "wep", "--metric", "latency", "--at", "1700003000"];
    let ended = signal(folder.path(), &[&["rootcause", "case"][..], &typo].concat());
    assert!(ended.stderr().contains("no component is called `wep`\n  help: did you mean `web`?"), "{ended}");
}

#[test]
fn a_model_is_trained_updated_listed_and_taken_back() {
    let place = place();
    let folder = place.path();
    let whole = latency();
    let head: String = whole.lines().take(601).fold(String::new(), |t, l| t + l + "\n");
    let tail: String = whole.lines().skip(601).fold(String::new(), |t, l| t + l + "\n");
    write(folder, "head.csv", &head);
    write(folder, "tail.csv", &tail);
    let trained = signal(folder, &["train", "head.csv", "--model", "m", "--method", "zscore", "--format", "json"]);
    assert_eq!(code(&trained.output), 0, "{trained}");
    assert_eq!((&trained.json()["learnt"], &trained.json()["models"][0]["version"]), (&600.into(), &1.into()));

    // From the model the rest scores as if the whole file had been read at once.
    let at_once = signal(folder, &["detect", "latency.csv", "--method", "zscore"]).stdout();
    let rest = signal(folder, &["detect", "tail.csv", "--model", "m"]).stdout();
    assert!(at_once.ends_with(rest.strip_prefix("timestamp,value,anomaly_score\n").expect("a header")));

    let updated = signal(folder, &["update", "latency.csv", "--model", "m", "--format", "json"]);
    assert_eq!(updated.json()["learnt"], 400, "points that it knows are left out: {updated}");
    let again = signal(folder, &["update", "latency.csv", "--model", "m"]);
    assert!(again.stderr().contains("knows all of these points"), "{again}");
    let back = signal(folder, &["models", "rollback", "m", "--format", "json"]);
    assert_eq!(back.json()["models"][0]["version"], 3, "{back}");
    let list = signal(folder, &["models", "list", "--format", "json"]).json();
    let of = |k: usize, field: &str| list["models"][k][field].clone();
    assert_eq!((of(0, "hash"), of(0, "points")), (of(2, "hash"), 600.into()), "version 3 is version 1 again: {list}");
    assert_eq!(of(1, "points"), 1000);

    for _ in 0..4 {
        signal(folder, &["models", "rollback", "m"]);
    }
    let ended = signal(folder, &["models", "rollback", "m", "--to", "1"]);
    assert_eq!(code(&ended.output), 2);
    assert!(ended.stderr().contains("`m` has no version 1\n  help: the last 5 are kept: 7, 6, 5, 4, 3"), "{ended}");
    let ended = signal(folder, &["update", "tail.csv", "--model", "n"]);
    assert!(ended.stderr().contains("there is no model `n`\n  help: did you mean `m`?"), "{ended}");
}

#[test]
fn no_result_is_written_over_what_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("load.csv");
    let text: String = (0..60).map(|i| format!("{},{}\n", i * 60, i % 7)).collect();
    std::fs::write(&file, &text).expect("written");
    let name = file.to_str().expect("a name");
    let link = folder.path().join("same.csv");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let link = link.to_str().expect("a name");
    for arguments in [
        &["signal", "detect", name, "--plot", name][..],
        &["signal", "changepoints", name, "--plot", link],
        &["signal", "forecast", name, "--horizon", "3", "--plot", link],
        &["signal", "forecast", name, "--batch", "--horizon", "3", "--lower", "x.csv", "--upper", "x.csv"],
        &["signal", "forecast", name, "--horizon", "3", "--time-limit", "NaN"],
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_healrun"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), text);
}
