//! Regexes, compiled once for all playbooks of a check: to compile one costs more than to check the step it stands in.

use regex::{Regex, RegexBuilder};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Bytes of a compiled regex at most (R72).
const SIZE_LIMIT: usize = 1 << 20;

/// What was compiled so far, by its pattern.
#[derive(Debug, Default)]
pub(super) struct Patterns(RefCell<BTreeMap<String, Result<Regex, String>>>);

impl Patterns {
    /// The regex of that pattern; or why it is none, in words.
    pub(super) fn compile(&self, pattern: &str) -> Result<Regex, String> {
        if let Some(known) = self.0.borrow().get(pattern) {
            return known.clone();
        }
        let built = RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large once compiled".to_owned(),
            // The last line of regex's own message says what; the lines before draw the place.
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or("").trim();
                last.strip_prefix("error: ").unwrap_or(last).to_owned()
            }
        });
        self.0.borrow_mut().insert(pattern.to_owned(), built.clone());
        built
    }
}
