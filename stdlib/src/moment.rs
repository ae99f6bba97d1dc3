//! Points in time as text. Unix milliseconds inside.

use jiff::Timestamp;

/// Reads RFC 3339, or seconds or milliseconds since 1970 (told apart by their size).
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    // A space instead of the `T`, and a missing zone (then UTC), are common in log files.
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| {
            let zoned = text.len() > 19 && text.get(19..).is_some_and(|t| t.contains(['Z', 'z', '+', '-']));
            if zoned {
                None
            } else {
                text.parse::<jiff::civil::DateTime>()
                    .ok()?
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .ok()
                    .map(|z| z.timestamp())
            }
        })
        .map(Timestamp::as_millisecond)
}

/// Seconds or milliseconds since 1970.
#[allow(clippy::cast_possible_truncation, reason = "bounded right before")]
pub(crate) fn from_number(number: f64) -> Option<i64> {
    // 1e11 seconds is the year 5138, 1e11 milliseconds is 1973.
    if !number.is_finite() || !(0.0..1e14).contains(&number) {
        return None;
    }
    Some(if number < 1e11 { (number * 1000.0).round() as i64 } else { number.round() as i64 })
}

/// RFC 3339 in UTC, with milliseconds where there are any.
pub(crate) fn format(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms}ms"), |t| t.to_string())
}

/// RFC 3339 in UTC, always with milliseconds.
pub(crate) fn format_ms(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms}ms"), |t| format!("{t:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_many_forms() {
        let wanted = Some(1_767_323_045_000);
        assert_eq!(parse("2026-01-02T03:04:05Z"), wanted);
        assert_eq!(parse("2026-01-02T03:04:05.000Z"), wanted);
        assert_eq!(parse("2026-01-02T04:04:05+01:00"), wanted);
        assert_eq!(parse("2026-01-02 03:04:05"), wanted);
        assert_eq!(parse("1767323045"), wanted);
        assert_eq!(parse("1767323045.000"), wanted);
        assert_eq!(parse("1767323045000"), wanted);
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("NaN"), None);
        assert_eq!(parse(&format_ms(1_767_323_045_007)), Some(1_767_323_045_007));
    }
}
