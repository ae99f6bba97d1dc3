//! Prometheus' answers as values.

use crate::error::ErrorInfo;
use crate::request::{Endpoint, HttpAnswer, HttpRequest, ReadRequest};
use crate::status::Asked;
use heal_lang::catalogue::Permission;
use heal_lang::plan::ErrorClass;
use serde::Deserialize;

/// Of an answer.
const MOST_BYTES: u64 = 32 << 20;

/// `GET path` at the connection.
pub(super) fn request(path: &str, query: Vec<(String, String)>) -> ReadRequest {
    ReadRequest::Http(HttpRequest {
        method: "GET".to_owned(),
        endpoint: Endpoint::Connection { name: "prometheus".to_owned(), path: path.to_owned() },
        query,
        headers: Vec::new(),
        body: None,
        max_bytes: MOST_BYTES,
        follow: false,
    })
}

#[derive(Deserialize)]
struct Envelope {
    status: String,
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    value: Option<(f64, String)>,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// Samples of the one series in it (Unix seconds and value), or why there is not one.
pub(super) fn one_series(answer: &HttpAnswer) -> Result<Result<Vec<(f64, f64)>, String>, ErrorInfo> {
    let permission = Some(Permission::Http { what: "query Prometheus".to_owned() });
    let envelope: Result<Envelope, _> = serde_json::from_str(&answer.body);
    if let Some(mut error) = (Asked { what: "the query", permission }).read(answer) {
        if let Ok(Envelope { error: Some(said), .. }) = envelope {
            error.message =
                format!("Prometheus refused the query ({}): {}", answer.status, crate::evaluate::clip(&said, 300));
        }
        // A query that ran too long or over a limit (422, 503) may pass; one that does not parse never will.
        if answer.status == 422 {
            error.class = ErrorClass::Permanent;
        }
        return Err(error);
    }
    if answer.truncated {
        return Err(ErrorInfo::permanent(
            "too_large",
            "Prometheus' answer is too long; ask for less time or a longer step",
        ));
    }
    let odd = || ErrorInfo::permanent("protocol", "what answers at the connection `prometheus` is not its query API");
    let data = match envelope {
        Ok(Envelope { status, data: Some(data), .. }) if status == "success" => data,
        _ => return Err(odd()),
    };
    let number = |(at, v): (f64, String)| (at, value(&v));
    if data.kind == "scalar" {
        let sample: (f64, String) = serde_json::from_value(data.result).map_err(|_| odd())?;
        return Ok(Ok(vec![number(sample)]));
    }
    let mut lines: Vec<Line> = serde_json::from_value(data.result).map_err(|_| odd())?;
    Ok(match (lines.pop(), lines.len()) {
        (None, _) => Err("the query gave no series: nothing matched, or there was nothing to divide by".to_owned()),
        (Some(_), more) if more > 0 => Err(format!("the query gave {} series, one is needed: add them up", more + 1)),
        (Some(line), _) => {
            let mut samples: Vec<(f64, f64)> = line.values.into_iter().map(number).collect();
            samples.extend(line.value.map(number));
            Ok(samples)
        }
    })
}

fn value(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        other => other.parse().unwrap_or(f64::NAN),
    }
}
