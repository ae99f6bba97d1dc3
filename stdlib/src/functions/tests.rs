//! What the functions over heal-signal answer, as a playbook calls them.

use crate::action::Args;
use crate::catalogue::function;
use crate::value::{LogLine, Logs, Series, Value};
use heal_lang::catalogue::{DefaultValue, Dim};
use std::sync::Arc;

const MINUTE: i64 = 60_000;

fn series(dim: Dim, values: impl IntoIterator<Item = f64>) -> Value {
    let value: Vec<f64> = values.into_iter().collect();
    let at = (0..i64::try_from(value.len()).unwrap()).map(|i| i * MINUTE).collect();
    let name = "load".to_owned();
    Value::Series(Arc::new(Series { dim, at, value, step_ms: 60_000, from: 0, name, settle_ms: 0 }))
}

fn logs(text: &str) -> Value {
    let line = |t: &str| LogLine { at: None, source: String::new(), text: t.to_owned() };
    Value::Logs(Arc::new(Logs { lines: text.lines().map(line).collect(), truncated: false }))
}

/// As the checker hands it on: what is left out has its default.
fn call(name: &str, args: &[(&str, Value)]) -> Value {
    let function = function(name).unwrap();
    let mut given: Args = args.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
    for param in function.decl().params {
        if let Some(DefaultValue::Number(n)) = param.default {
            given.entry(param.name).or_insert(Value::Quantity(Dim::Number, n));
        }
    }
    function.call(&given, 0)
}

fn field(value: &Value, name: &str) -> Value {
    match value {
        Value::Record(fields) => fields[name].clone(),
        other => panic!("{other:?}"),
    }
}

fn number(value: &Value, name: &str) -> f64 {
    crate::evaluate::number(&field(value, name)).unwrap().1
}

fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) => items.to_vec(),
        other => panic!("{other:?}"),
    }
}

fn hours(n: f64) -> Value {
    Value::Quantity(Dim::Duration, n * 3_600.0)
}

/// Noise of a half either way, the same at every call.
fn noise(i: u32) -> f64 {
    f64::from(i * 7_919 % 101) / 101.0 - 0.5
}

fn calm(n: u32) -> impl Iterator<Item = f64> {
    (0..n).map(|i| 20.0 + noise(i))
}

#[test]
fn a_jump_is_an_alarm_for_every_detector_of_levels_and_calm_is_none() {
    for name in ["auto", "ewma", "holt", "cusum", "novelty", "rcf", "zscore"] {
        let name = format!("anomaly.{name}");
        let quiet = call(&name, &[("series", series(Dim::Number, calm(300)))]);
        let jumped = series(Dim::Number, calm(300).chain((0..5).map(|i| 60.0 + noise(i))));
        let loud = call(&name, &[("series", jumped)]);
        assert_eq!(field(&quiet, "alarm"), Value::Bool(false), "{name}: {quiet:?}");
        assert_eq!(field(&loud, "alarm"), Value::Bool(true), "{name}: {loud:?}");
    }
}

#[test]
fn a_stuck_sensor_is_a_flat_line() {
    let stuck = series(Dim::Number, calm(200).chain(std::iter::repeat_n(20.0, 30)));
    assert_eq!(field(&call("anomaly.flatline", &[("series", stuck)]), "alarm"), Value::Bool(true));
}

#[test]
fn too_few_samples_are_no_data_and_say_so() {
    for name in ["anomaly.auto", "anomaly.cusum", "anomaly.rcf", "changepoint.last", "changepoint.recent"] {
        let said = call(name, &[("series", series(Dim::Number, [1.0, 2.0]))]);
        assert!(matches!(&said, Value::NoData(n) if n.reason.contains("load")), "{name}: {said:?}");
    }
}

#[test]
fn the_odd_pod_is_named() {
    let pod = |level: f64| series(Dim::Number, calm(50).map(move |v| v + level));
    let odd = call("anomaly.peers", &[("series", Value::list(vec![pod(0.0), pod(0.4), pod(30.0), pod(0.2)]))]);
    assert_eq!((field(&odd, "alarm"), field(&odd, "index")), (Value::Bool(true), Value::Int(2)));
    let alike = call("anomaly.peers", &[("series", Value::list(vec![pod(0.0), pod(0.4), pod(0.2)]))]);
    assert_eq!(field(&alike, "alarm"), Value::Bool(false));
    let two = call("anomaly.peers", &[("series", Value::list(vec![pod(0.0), pod(1.0)]))]);
    assert!(matches!(two, Value::NoData(_)));
}

#[test]
fn changes_of_level_are_listed_and_the_newest_is_told_without_looking_ahead() {
    let steps = series(Dim::Number, calm(60).chain(calm(60).map(|v| v + 9.0)).chain(calm(3).map(|v| v + 30.0)));
    let all = items(&call("changepoint.all", &[("series", steps.clone())]));
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(field(&all[0], "at"), Value::Time(60 * MINUTE));
    assert!((number(&all[0], "size") - 9.0).abs() < 0.3);
    assert!(number(&call("changepoint.recent", &[("series", steps)]), "probability") > 0.9);
}

