//! Durations as the language writes them: `90s`, `1h30m`.

/// Milliseconds of a duration, or what is wrong with it.
///
/// # Errors
/// It is not one.
pub fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let wrong = || format!("`{text}` is not a duration: write a number with its unit, as in `90s` or `1h30m`");
    let mut rest = text;
    let mut total = 0.0_f64;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            "w" => 604_800_000.0,
            "min" => return Err(format!("`{text}`: minutes are `m`")),
            _ => return Err(wrong()),
        };
        total += number * unit;
        rest = &rest[letters..];
    }
    if !(0.0..=3.2e12).contains(&total) {
        return Err(format!("`{text}` is longer than a hundred years"));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked above")]
    let ms = total.round() as u64;
    Ok(ms)
}

/// A duration for people: the two largest units that matter.
#[must_use]
pub fn show(ms: u64) -> String {
    let (s, m, h, d) = (1_000, 60_000, 3_600_000, 86_400_000);
    let two = |big: u64, name: &str, small: u64, other: &str| match (ms % big) / small {
        0 => format!("{}{name}", ms / big),
        rest => format!("{}{name}{rest}{other}", ms / big),
    };
    match ms {
        0..1_000 => format!("{ms}ms"),
        _ if ms < 10 * s && !ms.is_multiple_of(s) => format!("{}.{}s", ms / s, (ms % s) / 100),
        _ if ms < m => format!("{}s", ms / s),
        _ if ms < h => two(m, "m", s, "s"),
        _ if ms < d => two(h, "h", m, "m"),
        _ => two(d, "d", h, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_as_the_language_writes_it() {
        assert_eq!(parse("1h30m"), Ok(5_400_000));
        assert_eq!(parse("0.5s"), Ok(500));
        assert_eq!(parse("250ms"), Ok(250));
        assert_eq!(parse("5min"), Err("`5min`: minutes are `m`".to_owned()));
        for wrong in ["", "5", "m", "5 m", "-5m", "1e9999s", "1.2.3s", "5äm"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_at_most_two_units() {
        let shown: Vec<String> = [12, 1_500, 42_000, 90_000, 120_000, 5_400_000, 90_000_000].map(show).into();
        assert_eq!(shown, ["12ms", "1.5s", "42s", "1m30s", "2m", "1h30m", "1d1h"]);
    }
}
