//! The one door to the YAML crate: text in, a typed value or a placed error in our own words out.

use serde::de::DeserializeOwned;
use std::fmt;

/// What is wrong with a text, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// 1-based line and column, where known.
    pub line: Option<(usize, usize)>,
    /// Lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl YamlError {
    /// An error of ours, without a place.
    pub(super) fn plain(message: impl Into<String>) -> Self {
        Self { line: None, message: message.into(), help: None }
    }
}

/// Reads a value of `T`, which refuses keys that it does not know. A key that stands twice is an error everywhere: which
/// of the two is meant is nothing to guess.
///
/// # Errors
/// It is not YAML, or not a `T`.
pub(super) fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, YamlError> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(T::default());
    }
    // What is no YAML, and a key that stands twice, is found in a first pass: the typed one stops at the first value of
    // a wrong type, and takes the last of two equal keys of a map.
    serde_yaml::from_str::<serde_yaml::Value>(text).map_err(|error| not_yaml(text, &error))?;
    serde_yaml::from_str(text).map_err(|error| not_ours(text, &error))
}

/// The crate ends its sentences with a place, which stands in front here.
fn without_places(message: &str) -> String {
    let mut words = message.to_owned();
    while let Some(at) = words.find(" at line ") {
        let place = &words[at + " at line ".len()..];
        let end =
            place.find(|c: char| !(c.is_ascii_digit() || c == ' ' || "column".contains(c))).unwrap_or(place.len());
        words.replace_range(at..at + " at line ".len() + end, "");
    }
    words
}

fn place_of(error: &serde_yaml::Error) -> Option<(usize, usize)> {
    error.location().map(|l| (l.line(), l.column()))
}

/// The text breaks the rules of YAML itself.
fn not_yaml(text: &str, error: &serde_yaml::Error) -> YamlError {
    let (line, said) = (place_of(error), without_places(&error.to_string()));
    let there = line.and_then(|(line, column)| text.lines().nth(line - 1)?.chars().nth(column - 1));
    let says = |part: &str| said.contains(part);
    if let Some(key) = twice(&said) {
        return given_twice(text, line, key);
    }
    let (message, help) = match there {
        Some('\t') => {
            ("a tab stands in the indentation".to_owned(), "YAML indents with blanks: put blanks in its place")
        }
        Some(c) if says("cannot start any token") => {
            (format!("no value can start with `{c}`"), "put the value in quotes, as in `\"…\"`")
        }
        _ if says("quoted scalar") => ("a quoted text is not closed".to_owned(), "add the quote that is missing"),
        _ if says("flow sequence") => ("a `[` is not closed".to_owned(), "write lists as `[a, b]`"),
        _ if says("flow mapping") => ("a `{` is not closed".to_owned(), "write keys and values as `{ a: 1, b: 2 }`"),
        _ if says("mapping values are not allowed") => {
            ("there is one `:` too many".to_owned(), "put a text that holds a `:` in quotes")
        }
        _ if says("more than one document") => {
            ("a second document begins (`---`)".to_owned(), "keep everything in one document")
        }
        _ if says("block mapping")
            || says("block collection")
            || says("expected key")
            || says("expected block end") =>
        {
            (
                "this line does not fit the ones above".to_owned(),
                "keys of one level are indented alike, each is followed by a `:`",
            )
        }
        _ => (format!("it is not YAML: {said}"), "look at the quotes, the brackets and the indentation there"),
    };
    YamlError { line, message, help: Some(help.to_owned()) }
}

/// The key of which the crate says that it stands twice.
fn twice(said: &str) -> Option<&str> {
    let after = |mark: &str| said.split_once(mark).map(|(_, rest)| rest.trim_matches(|c| "`\"".contains(c)));
    after("duplicate entry with key ").or_else(|| after("duplicate field "))
}

fn given_twice(text: &str, line: Option<(usize, usize)>, key: &str) -> YamlError {
    let stands = |line: &str| {
        let rest = line.trim_start().trim_start_matches(['"', '\'']).strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
    };
    let lines: Vec<usize> = text.lines().enumerate().filter(|(_, l)| stands(l)).map(|(at, _)| at + 1).collect();
    let indent = |line: usize| text.lines().nth(line - 1).map_or(0, |l| l.len() - l.trim_start().len());
    // The crate knows where the map begins; the second of two equal keys is found by its line.
    let same_map = |first: usize, second: usize| {
        let between = text.lines().skip(first).take(second - first - 1).filter(|l| !l.trim().is_empty());
        indent(first) == indent(second) && between.into_iter().all(|l| l.len() - l.trim_start().len() >= indent(first))
    };
    let pair = lines.iter().enumerate().find_map(|(at, first)| {
        lines[at + 1..].iter().find(|second| same_map(*first, **second)).map(|second| (*first, *second))
    });
    match pair {
        Some((first, second)) => YamlError {
            line: Some((second, indent(second) + 1)),
            message: format!("the key `{key}` stands here for the second time, after line {first}"),
            help: Some("keep one of them, with everything under it".to_owned()),
        },
        None => YamlError {
            line,
            message: format!("the key `{key}` stands there twice"),
            help: Some("keep one of them".to_owned()),
        },
    }
}

