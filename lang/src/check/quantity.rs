//! Literals: a number with the unit attached to it (L10), read into base units.

use crate::catalogue::Dim;

/// What a literal is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Literal {
    /// `12`
    Int(i64),
    /// `1.5`
    Number(f64),
    /// `5m`, in the base unit of its dimension.
    Quantity(Dim, f64),
}

/// Why a literal has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum QuantityError {
    /// A unit that nobody knows; the literal as it should be, where that can be guessed, and a word on it.
    Unit { unit: String, better: Option<(String, &'static str)> },
    /// `1h5MiB`
    Mixed,
    /// `30m1h`: units of a compound get smaller.
    Order,
    /// Too large for its type.
    TooLarge,
    /// No number at all; the grammar makes no such.
    Malformed,
}

/// Dimension and factor of a unit.
fn unit(word: &str) -> Option<(Dim, f64)> {
    Some(match word {
        "ns" => (Dim::Duration, 1e-9),
        "us" => (Dim::Duration, 1e-6),
        "ms" => (Dim::Duration, 1e-3),
        "s" => (Dim::Duration, 1.0),
        "m" => (Dim::Duration, 60.0),
        "h" => (Dim::Duration, 3600.0),
        "d" => (Dim::Duration, 86_400.0),
        "w" => (Dim::Duration, 604_800.0),
        "%" => (Dim::Ratio, 0.01),
        "B" => (Dim::Bytes, 1.0),
        "kB" => (Dim::Bytes, 1e3),
        "MB" => (Dim::Bytes, 1e6),
        "GB" => (Dim::Bytes, 1e9),
        "TB" => (Dim::Bytes, 1e12),
        "KiB" => (Dim::Bytes, 1024.0),
        "MiB" => (Dim::Bytes, 1_048_576.0),
        "GiB" => (Dim::Bytes, 1_073_741_824.0),
        "TiB" => (Dim::Bytes, 1_099_511_627_776.0),
        "cpu" => (Dim::Cpu, 1.0),
        "mcpu" => (Dim::Cpu, 1e-3),
        _ => return None,
    })
}

/// The names that a unit takes, so that no binding can: `30 / s` must stay readable.
pub(super) fn is_time_unit(word: &str) -> bool {
    matches!(unit(word), Some((Dim::Duration, _)))
}

/// What was probably meant by a unit that does not exist.
fn meant(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "min" | "mins" | "minute" | "minutes" | "M" => ("m", "minutes are `m`"),
        "sec" | "secs" | "second" | "seconds" | "S" => ("s", "seconds are `s`"),
        "hr" | "hrs" | "hour" | "hours" | "H" => ("h", "hours are `h`"),
        "day" | "days" | "D" => ("d", "days are `d`"),
        "week" | "weeks" | "W" => ("w", "weeks are `w`"),
        "msec" | "msecs" | "millis" | "milliseconds" => ("ms", "milliseconds are `ms`"),
        "usec" | "micros" => ("us", "microseconds are `us`"),
        "percent" | "pct" => ("%", "percentages are `%`"),
        "b" | "bytes" => ("B", "bytes are `B`"),
        "kb" | "KB" | "k" | "K" => ("kB", "kilobytes are `kB`, kibibytes `KiB`"),
        "Ki" | "kib" | "kiB" => ("KiB", "kibibytes are `KiB`"),
        "mb" | "Mb" => ("MB", "megabytes are `MB`, mebibytes `MiB`"),
        "Mi" | "mib" => ("MiB", "mebibytes are `MiB`"),
        "gb" | "Gb" | "G" | "g" => ("GB", "gigabytes are `GB`, gibibytes `GiB`"),
        "Gi" | "gib" => ("GiB", "gibibytes are `GiB`"),
        "tb" | "Tb" | "T" => ("TB", "terabytes are `TB`, tebibytes `TiB`"),
        "Ti" | "tib" => ("TiB", "tebibytes are `TiB`"),
        "core" | "cores" | "vcpu" | "CPU" | "cpus" => ("cpu", "cores are `cpu`, thousandths of one `mcpu`"),
        "millicpu" | "mcores" => ("mcpu", "thousandths of a core are `mcpu`"),
        "rps" | "qps" => ("/s", "a rate is a number per time: `/s`"),
        _ => return None,
    })
}

/// `[(1, "h"), (30, "m")]` and the unit of time after a slash.
type Pieces<'t> = (Vec<(f64, &'t str)>, Option<&'t str>);

