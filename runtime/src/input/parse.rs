//! Text from a command line or a variable as a value of an input's type.

use heal_lang::catalogue::{Dim, Type};
use heal_stdlib::value::Value;

/// The value, or what is wrong with the text.
///
/// # Errors
/// It is not of that type.
pub fn parse(text: &str, typ: &Type, words: &[String], untrusted: bool) -> Result<Value, String> {
    let words_of = || words.join(", ");
    Ok(match typ {
        Type::Bool => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(format!("`{text}` is neither `true` nor `false`")),
        },
        Type::Int => Value::Int(whole(text)?),
        Type::Quantity(dim) => Value::Quantity(*dim, quantity(text, *dim)?),
        Type::Enum(_) if words.iter().any(|w| w == text) => Value::Word(text.into()),
        Type::Enum(_) => {
            let near = crate::config::nearest(text, words.iter().map(String::as_str));
            return Err(match near {
                Some(near) => format!("`{text}` is not one of {}; did you mean `{near}`?", words_of()),
                None => format!("`{text}` is not one of {}", words_of()),
            });
        }
        Type::Text(name) => {
            named_text(name, text)?;
            plain(text, untrusted)
        }
        Type::String | Type::Query(_) => plain(text, untrusted),
        Type::Time => {
            let time: jiff::Timestamp =
                text.parse().map_err(|_| format!("`{text}` is not a time such as `2026-11-21T09:30:00Z`"))?;
            Value::Time(time.as_millisecond())
        }
        Type::Optional(inner) => parse(text, inner, words, untrusted)?,
        Type::List(inner) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::list(items.map(|item| parse(item, inner, words, untrusted)).collect::<Result<_, _>>()?)
        }
        other => return Err(format!("an input of type `{other}` cannot be given as text")),
    })
}

fn whole(text: &str) -> Result<i64, String> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse::<i64>().map_err(|e| match e.kind() {
        PosOverflow => format!("`{text}` is too large: whole numbers go up to {}", i64::MAX),
        NegOverflow => format!("`{text}` is too small: whole numbers go down to {}", i64::MIN),
        _ => format!("`{text}` is not a whole number"),
    })
}

/// A text with a rule, by its name in the catalogue.
fn named_text(name: &str, text: &str) -> Result<(), String> {
    let catalogue = heal_stdlib::catalogue::catalogue();
    let Some(rule) = catalogue.texts.get(name) else { return Ok(()) };
    let fits = regex::Regex::new(&format!("^(?:{})$", rule.pattern)).is_ok_and(|pattern| pattern.is_match(text));
    if !fits || text.chars().count() > rule.max {
        return Err(format!("`{text}` is not a {name}: {}", rule.doc));
    }
    Ok(())
}

fn plain(text: &str, untrusted: bool) -> Value {
    if untrusted { Value::Untrusted(text.into()) } else { Value::text(text) }
}

/// A number in the base unit of `dim`, as the language writes it.
fn quantity(text: &str, dim: Dim) -> Result<f64, String> {
    let wrong = |example: &str| format!("`{text}` is not a {}: write `{example}`", dim.name());
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite());
    let suffix = |units: &[(&str, f64)]| {
        units.iter().find_map(|(unit, factor)| Some(number(text.strip_suffix(unit)?)? * factor))
    };
    match dim {
        Dim::Number => number(text).ok_or_else(|| wrong("3.5")),
        #[allow(clippy::cast_precision_loss, reason = "a hundred years of milliseconds stay far below 2^53")]
        Dim::Duration => crate::config::parse_duration(text).map(|ms| ms as f64 / 1000.0),
        Dim::Ratio => suffix(&[("%", 0.01)]).ok_or_else(|| wrong("5%")),
        Dim::Cpu => suffix(&[("mcpu", 0.001), ("cpu", 1.0)]).ok_or_else(|| wrong("500mcpu")),
        Dim::Bytes => bytes(text).ok_or_else(|| wrong("512MiB")),
        Dim::Rate | Dim::BytesPerSecond => {
            let example = if dim == Dim::Rate { "30/s" } else { "5MiB/s" };
            let (count, per) = text.split_once('/').ok_or_else(|| wrong(example))?;
            let per = match per {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3_600.0,
                "d" => 86_400.0,
                _ => return Err(wrong(example)),
            };
            let count = if dim == Dim::Rate { number(count) } else { bytes(count) };
            count.map(|n| n / per).ok_or_else(|| wrong(example))
        }
    }
}

fn bytes(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 8] = [
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("B", 1.0),
    ];
    UNITS.iter().find_map(|(unit, factor)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        number.is_finite().then_some(number * factor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_unit() {
        let cases = [
            ("5%", Type::RATIO, 0.05),
            ("1h30m", Type::DURATION, 5400.0),
            ("512MiB", Type::BYTES, 536_870_912.0),
            ("30/m", Type::RATE, 0.5),
            ("500mcpu", Type::CPU, 0.5),
            ("2.5", Type::NUMBER, 2.5),
        ];
        for (text, typ, wanted) in cases {
            match parse(text, &typ, &[], false) {
                Ok(Value::Quantity(_, v)) => assert!((v - wanted).abs() < 1e-9, "{text}: {v}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        let words = ["fast".to_owned(), "slow".to_owned()];
        let said: Vec<String> = [
            ("5", Type::RATIO),
            ("5", Type::DURATION),
            ("5min", Type::DURATION),
            ("yes", Type::Bool),
            ("1.5", Type::Int),
            ("999999999999999999999", Type::Int),
            ("-999999999999999999999", Type::Int),
            ("fats", Type::Enum("input.speed".to_owned())),
            ("NaN", Type::NUMBER),
            ("tomorrow", Type::Time),
        ]
        .into_iter()
        .map(|(text, typ)| parse(text, &typ, &words, false).expect_err(text))
        .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn text_from_outside_stays_untrusted() {
        assert_eq!(parse("x", &Type::String, &[], true), Ok(Value::Untrusted("x".into())));
        assert_eq!(parse("x", &Type::String, &[], false), Ok(Value::text("x")));
    }
}