#[test]
fn a_disk_that_fills_by_the_hour_is_full_when_its_line_says() {
    // 60 % now, 0.1 % a minute: 90 % in five hours.
    let used = series(Dim::Ratio, (0..600).map(|i| 0.60 - 0.001 * f64::from(599 - i) + noise(i) * 1e-4));
    let args = [("series", used), ("limit", Value::Quantity(Dim::Ratio, 0.9)), ("horizon", hours(10.0))];
    let crossing = call("forecast.crossing", &args);
    assert!(number(&crossing, "probability") > 0.95, "{crossing:?}");
    let Value::Time(p50) = field(&crossing, "p50") else { panic!("{crossing:?}") };
    assert!((p50 - (599 + 300) * MINUTE).abs() < 60 * MINUTE, "{}", p50 / MINUTE);
    let soon = [args[0].clone(), args[1].clone(), ("horizon", hours(1.0))];
    let soon = call("forecast.crossing", &soon);
    assert!(number(&soon, "probability") < 0.05, "{soon:?}");
    assert_eq!(field(&soon, "p90"), Value::None);
}

#[test]
fn a_load_is_forecast_and_divided_among_units() {
    let load = series(Dim::Rate, calm(400));
    let ahead = call("forecast.at", &[("series", load.clone()), ("horizon", hours(1.0))]);
    assert_eq!(field(&ahead, "at"), Value::Time((399 + 60) * MINUTE));
    assert!(number(&ahead, "lower") < 20.0 && number(&ahead, "upper") > 20.0, "{ahead:?}");
    let each = Value::Quantity(Dim::Rate, 6.0);
    let units = call("forecast.units", &[("series", load.clone()), ("each", each), ("horizon", hours(1.0))]);
    assert_eq!(units, Value::Int(4), "20 and a bit over 6 each");
    let far = call("forecast.at", &[("series", load), ("horizon", hours(1_000.0))]);
    assert!(matches!(&far, Value::NoData(n) if n.reason.contains("1 to 10000 steps")), "{far:?}");
}

#[test]
fn an_effect_has_an_interval_and_a_drift_is_seen_where_the_mean_stays() {
    let better = series(Dim::Number, calm(100).chain(calm(100).map(|v| v - 5.0)));
    let at = ("at", Value::Time(100 * MINUTE));
    let effect = call("compare.before_after", &[("series", better), at.clone()]);
    assert_eq!(field(&effect, "clear"), Value::Bool(true));
    assert!(number(&effect, "lower") <= -5.0 && number(&effect, "upper") < -4.0, "{effect:?}");
    let wider = series(Dim::Number, calm(100).chain((0..100).map(|i| 20.0 + 8.0 * noise(i))));
    let same = call("compare.before_after", &[("series", wider.clone()), at.clone()]);
    assert_eq!(field(&same, "clear"), Value::Bool(false), "{same:?}");
    assert!(number(&call("compare.drift", &[("series", wider), at]), "psi") > 0.25);
    let none = call("compare.drift", &[("series", series(Dim::Number, calm(9))), ("at", Value::Time(0))]);
    assert!(matches!(none, Value::NoData(_)), "{none:?}");
}

#[test]
fn the_series_that_moves_first_leads() {
    let wave = |i: u32| (f64::from(i) / 9.0).sin() + noise(i) * 0.1;
    let (first, second) = (series(Dim::Number, (10..310).map(wave)), series(Dim::Number, (0..300).map(wave)));
    let lag = call("compare.lag", &[("series", first), ("with", second), ("most", hours(0.4))]);
    assert_eq!(number(&lag, "lead"), 600.0, "ten minutes");
    assert!(number(&lag, "correlation") > 0.9);
}

#[test]
fn guilty_lines_come_first_and_stay_text_from_outside() {
    let pass = logs("compiling shop\n0 errors\ndone in 3 s");
    let fail = logs("compiling shop\nshop.rs:3: error: cannot find value `price`\ndone in 9 s");
    let suspects = items(&call("logs.blame", &[("fail", fail.clone()), ("against", pass)]));
    assert_eq!(field(&suspects[0], "line"), Value::Int(2));
    assert_eq!(field(&suspects[0], "new"), Value::Bool(true));
    assert!(matches!(field(&suspects[0], "text"), Value::Untrusted(_)));
    let alone = items(&call("logs.blame", &[("fail", fail)]));
    assert_eq!(field(&alone[0], "new"), Value::Bool(false), "nothing is known about what is new");
    let groups = items(&call("logs.templates", &[("logs", logs("took 3 ms\ntook 9 ms\nstarted"))]));
    assert_eq!((groups.len(), field(&groups[0], "count")), (2, Value::Int(2)));
}

#[test]
fn the_component_that_slows_the_others_is_the_cause() {
    let latency = |extra: f64| series(Dim::Duration, (0..30).map(move |i| if i < 27 { 0.1 } else { 0.1 + extra }));
    let component = |name: &str, extra: f64, calls: &[&str]| {
        let calls = Value::list(calls.iter().map(|c| Value::text(c)).collect());
        call("rootcause.component", &[("name", Value::text(name)), ("latency", latency(extra)), ("calls", calls)])
    };
    let all = vec![component("web", 2.1, &["shop"]), component("shop", 2.0, &["db"]), component("db", 2.0, &[])];
    let since = ("at", Value::Time(27 * MINUTE));
    let args = [("components", Value::list(all.clone())), ("symptom", Value::text("web")), since.clone()];
    assert_eq!(field(&items(&call("rootcause.rank", &args))[0], "name"), Value::text("db"));
    let args = [("components", Value::list(all)), ("symptom", Value::text("wep")), since];
    assert!(matches!(call("rootcause.rank", &args), Value::NoData(n) if n.reason.contains("`wep`")));
}
