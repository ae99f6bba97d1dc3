//! Mistakes that people make, each with its own words and its cure.

use super::explain::Spot;
use super::lexer::Kind;
use super::names::{RESERVED, Wanted, wanted};
use super::recover::Place;
use super::splitter::{ITEM_WORDS, POLICY_WORDS, SCENARIO_WORDS, TOP_WORDS};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

type Look = fn(&Spot<'_>) -> Option<Diagnostic>;

/// The first mistake that is recognised at the place.
pub(super) fn known(spot: &Spot<'_>) -> Option<Diagnostic> {
    const LOOKS: [Look; 14] = [
        escape,
        empty_hole,
        comment,
        single_quote,
        unit_apart,
        operator,
        colon_for_equals,
        equals_for_colon,
        one_equals,
        comma,
        reserved,
        number,
        character,
        two_items,
    ];
    LOOKS.iter().find_map(|look| look(spot))
}

/// An item that begins with a word that begins none, or none here.
pub(super) fn item(spot: &Spot<'_>) -> Option<Diagnostic> {
    let start = spot.seen.piece.tokens.start;
    let word = spot.first();
    if spot.kind(start) != Some(Kind::Word) || spot.index > start + 1 {
        return None;
    }
    let known: &[&str] = match spot.seen.place {
        Place::Top => &TOP_WORDS,
        Place::Block => &ITEM_WORDS,
        Place::Scenario => &SCENARIO_WORDS,
        Place::Policy => &POLICY_WORDS,
        Place::Rank | Place::Ladder => return None,
    };
    if known.contains(&word) {
        return None;
    }
    let declares = matches!(spot.text(start + 1), "=" | ":" | "." | "(" | ",");
    if declares && spot.seen.place != Place::Top {
        return None;
    }
    let span = spot.span(start);
    let elsewhere = match spot.seen.place {
        Place::Top if ITEM_WORDS.contains(&word) || declares => Some("inside a `playbook`"),
        Place::Top if SCENARIO_WORDS.contains(&word) => Some("inside a `scenario`"),
        Place::Block | Place::Scenario | Place::Policy if TOP_WORDS.contains(&word) => Some("at the top of the file"),
        _ => None,
    };
    let report = Diagnostic::error("H0117", span, format!("`{word}` begins no item here"));
    Some(match elsewhere {
        Some(place) => report.at(format!("stands {place}")),
        None => match closest(word, known) {
            Some(guess) => report.at("not a word of the language").fix(span, guess, format!("did you mean `{guess}`?")),
            None => report.at("not a word of the language").help(match spot.seen.place {
                Place::Top => "a file holds `playbook`, `scenario`, `policy`, `fn`, `script`, profiles and `use`",
                Place::Scenario => "a scenario holds `world`, `given`, `at` and `expect`",
                Place::Policy => "a policy holds `forbid`, `allow`, `limit`, `window` and `approval`",
                _ => "a value is named with `let name = …`, a setting is `key = value`, a call has `(…)`",
            }),
        },
    })
}

// A wrong guess is worse than none: one slip in a short word, two in a longer one.
fn closest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let most = if word.len() < 5 { 1 } else { 2 };
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), *k))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, k)| k)
}

fn escape(spot: &Spot<'_>) -> Option<Diagnostic> {
    let token = spot.seen.tokens.get(spot.index)?;
    let offset = spot.seen.at.checked_sub(token.start)?;
    let rest = spot.found().get(offset..)?;
    if token.kind != Kind::Text || !rest.starts_with('\\') {
        return None;
    }
    let sequence: String = rest.chars().take(2).collect();
    let span = Span::new(spot.file, spot.seen.at, spot.seen.at + sequence.len());
    let report = Diagnostic::error("H0105", span, format!("`{sequence}` means nothing in a text")).at("unknown escape");
    Some(if sequence == "\\u" {
        report.help("a character is `\\u{1F600}`, with braces and up to six digits")
    } else {
        report.fix(
            span,
            format!("\\{sequence}"),
            format!("a backslash is `\\{sequence}`; in `re\"…\"` and in `\"\"\"` blocks it is text"),
        )
    })
}

fn empty_hole(spot: &Spot<'_>) -> Option<Diagnostic> {
    let before = spot.before?;
    let empty = spot.kind(before) == Some(Kind::HoleOpen) && spot.kind(spot.index) == Some(Kind::HoleClose);
    empty.then(|| {
        Diagnostic::error("H0106", spot.span(before).to(spot.span(spot.index)), "this `${}` is empty")
            .at("an expression is missing")
            .help("the two characters `${` themselves are written `$${`")
    })
}

