//! The one door to the YAML crate: text in, a typed value or a placed error with a suggestion out.

use serde::de::DeserializeOwned;

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

/// Reads a value of `T`, which refuses keys that it does not know.
///
/// # Errors
/// It is not YAML, or not a `T`.
pub(super) fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, YamlError> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(T::default());
    }
    serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map(|l| (l.line(), l.column()));
        let whole = error.to_string();
        // The crate ends its sentence with the place, which stands in front here.
        let message = match whole.rfind(" at line ") {
            Some(at) => whole[..at].to_owned(),
            None => whole,
        };
        // A missing value has its place at the document's start: more misleading than none.
        let line = line.filter(|_| !message.contains("missing field"));
        let help = suggestion(&message);
        YamlError { line, message, help }
    })
}

/// `unknown field `a`, expected one of `b`, `c``: the nearest of what was expected.
fn suggestion(message: &str) -> Option<String> {
    let (before, after) = message.split_once(", expected ")?;
    if !before.contains("unknown ") {
        return None;
    }
    let given = before.rsplit('`').nth(1)?;
    let known = after.split('`').skip(1).step_by(2);
    nearest(given, known).map(|near| format!("did you mean `{near}`?"))
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