/// Splits `1h30m/s` into (number, unit) pairs and the unit of time after the slash.
fn pieces(text: &str) -> Option<Pieces<'_>> {
    let (body, per) = match text.split_once('/') {
        Some((body, per)) => (body, Some(per)),
        None => (text, None),
    };
    let bytes = body.as_bytes();
    let mut at = 0;
    let mut found = Vec::new();
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'_') {
            at += 1;
        }
        if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            at += 1;
            while at < bytes.len() && (bytes[at].is_ascii_digit() || bytes[at] == b'_') {
                at += 1;
            }
        }
        // An exponent needs a digit: `2e` is the unit `e`.
        if bytes.get(at).is_some_and(|b| b.eq_ignore_ascii_case(&b'e')) {
            let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                at += 1 + sign;
                while at < bytes.len() && bytes[at].is_ascii_digit() {
                    at += 1;
                }
            }
        }
        let number: f64 = body.get(start..at)?.replace('_', "").parse().ok()?;
        let start = at;
        while at < bytes.len() && !bytes[at].is_ascii_digit() {
            at += 1;
        }
        found.push((number, body.get(start..at)?));
    }
    (!found.is_empty()).then_some((found, per))
}

/// The value of a literal.
pub(super) fn parse(text: &str) -> Result<Literal, QuantityError> {
    let (pieces, per) = pieces(text).ok_or(QuantityError::Malformed)?;
    let unknown = |word: &str| {
        let better = meant(word).map(|(unit, why)| {
            let tail = if word.is_empty() { text.len() } else { text.find(word).unwrap_or(text.len()) };
            (format!("{}{unit}", &text[..tail]), why)
        });
        QuantityError::Unit { unit: word.to_owned(), better }
    };
    let per = match per {
        None => None,
        Some(word) => match unit(word) {
            Some((Dim::Duration, seconds)) => Some(seconds),
            _ => return Err(unknown(word)),
        },
    };
    let finite = |x: f64| if x.is_finite() { Ok(x) } else { Err(QuantityError::TooLarge) };
    if let [(number, "")] = pieces.as_slice() {
        return match per {
            Some(seconds) => Ok(Literal::Quantity(Dim::Rate, finite(number / seconds)?)),
            None if text.contains(['.', 'e', 'E']) => Ok(Literal::Number(finite(*number)?)),
            None => text.replace('_', "").parse().map(Literal::Int).map_err(|_| QuantityError::TooLarge),
        };
    }
    let mut sum = 0.0;
    let mut whole: Option<(Dim, f64)> = None;
    for (number, word) in &pieces {
        let (dim, factor) = unit(word).ok_or_else(|| unknown(word))?;
        match whole {
            Some((before, _)) if before != dim => return Err(QuantityError::Mixed),
            Some((_, last)) if factor >= last => return Err(QuantityError::Order),
            _ => whole = Some((dim, factor)),
        }
        // 5% as 5/100, 250ms as 250/1000: exact where the literal is.
        sum += if factor < 1.0 { number / (1.0 / factor).round() } else { number * factor };
    }
    let dim = whole.map_or(Dim::Number, |(d, _)| d);
    match (dim, per) {
        (dim, None) => Ok(Literal::Quantity(dim, finite(sum)?)),
        (Dim::Bytes, Some(seconds)) => Ok(Literal::Quantity(Dim::BytesPerSecond, finite(sum / seconds)?)),
        _ => Err(QuantityError::Mixed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_value() {
        let q = |d, v| Ok(Literal::Quantity(d, v));
        assert_eq!(parse("12"), Ok(Literal::Int(12)));
        assert_eq!(parse("1_000"), Ok(Literal::Int(1000)));
        assert_eq!(parse("1.5"), Ok(Literal::Number(1.5)));
        assert_eq!(parse("1e3"), Ok(Literal::Number(1000.0)));
        assert_eq!(parse("5m"), q(Dim::Duration, 300.0));
        assert_eq!(parse("1h30m"), q(Dim::Duration, 5400.0));
        assert_eq!(parse("250ms"), q(Dim::Duration, 0.25));
        assert_eq!(parse("5%"), q(Dim::Ratio, 0.05));
        assert_eq!(parse("0.5cpu"), q(Dim::Cpu, 0.5));
        assert_eq!(parse("500mcpu"), q(Dim::Cpu, 0.5));
        assert_eq!(parse("4GiB"), q(Dim::Bytes, 4_294_967_296.0));
        assert_eq!(parse("30/s"), q(Dim::Rate, 30.0));
        assert_eq!(parse("60/m"), q(Dim::Rate, 1.0));
        assert_eq!(parse("10MB/s"), q(Dim::BytesPerSecond, 1e7));
    }

    #[test]
    fn wrong_units_say_what_was_meant() {
        let better = |text: &str| match parse(text) {
            Err(QuantityError::Unit { better, .. }) => better.map(|(t, _)| t),
            other => panic!("{other:?}"),
        };
        assert_eq!(better("5min").as_deref(), Some("5m"));
        assert_eq!(better("30sec").as_deref(), Some("30s"));
        assert_eq!(better("512Mi").as_deref(), Some("512MiB"));
        assert_eq!(better("5foo"), None);
        assert_eq!(parse("30m1h"), Err(QuantityError::Order));
        assert_eq!(parse("1h5MiB"), Err(QuantityError::Mixed));
        assert_eq!(parse("99999999999999999999"), Err(QuantityError::TooLarge));
        assert_eq!(parse(""), Err(QuantityError::Malformed));
    }
}
