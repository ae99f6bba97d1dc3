//! Reads an answer within its caps, and makes it safe to keep.

use super::errors::classify;
use crate::connections::Redactor;
use crate::failure;
use crate::scrub;
use bytes::Bytes;
use heal_lang::plan::ErrorClass::{Permanent, Transient};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::HttpAnswer;
use http_body_util::BodyExt;
use std::collections::BTreeMap;
use std::error::Error;
use std::pin::pin;
use std::time::SystemTime;
use tokio::time::Instant;

/// How an answer is to be read.
pub(crate) struct Reading<'a> {
    /// `GET http://host/path`
    pub(crate) what: &'a str,
    /// Most bytes of the body.
    pub(crate) max_bytes: u64,
    /// Scrubs it.
    pub(crate) redact: &'a Redactor,
    /// When the request was handed out.
    pub(crate) started: Instant,
    /// The answer to a change, and until when its body is waited for: the status alone is definite, so a body that is
    /// cut or late makes the answer shorter and not unknown. None: a read, where half a body is none.
    pub(crate) change_until: Option<Instant>,
}

/// Reads an answer. Any status will do.
pub(crate) async fn read<B>(response: ::http::Response<B>, reading: Reading<'_>) -> Result<HttpAnswer, ErrorInfo>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (parts, body) = response.into_parts();
    let headers = headers(&parts.headers, reading.redact);
    let encoded = headers.get("content-encoding").is_some_and(|coding| coding != "identity");
    if encoded && reading.change_until.is_none() {
        let message = format!("{}: the answer is compressed, which was not asked for", reading.what);
        return Err(failure::asked(Permanent, "encoding", message));
    }
    let mut bytes = Vec::new();
    let keep = reading.max_bytes.saturating_add(scrub::MARGIN);
    let whole = match reading.change_until {
        None => fill(body, &mut bytes, keep, reading.what).await,
        Some(until) => tokio::time::timeout_at(until, fill(body, &mut bytes, keep, reading.what))
            .await
            .unwrap_or_else(|_| Err(failure::asked(Transient, "timeout", ""))),
    };
    let cut = match whole {
        Ok(()) => false,
        Err(_) if reading.change_until.is_some() => true,
        Err(error) => return Err(error),
    };
    let (body, long) = scrub::front(&bytes, reading.max_bytes, reading.redact);
    Ok(HttpAnswer {
        status: parts.status.as_u16(),
        headers,
        body,
        truncated: cut || long,
        elapsed_ms: u64::try_from(reading.started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Fills up to `keep` bytes; the rest stays where it is.
async fn fill<B>(body: B, bytes: &mut Vec<u8>, keep: u64, what: &str) -> Result<(), ErrorInfo>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let error: Box<dyn Error + Send + Sync> = error.into();
            classify(what, error.as_ref())
        })?;
        if let Ok(data) = frame.into_data() {
            let room = keep.saturating_sub(bytes.len() as u64);
            let take = data.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            bytes.extend_from_slice(&data[..take]);
            if take < data.len() {
                break;
            }
        }
    }
    Ok(())
}

/// Headers by lower-case name, several of one name joined. `retry-after` is always there in whole seconds where the
/// server said in any form when to come again: actions have no clock.
fn headers(headers: &::http::HeaderMap, redact: &Redactor) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = redact(&String::from_utf8_lossy(value.as_bytes()));
        let joined = all.entry(name.as_str().to_owned()).or_default();
        let comma = if joined.is_empty() { "" } else { ", " };
        *joined = format!("{joined}{comma}{value}");
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    match retry_after(&all, i64::try_from(now).unwrap_or(i64::MAX)) {
        Some(seconds) => all.insert("retry-after".to_owned(), seconds.to_string()),
        None => all.remove("retry-after"),
    };
    all
}

/// Seconds from now: `Retry-After` as a number or as a date, or GitHub's time at which a used-up allowance is renewed.
fn retry_after(headers: &BTreeMap<String, String>, now: i64) -> Option<u64> {
    let date = |text: &str| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second());
    // The server's date is by the server's clock.
    let now = headers.get("date").and_then(|text| date(text)).unwrap_or(now);
    let ahead = |at: i64| u64::try_from(at.saturating_sub(now)).unwrap_or(0);
    if let Some(text) = headers.get("retry-after") {
        return text.trim().parse().ok().or_else(|| date(text).map(ahead));
    }
    let used_up = headers.get("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
    used_up.then(|| headers.get("x-ratelimit-reset")?.trim().parse().ok().map(ahead)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(headers: &[(&str, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        retry_after(&headers, 784_111_777)
    }

    #[test]
    fn the_hint_when_to_come_again_is_read_in_every_form() {
        assert_eq!(after(&[("retry-after", " 7 ")]), Some(7));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]), Some(10));
        assert_eq!(
            after(&[("date", "Sun, 06 Nov 1994 08:49:07 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]),
            Some(30)
        );
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(0));
        assert_eq!(after(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "784111800")]), Some(23));
        assert_eq!(after(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "784111800")]), None);
        assert_eq!(after(&[("retry-after", "soon")]), None);
        assert_eq!(after(&[]), None);
    }
}
