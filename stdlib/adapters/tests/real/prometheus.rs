//! A real Prometheus, with a past.

use super::driver::Driver;
use super::{ask, json, parts};
use crate::carrier::Carrier;
use crate::connections::{Connections, HttpConnection};
use heal_lang::catalogue::Dim;
use heal_stdlib::action::{Args, Surroundings};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Endpoint, HttpAnswer, HttpRequest, ReadRequest};
use heal_stdlib::value::Value;
use std::time::{SystemTime, UNIX_EPOCH};

async fn query(carrier: &Carrier, path: &str, query: &[(&str, &str)]) -> Result<HttpAnswer, ErrorInfo> {
    let request = HttpRequest {
        method: "GET".to_owned(),
        endpoint: Endpoint::Connection { name: "prometheus".to_owned(), path: format!("/api/v1/{path}") },
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        headers: vec![],
        body: None,
        max_bytes: 1 << 20,
        follow: true,
    };
    ask(carrier, ReadRequest::Http(request)).await
}

#[tokio::test]
async fn prometheus_is_asked_as_a_connection() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let past = tempfile::tempdir().expect("a folder");
    let history = past.path().join("history.om");
    let samples = (1..=60).rev().map(|minute| format!("load{{a=\"b c\"}} {minute} {}\n", now - minute * 60));
    let text = format!("# TYPE load gauge\n{}# EOF\n", samples.collect::<String>());
    std::fs::write(&history, text).expect("a past");
    let Some(part) = parts::start_with("prometheus", |_| {}, &[&history]) else { return };

    let mut connections = Connections::new("/".into(), "/".into());
    let connection = HttpConnection { url: format!("{}/", part.var("PROMETHEUS_URL")), token: None };
    connections.http.insert("prometheus".to_owned(), connection);
    let carrier = Carrier::new(connections);

    let (start, end) = ((now - 1800).to_string(), now.to_string());
    let range = [("query", "load{a=\"b c\"} + 0"), ("start", &start), ("end", &end), ("step", "60s")];
    let answer = json(&query(&carrier, "query_range", &range).await.expect("an answer"));
    assert_eq!(answer["status"], "success", "{answer}");
    assert!(answer["data"]["result"][0]["values"].as_array().is_some_and(|v| v.len() >= 29), "{answer}");

    let instant = [("query", "max_over_time(load[2h])")];
    let answer = json(&query(&carrier, "query", &instant).await.expect("an answer"));
    assert_eq!(answer["data"]["result"][0]["value"][1], "60", "{answer}");

    let wrong = query(&carrier, "query", &[("query", "rate(")]).await.expect("an answer");
    assert_eq!((wrong.status, json(&wrong)["errorType"].as_str()), (400, Some("bad_data")));

    the_actions_read_what_it_knows(carrier, now).await;
}

async fn the_actions_read_what_it_knows(carrier: Carrier, now: u64) {
    let now_ms = i64::try_from(now * 1000).expect("a time");
    let driver = Driver { carrier, at: Surroundings { now_ms, ..Surroundings::default() } };
    let arg = |name: &str, value: Value| (name.to_owned(), value);
    let seconds = |s: f64| Value::Quantity(Dim::Duration, s);
    let query = |text: &str| arg("query", Value::text(text));

    let most = Args::from([query("max_over_time(load[2h])"), arg("unit", Value::text("milliseconds"))]);
    let most = driver.read("prometheus.instant", &most).await.expect("an answer");
    assert_eq!(most, seconds(0.06), "60, and its unit is milliseconds");
    let none =
        driver.read("prometheus.instant", &Args::from([query("nothing_of_this_name")])).await.expect("an answer");
    assert!(matches!(none, Value::NoData(_)), "{none:?}");
    let wrong = driver.read("prometheus.instant", &Args::from([query("rate(")])).await.expect_err("no query");
    assert!(wrong.message.contains("parse error"), "it says what the server said: {wrong:?}");

    let half = Args::from([query("load"), arg("over", seconds(1_800.0)), arg("step", seconds(60.0))]);
    let Value::Series(series) = driver.read("prometheus.range", &half).await.expect("an answer") else { panic!() };
    assert_eq!((series.value.len(), series.value[0]), (31, 30.0), "both ends are in it: {series:?}");
}