fn comment(spot: &Spot<'_>) -> Option<Diagnostic> {
    let long = spot.found() == "/" && spot.text(spot.index + 1) == "*";
    if spot.found() != "#" && !long {
        return None;
    }
    let span = spot.span(spot.index);
    let mark = if long { "/*" } else { "#" };
    let report =
        Diagnostic::error("H0107", span, format!("a comment does not begin with `{mark}`")).at("not a comment here");
    Some(if long {
        report.help("write `//` on each of its lines")
    } else {
        report.fix(span, "//", "a comment begins with `//` and goes to the end of the line")
    })
}

fn single_quote(spot: &Spot<'_>) -> Option<Diagnostic> {
    let quote = spot.found();
    matches!(quote, "'" | "`").then(|| {
        Diagnostic::error("H0119", spot.span(spot.index), "text stands in double quotes")
            .at(format!("`{}` begins no text", if quote == "`" { "a backtick" } else { quote }))
            .help("write `\"…\"`, or a `\"\"\"` block for several lines")
    })
}

fn unit_apart(spot: &Spot<'_>) -> Option<Diagnostic> {
    const UNITS: [&str; 30] = [
        "%", "ns", "us", "ms", "s", "m", "h", "d", "w", "min", "mins", "sec", "secs", "hour", "hours", "minute",
        "minutes", "second", "seconds", "day", "days", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "cpu", "mcpu",
    ];
    let before = spot.before?;
    if spot.kind(before) != Some(Kind::Number) || !spot.apart() {
        return None;
    }
    let (number, unit) = (spot.text(before), spot.found());
    let ends = number.bytes().last().is_some_and(|b| b.is_ascii_alphabetic());
    let known = UNITS.contains(&unit);
    let second = spot.kind(spot.index) == Some(Kind::Number) && ends && unit.ends_with(|c: char| c.is_alphabetic());
    if !(known || second) || known && ends {
        return None;
    }
    let span = spot.span(before).to(spot.span(spot.index));
    Some(Diagnostic::error("H0109", span, "a unit stands directly at its number").at("a blank between them").fix(
        span,
        format!("{number}{unit}"),
        format!("write `{number}{unit}`"),
    ))
}

fn operator(spot: &Spot<'_>) -> Option<Diagnostic> {
    let found = spot.found();
    let (ours, replace) = match found {
        "&&" | "&" => ("and", true),
        "||" | "|" => ("or", true),
        "!" => ("not", true),
        "%" => ("mod(a, by: b)", false),
        "?" => ("if … then … else …", false),
        "->" if spot.wants_value => ("=>", true),
        ">" if spot.before.is_some_and(|b| spot.text(b) == "<") => ("!=", false),
        "not" if spot.after_value && spot.text(spot.index + 1) == "in" => ("not a in b", false),
        "=" if spot.before.is_some_and(|b| matches!(spot.text(b), "==" | "!=" | "<=" | ">=")) => ("==", false),
        _ => return None,
    };
    let span = spot.span(spot.index);
    let report = Diagnostic::error("H0110", span, format!("`{found}` is no operator here")).at("not of this language");
    Some(if replace {
        report.fix(span, ours, format!("write `{ours}`"))
    } else {
        report.help(format!("write `{ours}`"))
    })
}

fn colon_for_equals(spot: &Spot<'_>) -> Option<Diagnostic> {
    let start = spot.seen.piece.tokens.start;
    let setting = spot.text(start + 1) == ":" && spot.index <= start + 1 && spot.kind(start) == Some(Kind::Word);
    setting.then(|| {
        let span = spot.span(start + 1);
        Diagnostic::error("H0108", span, format!("a setting is written with `=`: `{} = …`", spot.first()))
            .at("not in a block")
            .note("`key = value` declares in a block, `key: value` labels in a call or a record")
            .fix(span, " =", "write `=`")
    })
}

fn equals_for_colon(spot: &Spot<'_>) -> Option<Diagnostic> {
    let bracket = spot.bracket?;
    let declaration = matches!(spot.first(), "fn" | "script");
    if declaration || spot.found() != "=" || spot.before.and_then(|b| spot.kind(b)) != Some(Kind::Word) {
        return None;
    }
    let (what, place) = match spot.text(bracket) {
        "(" => ("an argument", "not in a call"),
        "{" => ("an entry", "not in a record"),
        _ => return None,
    };
    let span = spot.span(spot.index);
    let name = spot.before.map_or("", |b| spot.text(b));
    Some(
        Diagnostic::error("H0108", span, format!("{what} is written with `:`: `{name}: …`"))
            .at(place)
            .note("`key = value` declares in a block, `key: value` labels in a call or a record")
            .fix(span, ":", "write `:`"),
    )
}

