//! What a status means (R8).

use crate::error::{ErrorInfo, Sent};
use crate::evaluate::{clip, safe};
use crate::request::HttpAnswer;
use heal_lang::catalogue::Permission;
use heal_lang::plan::ErrorClass;

/// `what`: `GET http://host/path`, for messages. `permission`: what is missing where it is denied.
pub(crate) struct Asked<'a> {
    pub(crate) what: &'a str,
    pub(crate) permission: Option<Permission>,
}

impl Asked<'_> {
    /// What a status that is no success means in a read; `None`: it is one.
    pub(crate) fn read(&self, answer: &HttpAnswer) -> Option<ErrorInfo> {
        let class = match answer.status {
            200..=299 => return None,
            401 | 403 if exhausted(answer) => ErrorClass::Throttled,
            401 | 403 => ErrorClass::Denied,
            429 => ErrorClass::Throttled,
            503 if hint(answer).is_some() => ErrorClass::Throttled,
            408 | 500..=599 => ErrorClass::Transient,
            _ => ErrorClass::Permanent,
        };
        Some(self.error(answer, class))
    }

    /// What a status that is no success means in a change; `None`: it is one. Everything but a definite refusal leaves
    /// open whether it happened.
    pub(crate) fn change(&self, answer: &HttpAnswer) -> Option<ErrorInfo> {
        let class = match answer.status {
            200..=299 => return None,
            401 | 403 if exhausted(answer) => ErrorClass::Throttled,
            401 | 403 => ErrorClass::Denied,
            409 | 412 => ErrorClass::Conflict,
            429 => ErrorClass::Throttled,
            503 if hint(answer).is_some() => ErrorClass::Throttled,
            408 | 500..=599 | 100..=199 => ErrorClass::Uncertain,
            _ => ErrorClass::Permanent,
        };
        Some(self.error(answer, class))
    }

    fn error(&self, answer: &HttpAnswer, class: ErrorClass) -> ErrorInfo {
        let said = clip(&safe(answer.body.trim()).replace('\n', " "), 300);
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        let hint = if class == ErrorClass::Throttled { hint(answer) } else { None };
        ErrorInfo {
            class,
            code: format!("http_{}", answer.status),
            message: format!("{} was answered {}{said}", self.what, answer.status),
            sent: Sent::Yes,
            refused_definitely: class != ErrorClass::Uncertain && class != ErrorClass::Transient,
            retry_after_ms: hint,
            permission: if class == ErrorClass::Denied { self.permission.clone() } else { None },
        }
    }
}

/// GitHub and others answer 403 where a rate limit is used up.
fn exhausted(answer: &HttpAnswer) -> bool {
    answer.status == 403
        && (answer.headers.get("x-ratelimit-remaining").is_some_and(|v| v.trim() == "0")
            || answer.headers.contains_key("retry-after"))
}

/// The server's own hint, milliseconds from now: `Retry-After` as seconds or as a date, or when the rate limit resets.
fn hint(answer: &HttpAnswer) -> Option<u64> {
    let from_now = |at: i64| {
        let date = answer.headers.get("date").and_then(|d| http_date(d))?;
        u64::try_from(at.saturating_sub(date)).ok()
    };
    if let Some(text) = answer.headers.get("retry-after") {
        let text = text.trim();
        return match text.parse::<u64>() {
            Ok(seconds) => Some(seconds.saturating_mul(1000)),
            Err(_) => http_date(text).and_then(from_now),
        };
    }
    let reset = answer.headers.get("x-ratelimit-reset")?.trim().parse::<i64>().ok()?;
    exhausted(answer).then(|| from_now(reset.saturating_mul(1000))).flatten()
}

/// `Wed, 21 Oct 2026 07:28:00 GMT`
fn http_date(text: &str) -> Option<i64> {
    let text = text.trim().strip_suffix("GMT")?.trim();
    let parsed = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S", text).ok()?;
    let there = parsed.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(there.timestamp().as_millisecond())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A whole answer.
    pub(crate) fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer { status, headers: BTreeMap::new(), body: body.to_owned(), truncated: false, elapsed_ms: 12 }
    }

    fn with(status: u16, headers: &[(&str, &str)]) -> HttpAnswer {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        HttpAnswer { headers, ..answer(status, "") }
    }

    fn classes(answer: &HttpAnswer) -> (Option<ErrorClass>, Option<ErrorClass>) {
        let asked = Asked { what: "GET x", permission: None };
        (asked.read(answer).map(|e| e.class), asked.change(answer).map(|e| e.class))
    }

    #[test]
    fn a_status_means_another_thing_in_a_change() {
        use ErrorClass::{Conflict, Denied, Permanent, Throttled, Transient, Uncertain};
        assert_eq!(classes(&answer(204, "")), (None, None));
        assert_eq!(classes(&answer(500, "")), (Some(Transient), Some(Uncertain)));
        assert_eq!(classes(&answer(408, "")), (Some(Transient), Some(Uncertain)));
        assert_eq!(classes(&answer(503, "")), (Some(Transient), Some(Uncertain)));
        assert_eq!(classes(&with(503, &[("retry-after", "3")])), (Some(Throttled), Some(Throttled)));
        assert_eq!(classes(&answer(403, "")), (Some(Denied), Some(Denied)));
        assert_eq!(classes(&with(403, &[("x-ratelimit-remaining", "0")])), (Some(Throttled), Some(Throttled)));
        assert_eq!(classes(&answer(404, "")), (Some(Permanent), Some(Permanent)));
        assert_eq!(classes(&answer(409, "")), (Some(Permanent), Some(Conflict)));
    }

    #[test]
    fn the_servers_hint_is_read_in_both_forms() {
        assert_eq!(hint(&with(429, &[("retry-after", "7")])), Some(7_000));
        let dated =
            with(429, &[("date", "Wed, 21 Oct 2026 07:28:00 GMT"), ("retry-after", "Wed, 21 Oct 2026 07:28:30 GMT")]);
        assert_eq!(hint(&dated), Some(30_000));
        assert_eq!(hint(&with(429, &[("retry-after", "soon")])), None);
    }

    #[test]
    fn only_a_definite_refusal_says_that_nothing_happened() {
        let asked = Asked { what: "POST x", permission: None };
        let lost = asked.change(&answer(502, "bad gateway")).unwrap();
        assert!(!lost.refused_definitely && lost.message.contains("bad gateway"));
        assert!(asked.change(&answer(422, "")).unwrap().refused_definitely);
    }
}
