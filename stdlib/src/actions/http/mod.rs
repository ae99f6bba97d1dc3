//! HTTP: requests, probes, scrapes. Hosts come from the allow list (R72).

pub(crate) mod get;
pub(crate) mod probe;
pub(crate) mod request;
pub(crate) mod scrape;

use crate::action::Args;
use crate::arguments;
use crate::declare::{data, from_outside, optional, record};
use crate::error::ErrorInfo;
use crate::request::{Endpoint, HeaderText, HttpAnswer, HttpRequest};
use crate::value::{Secret, Value};
use heal_lang::catalogue::{DefaultValue, Dim, ParamDecl, Permission, RecordDecl, Type};
use std::sync::Arc;

/// Parameters that every request shares.
fn common() -> Vec<ParamDecl> {
    let texts = || Type::Map(Box::new(Type::String));
    vec![
        data(optional("headers", texts(), DefaultValue::EmptyMap, "Headers.")),
        optional(
            "token",
            Type::Secret(Box::new(Type::String)).optional(),
            DefaultValue::None,
            "Sent as `Authorization: Bearer …`.",
        ),
    ]
}

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        from_outside(
            record(
                "http.Answer",
                "What a server answered.",
                &[
                    ("ok", Type::Bool, "The status is 2xx."),
                    ("status", Type::Int, "The status."),
                    ("body", Type::String, "The body, up to the cap."),
                    ("json", Type::Json, "The body as JSON; no data where it is none."),
                    ("latency", Type::DURATION, "From sending to the last byte."),
                ],
            ),
            &["body"],
        ),
        from_outside(
            record(
                "http.Probe",
                "What a probe found. That nobody answers is an answer.",
                &[
                    (
                        "ok",
                        Type::Bool,
                        "An answer came and its status is what was expected (2xx or 3xx unless said otherwise).",
                    ),
                    ("status", Type::Int.optional(), "The status, where an answer came."),
                    ("latency", Type::DURATION, "From sending to the last byte, or to the failure."),
                    ("error", Type::String.optional(), "Why no answer came, in words."),
                ],
            ),
            &["error"],
        ),
        record(
            "http.Scrape",
            "Samples that were collected.",
            &[
                ("path", Type::String, "The file they were appended to; goes into `data.series`."),
                ("scrapes", Type::Int, "How often the page was read."),
                ("failures", Type::Int, "How often it could not be read."),
            ],
        ),
    ]
}

/// Kept of an answer.
const MOST_BYTES: u64 = 8 << 20;

/// A request to the URL that is the subject, with the headers that every request may have.
fn request(args: &Args, method: &str, follow: bool) -> Result<HttpRequest, ErrorInfo> {
    let url = url(args, "url")?;
    let mut headers: Vec<(String, HeaderText)> =
        arguments::texts(args, "headers")?.into_iter().map(|(k, v)| (k, HeaderText::Plain(v))).collect();
    if let Some(token) = arguments::maybe_secret(args, "token")? {
        headers.push(("authorization".to_owned(), bearer(&token)));
    }
    Ok(HttpRequest {
        method: method.to_owned(),
        endpoint: Endpoint::Url(url),
        query: Vec::new(),
        headers,
        body: None,
        max_bytes: MOST_BYTES,
        follow,
    })
}

/// A URL with a host that the playbook itself names: text from outside may fill its path and query, never its host
/// (R67).
pub(crate) fn url(args: &Args, name: &str) -> Result<String, ErrorInfo> {
    let text = arguments::text(args, name)?;
    let wrong = |why: &str| ErrorInfo::permanent("url", format!("`{text}` is no URL to ask: {why}"));
    if let Some(Value::Untrusted(_)) = args.get(name) {
        return Err(wrong("it holds text from outside"));
    }
    let url = url::Url::parse(&text).map_err(|e| wrong(&e.to_string()))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(text),
        _ => Err(wrong("it must begin with http:// or https://")),
    }
}

/// `Bearer …`, as secret as the token.
pub(crate) fn bearer(token: &Secret) -> HeaderText {
    let text = token.reveal();
    // A text that was lifted already says so itself: `"Bearer ${token}"`.
    let text = if text.starts_with("Bearer ") { text.to_owned() } else { format!("Bearer {text}") };
    HeaderText::Secret(Secret::new(token.name(), text))
}

/// Without what a query may hold.
fn shown(method: &str, url: &str) -> String {
    format!("{method} {}", url.split(['?', '#']).next().unwrap_or(url))
}

fn permission(what: &str) -> Option<Permission> {
    Some(Permission::Http { what: what.to_owned() })
}

/// `http.Answer`
fn value(answer: &HttpAnswer) -> Value {
    let json = match serde_json::from_str(&answer.body) {
        Ok(json) if !answer.truncated => Value::Json(Arc::new(json)),
        Ok(_) => Value::no_data("the answer was longer than the cap"),
        Err(_) => Value::no_data("the answer is no JSON"),
    };
    Value::record([
        ("ok", Value::Bool((200..300).contains(&answer.status))),
        ("status", Value::Int(answer.status.into())),
        ("body", Value::Untrusted(answer.body.as_str().into())),
        ("json", json),
        ("latency", latency(answer)),
    ])
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53 ms")]
fn latency(answer: &HttpAnswer) -> Value {
    Value::Quantity(Dim::Duration, answer.elapsed_ms as f64 / 1000.0)
}
