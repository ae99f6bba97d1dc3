//! Values in words, and text made safe to show (R69).

use crate::value::Value;
use heal_lang::catalogue::Dim;

/// Most items of a list, or fields of a record, that are shown.
const ITEMS: usize = 6;

/// A value in words. Text from outside is made safe; of a secret only the name is shown.
#[must_use]
pub fn show(value: &Value) -> String {
    match value {
        Value::None => "none".to_owned(),
        Value::NoData(n) => format!("no data ({})", safe(&n.reason)),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Quantity(dim, v) => quantity_text(*dim, *v),
        Value::Text(t) => t.to_string(),
        Value::Word(w) => w.to_string(),
        Value::Untrusted(t) => safe(t),
        Value::Regex(p) => format!("re\"{}\"", p.0.as_str()),
        Value::Time(ms) => crate::moment::format(*ms),
        Value::Series(s) => {
            let newest = s.value.iter().rev().find(|v| v.is_finite());
            match newest {
                Some(v) => format!("{} samples, newest {}", s.at.len(), quantity_text(s.dim, *v)),
                None => format!("{} samples, none with a value", s.at.len()),
            }
        }
        Value::Logs(l) if l.lines.len() == 1 => "1 line".to_owned(),
        Value::Logs(l) => format!("{} lines", l.lines.len()),
        Value::List(items) => {
            let mut shown: Vec<String> = items.iter().take(ITEMS).map(show).collect();
            if items.len() > ITEMS {
                shown.push(format!("and {} more", items.len() - ITEMS));
            }
            format!("[{}]", shown.join(", "))
        }
        Value::Record(fields) => {
            let mut shown: Vec<String> =
                fields.iter().take(ITEMS).map(|(k, v)| format!("{}: {}", safe(k), show(v))).collect();
            if fields.len() > ITEMS {
                shown.push("…".to_owned());
            }
            format!("{{ {} }}", shown.join(", "))
        }
        Value::Range(a, b) => format!("{}..{}", show(a), show(b)),
        Value::Quota(q) => format!("{} per {}", q.count, duration(seconds(q.per_ms))),
        Value::Target(t) => safe(&t.id()),
        Value::Secret(s) => format!("<secret {}>", s.name()),
        Value::Json(j) => safe(&clip(&j.to_string(), 200)),
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53 ms")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// A number with its unit, as a playbook would write it.
pub(crate) fn quantity_text(dim: Dim, v: f64) -> String {
    match dim {
        Dim::Number => number_text(v),
        Dim::Duration => duration(v),
        Dim::Ratio => format!("{}%", rounded(v * 100.0)),
        Dim::Bytes => bytes(v),
        Dim::Rate => format!("{}/s", rounded(v)),
        Dim::BytesPerSecond => format!("{}/s", bytes(v)),
        Dim::Cpu => format!("{}cpu", rounded(v)),
    }
}

/// A number, exact.
pub(crate) fn number_text(v: f64) -> String {
    format!("{v}")
}

/// About four digits: enough to compare with a threshold.
fn rounded(v: f64) -> String {
    let magnitude = v.abs();
    let digits = if magnitude == 0.0 || magnitude >= 1000.0 {
        0
    } else if magnitude >= 100.0 {
        1
    } else if magnitude >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{v:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // A tiny value must not look like none.
    if text.trim_start_matches('-') == "0" && magnitude > 0.0 { format!("{v:.1e}") } else { text.to_owned() }
}

/// `1h30m`, `2.5s`, `250ms`
pub(crate) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let total = seconds.abs();
    if total < 1.0 {
        return if total == 0.0 { "0s".to_owned() } else { format!("{sign}{}ms", rounded(total * 1000.0)) };
    }
    if total < 60.0 {
        return format!("{sign}{}s", rounded(total));
    }
    let mut left = total.round();
    let mut text = String::from(sign);
    let mut parts = 0;
    for (name, size) in [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0), ("s", 1.0)] {
        let n = (left / size).floor();
        if n > 0.0 && parts < 2 {
            text.push_str(&format!("{n}{name}"));
            parts += 1;
        } else if parts > 0 {
            parts += 1;
        }
        left -= n * size;
    }
    text
}

fn bytes(v: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = v;
    let mut unit = 0;
    while value.abs() >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{}{}", rounded(value), units.get(unit).copied().unwrap_or("B"))
}

/// Text from outside, made safe for terminals and CI: no workflow commands, no terminal control, no direction tricks.
/// Line ends stay.
#[must_use]
pub fn safe(text: &str) -> String {
    neutral(&visible(text))
}

/// Without what is not seen: control characters, escape sequences with their parameters, direction marks.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push('\n'),
            '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            // Without its parameters, or `[31m` is left behind.
            '\u{1b}' => {
                if chars.next_if_eq(&'[').is_some() {
                    while chars.next_if(|c| !('\u{40}'..='\u{7e}').contains(c) && *c != '\n').is_some() {}
                    chars.next_if(|c| *c != '\n');
                }
            }
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Without workflow commands: `::` where a line starts, `##[` anywhere.
fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut line_start = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ':' if line_start && chars.peek() == Some(&':') => out.push_str(": "),
            '#' if chars.peek() == Some(&'#') => out.push_str("# "),
            c => out.push(c),
        }
        line_start = c == '\n' || (line_start && c.is_whitespace());
    }
    out
}

/// At most so many characters; what is cut is said.
#[must_use]
pub fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_they_are_written() {
        assert_eq!(quantity_text(Dim::Duration, 5_400.0), "1h30m");
        assert_eq!(quantity_text(Dim::Duration, 0.25), "250ms");
        assert_eq!(quantity_text(Dim::Duration, -90.0), "-1m30s");
        assert_eq!(quantity_text(Dim::Duration, 3_600.0), "1h");
        assert_eq!(quantity_text(Dim::Ratio, 0.05), "5%");
        assert_eq!(quantity_text(Dim::Ratio, 0.000_000_1), "1.0e-5%");
        assert_eq!(quantity_text(Dim::Bytes, 536_870_912.0), "512MiB");
        assert_eq!(quantity_text(Dim::Rate, 30.0), "30/s");
        assert_eq!(quantity_text(Dim::Rate, 1_200.0), "1200/s");
    }

    #[test]
    fn hostile_text_is_made_safe() {
        assert_eq!(safe("::set-output name=x::y"), ": :set-output name=x::y");
        assert_eq!(safe("a\n  ::error::b"), "a\n  : :error::b");
        assert_eq!(safe("##[error]x"), "# #[error]x");
        assert_eq!(safe("\u{1b}[31mred\u{1b}[0m"), "red");
        assert_eq!(safe("a\u{202e}b\u{200b}c\rd\u{0}"), "abcd");
        assert_eq!(safe(":\u{200b}:x").find("::"), None);
    }
}