fn one_equals(spot: &Spot<'_>) -> Option<Diagnostic> {
    (spot.found() == "=" && spot.after_value).then(|| {
        let span = spot.span(spot.index);
        Diagnostic::error("H0110", span, "`=` compares nothing")
            .at("declares, and only at the beginning of an item")
            .fix(span, "==", "to compare, write `==`")
    })
}

fn comma(spot: &Spot<'_>) -> Option<Diagnostic> {
    if spot.found() != "," || spot.bracket.is_some() {
        return None;
    }
    let start = spot.seen.piece.tokens.start;
    let after = (start..spot.index).any(|i| spot.text(i) == "after");
    let report = Diagnostic::error("H0118", spot.span(spot.index), "a comma joins nothing here");
    Some(if after {
        report
            .at("in `after`")
            .help("`after a or b` waits for all and needs one that ran, `after a and b` needs all of them to have run")
    } else {
        report.at("between items").help("items end at the line end or with `;`")
    })
}

fn reserved(spot: &Spot<'_>) -> Option<Diagnostic> {
    let word = spot.found();
    let name = spot.seen.expected.iter().any(|r| wanted(*r) == Wanted::Form("a name"));
    (name && !spot.wants_value && RESERVED.contains(&word)).then(|| {
        Diagnostic::error("H0112", spot.span(spot.index), format!("`{word}` is a word of the language"))
            .at("cannot be a name")
            .help("choose another name; before `:` and `=` and after `.` any word may stand")
    })
}

fn number(spot: &Spot<'_>) -> Option<Diagnostic> {
    let found = spot.found();
    if spot.kind(spot.index) == Some(Kind::Number)
        && (spot.wants_value || spot.seen.at > spot.span(spot.index).start as usize)
    {
        let span = spot.span(spot.index);
        return Some(
            Diagnostic::error("H0113", span, format!("`{found}` is no number"))
                .at("digits, at most one point, then a unit")
                .help("numbers look like `5`, `1_000`, `2.5`, `5%`, `1h30m`, `512MiB`, `30/s`"),
        );
    }
    if found == "." && spot.wants_value && spot.kind(spot.index + 1) == Some(Kind::Number) {
        let span = spot.span(spot.index);
        return Some(
            Diagnostic::error("H0113", span, "a number begins with a digit").at("a digit is missing before this").fix(
                span,
                "0.",
                format!("write `0.{}`", spot.text(spot.index + 1)),
            ),
        );
    }
    let before = spot.before?;
    let dangling = spot.text(before) == "." && before.checked_sub(1).and_then(|b| spot.kind(b)) == Some(Kind::Number);
    dangling.then(|| {
        Diagnostic::error("H0113", spot.span(before), "a number ends with a digit or its unit")
            .at("digits are missing after this")
            .help("write `5.0`, or `5`")
    })
}

fn character(spot: &Spot<'_>) -> Option<Diagnostic> {
    let odd = spot.kind(spot.index) == Some(Kind::Other) || matches!(spot.found(), "@" | "~" | "^" | "\\" | "$");
    odd.then(|| {
        let c = spot.found();
        let report =
            Diagnostic::error("H0101", spot.span(spot.index), format!("the character `{c}` has no meaning here"))
                .at("only in texts and comments");
        match c {
            "“" | "”" | "„" => report.help("text stands in `\"` quotes"),
            "≤" => report.help("write `<=`"),
            "≥" => report.help("write `>=`"),
            "≠" => report.help("write `!=`"),
            "–" | "−" => report.help("write `-`"),
            "…" => report.help("a range is `a..b`"),
            "$" => report.help("`${…}` stands only inside a text; elsewhere write the name alone"),
            _ => report,
        }
    })
}

fn two_items(spot: &Spot<'_>) -> Option<Diagnostic> {
    let before = spot.before?;
    let begins = spot.kind(spot.index) == Some(Kind::Word)
        && (ITEM_WORDS.contains(&spot.found()) || spot.text(spot.index + 1) == "=");
    let inside = spot.index < spot.seen.piece.tokens.end && before + 1 == spot.index;
    let ended = spot.bracket.is_none() && (spot.after_value || spot.kind(before) == Some(Kind::Close));
    (begins && inside && ended).then(|| {
        Diagnostic::error(
            "H0116",
            spot.span(spot.index),
            format!("`{}` begins a second item on this line", spot.found()),
        )
        .at("an item ends at the line end or with `;`")
        .help("put it on a line of its own, or a `;` before it")
    })
}