/// YAML, but not what may stand in this file.
fn not_ours(text: &str, error: &serde_yaml::Error) -> YamlError {
    let whole = without_places(&error.to_string());
    let line = place_of(error);
    if let Some(key) = twice(&whole) {
        return given_twice(text, line, key);
    }
    let (path, said) = match whole.split_once(": ") {
        Some((path, rest)) if !path.contains([' ', '`']) => (format!("{path}: "), rest),
        _ => (String::new(), whole.as_str()),
    };
    let quoted = || said.split('`').nth(1).unwrap_or_default();
    let known = || said.split_once(", expected ").map_or("", |(_, known)| known).split('`').skip(1).step_by(2);
    let near = || nearest(quoted(), known()).map(|near| format!("did you mean `{near}`?"));
    let list = || known().collect::<Vec<_>>().join(", ");
    if said.starts_with("unknown field ") {
        let help = near().unwrap_or_else(|| format!("keys are {}", list()));
        return YamlError { line, message: format!("{path}there is no key `{}` here", quoted()), help: Some(help) };
    }
    if said.starts_with("unknown variant ") {
        return YamlError { line, message: format!("{path}`{}` is none of {}", quoted(), list()), help: near() };
    }
    if said.starts_with("missing field ") {
        // A missing value has its place at the document's start: more misleading than none.
        let (message, help) = (format!("{path}the key `{}` is missing", quoted()), format!("add `{}: …`", quoted()));
        return YamlError { line: None, message, help: Some(help) };
    }
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|kind| said.strip_prefix(kind));
    let message = match wrong.and_then(|said| said.split_once(", expected ")) {
        Some((found, wanted)) => format!("{path}expected {}, found {}", wanted_words(wanted), found_words(found)),
        None => format!("{path}{said}"),
    };
    YamlError { line, message, help: None }
}

/// What serde calls what is there.
fn found_words(found: &str) -> String {
    let inside = found.split_once(' ').map_or("", |(_, rest)| rest.trim_matches(|c| "`\"".contains(c)));
    match found.split(' ').next().unwrap_or_default() {
        "map" => "keys and values".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit" | "Option" | "null" => "nothing".to_owned(),
        "string" => format!("the text `{inside}`"),
        "integer" => format!("the number {inside}"),
        "floating" => format!("the number {}", inside.trim_start_matches("point `")),
        "boolean" => format!("`{inside}`"),
        _ => found.to_owned(),
    }
}

/// What serde calls what should be there.
fn wanted_words(wanted: &str) -> String {
    match wanted {
        "a sequence" => "a list such as `[a, b]`".to_owned(),
        "a map" => "keys and values such as `{ a: … }`".to_owned(),
        "path string" => "a path".to_owned(),
        "a string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".to_owned(),
        "f64" => "a number".to_owned(),
        _ => match wanted.strip_prefix("struct ") {
            Some(_) => "keys and values such as `{ a: … }`".to_owned(),
            None => wanted.to_owned(),
        },
    }
}

/// One of an enum's words. Where something else than a text stands, the words are named, and not the form that serde
/// gives enums.
#[derive(Clone, Copy)]
pub(super) struct Word<T>(pub(super) T);

impl<'de, T: DeserializeOwned> serde::Deserialize<'de> for Word<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit<T>(std::marker::PhantomData<T>);
        impl<T: DeserializeOwned> serde::de::Visitor<'_> for Visit<T> {
            type Value = Word<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let words = word::<T, serde::de::value::Error>("").err().map(|e| e.to_string()).unwrap_or_default();
                let words: Vec<&str> = words.split('`').skip(3).step_by(2).collect();
                write!(f, "one word of {}", words.join(", "))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Word<T>, E> {
                word(text).map(Word)
            }
        }
        deserializer.deserialize_str(Visit(std::marker::PhantomData))
    }
}

fn word<T: DeserializeOwned, E: serde::de::Error>(text: &str) -> Result<T, E> {
    T::deserialize(serde::de::value::StrDeserializer::new(text))
}

/// The word of `known` that is most likely meant.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::damerau_levenshtein(given, word), word))
        .filter(|(distance, word)| *distance <= 1 + given.len().min(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}
