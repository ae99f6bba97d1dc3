//! A real Prometheus, with a past.

use super::{ask, json, parts};
use crate::carrier::Carrier;
use crate::connections::{Connections, HttpConnection};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Endpoint, HttpAnswer, HttpRequest, ReadRequest};
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
}
