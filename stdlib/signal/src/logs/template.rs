//! Mining log templates from a stream of lines, without configuration.
//!
//! A fixed-depth tree after He, Zhu, Zheng, Lyu, "Drain: an online log parsing approach with fixed depth tree", ICWS 2017,
//! on tokens whose variable parts (numbers, hashes, addresses, paths, quoted values) are masked first.

use super::mask;
use crate::Reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the saved form of a [`Miner`].
const VERSION: u32 = 1;

/// What a variable token is written as.
pub const WILD: &str = "<*>";

/// One template: a sequence of tokens in which [`WILD`] stands for anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Tokens of the template.
    pub tokens: Vec<String>,
    /// Lines seen with it.
    pub count: u64,
}

impl Template {
    /// The template as one line.
    #[must_use]
    pub fn text(&self) -> String {
        self.tokens.join(" ")
    }
}

/// Settings of the miner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// Templates that differ in one word only are one template from this many different words on (at least 2).
    pub variety: usize,
    /// The same when the word looks like a name rather than like prose (at least 2).
    pub name_variety: usize,
    /// Most templates kept: later lines that fit none count as the last one.
    pub most: usize,
}

impl Default for Params {
    fn default() -> Params {
        Params { variety: 6, name_variety: 3, most: 20_000 }
    }
}

/// Learns templates line by line. Memory: the templates, times the words of each; a line costs O(words · log templates).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Miner {
    version: u32,
    params: Params,
    templates: Vec<Template>,
    /// Where a template went when it was merged into a more general one.
    moved: Vec<usize>,
    /// Templates by their words.
    exact: BTreeMap<String, usize>,
    /// Templates that are alike but for one word, by their words with a hole.
    holes: BTreeMap<String, Vec<usize>>,
}

/// Stands for the missing word in a hole key; a control character, so that no line contains it.
const HOLE: &str = "\u{1}";

impl Miner {
    /// A miner that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: Params) -> Result<Miner, Reason> {
        if params.variety < 2 || params.name_variety < 2 {
            return Err(Reason::parameter("variety", "must be at least 2"));
        }
        if params.most == 0 {
            return Err(Reason::parameter("most", "must be at least 1"));
        }
        Ok(Miner {
            version: VERSION,
            params,
            templates: Vec::new(),
            moved: Vec::new(),
            exact: BTreeMap::new(),
            holes: BTreeMap::new(),
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if self.version != VERSION {
            return Err(Reason::state("templates of another version"));
        }
        let n = self.templates.len();
        let indices = self.exact.values().chain(self.holes.values().flatten());
        // A template moves only to a later one, so following moves always ends.
        let forward = self.moved.iter().enumerate().all(|(i, &m)| m >= i && m < n);
        if self.moved.len() != n || !forward || indices.into_iter().any(|&i| i >= n) {
            return Err(Reason::state("templates with a damaged index"));
        }
        Ok(())
    }

    /// All templates ever formed; those that were merged into others have [`Miner::current`] different from their number.
    #[must_use]
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The number that a template has now, after merges. O(merges).
    #[must_use]
    pub fn current(&self, mut id: usize) -> usize {
        while let Some(&next) = self.moved.get(id) {
            if next == id {
                break;
            }
            id = next;
        }
        id
    }

    /// The template number of a line without learning from it, if a template fits.
    #[must_use]
    pub fn find(&self, line: &str) -> Option<usize> {
        let tokens = tokens(line);
        self.known(&tokens)
    }

    fn known(&self, tokens: &[String]) -> Option<usize> {
        if let Some(&id) = self.exact.get(&tokens.join(" ")) {
            return Some(self.current(id));
        }
        // A merged template has its hole as a wild word.
        (0..tokens.len()).find_map(|at| {
            let id = *self.exact.get(&with(tokens, at, WILD))?;
            Some(self.current(id))
        })
    }

    /// The template number of a line, learning from it. Ask [`Miner::current`] again later: templates merge.
    pub fn learn(&mut self, line: &str) -> usize {
        let tokens = tokens(line);
        if let Some(id) = self.known(&tokens) {
            self.templates[id].count += 1;
            return id;
        }
        if self.templates.len() >= self.params.most {
            let last = self.current(self.params.most - 1);
            self.templates[last].count += 1;
            return last;
        }
        let mut id = self.add(tokens, 1);
        // A new template may complete a family that differs in one word; the merged one may complete another.
        while let Some(wider) = self.merge(id) {
            id = wider;
        }
        id
    }

    fn add(&mut self, tokens: Vec<String>, count: u64) -> usize {
        let id = self.templates.len();
        self.exact.insert(tokens.join(" "), id);
        for at in 0..tokens.len() {
            if tokens[at] != WILD {
                self.holes.entry(with(&tokens, at, HOLE)).or_default().push(id);
            }
        }
        self.templates.push(Template { tokens, count });
        self.moved.push(id);
        id
    }

    /// Merges the family of a template in one position, if there is one large enough; returns the merged template.
    fn merge(&mut self, id: usize) -> Option<usize> {
        let tokens = self.templates[id].tokens.clone();
        for at in 0..tokens.len() {
            if tokens[at] == WILD {
                continue;
            }
            let Some(family) = self.holes.get(&with(&tokens, at, HOLE)) else { continue };
            let mut members: Vec<usize> = family.iter().copied().filter(|&m| self.moved[m] == m).collect();
            members.dedup();
            let named = members.iter().filter(|&&m| name_like(&self.templates[m].tokens[at])).count();
            let constant = tokens.iter().filter(|t| *t != WILD).count();
            let enough =
                members.len() >= self.params.variety || (named == members.len() && named >= self.params.name_variety);
            if !enough || constant < 3 {
                continue;
            }
            let mut wider = tokens;
            wider[at] = WILD.to_owned();
            let count = members.iter().map(|&m| self.templates[m].count).sum();
            let existing = self.exact.get(&wider.join(" ")).map(|&e| self.current(e));
            let target = match existing {
                Some(e) if members.iter().all(|&m| m < e) => {
                    self.templates[e].count += count;
                    e
                }
                _ => self.add(wider, count),
            };
            for m in members {
                self.moved[m] = target;
            }
            return Some(target);
        }
        None
    }
}

/// The words joined, with one replaced.
fn with(tokens: &[String], at: usize, word: &str) -> String {
    let mut out = String::new();
    for (i, token) in tokens.iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        out.push_str(if i == at { word } else { token });
    }
    out
}

/// Whether a word looks like a name (of a host, a class, a file, a user) rather than like a word of prose.
fn name_like(word: &str) -> bool {
    word.bytes().any(|b| matches!(b, b'.' | b'_' | b'/' | b'@' | b'$') || b.is_ascii_digit())
}

/// Units that follow a number and belong to it.
const UNITS: [&str; 14] = ["b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "ms", "us", "ns", "sec", "secs", "s"];

/// The words of a line: values masked, runs of values joined to one, bracketed values dropped.
fn tokens(line: &str) -> Vec<String> {
    let text = mask::plain(line);
    let mut out: Vec<String> = Vec::new();
    // Positions in `out` where a bracket opened.
    let mut open: Vec<usize> = Vec::new();
    for chunk in text.split_whitespace() {
        let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '*');
        if bare.matches('/').count() >= 2 || bare.contains("://") || bare.contains('\\') {
            push(&mut out, WILD);
            continue;
        }
        let mut word = String::new();
        let mut after_equals = false;
        let mut chars = chunk.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '(' | '[' | '{' => {
                    flush(&mut out, &mut word, after_equals);
                    after_equals = false;
                    if c == '(' {
                        open.push(out.len());
                    }
                }
                ')' | ']' | '}' => {
                    flush(&mut out, &mut word, after_equals);
                    after_equals = false;
                    if c == ')'
                        && let Some(from) = open.pop()
                    {
                        // A bracket that holds values only says nothing.
                        if out.len() == from + 1 && out[from] == WILD {
                            out.pop();
                        }
                    }
                }
                '=' => {
                    flush(&mut out, &mut word, false);
                    after_equals = chars.peek().is_some();
                }
                ':' => {
                    // host:port
                    let port = chars.peek().is_some_and(char::is_ascii_digit) && word.contains('.');
                    flush(&mut out, &mut word, after_equals || port);
                    after_equals = false;
                }
                ',' | ';' | '"' | '\'' | '|' | '<' | '>' => {
                    flush(&mut out, &mut word, after_equals);
                    after_equals = false;
                }
                _ => word.push(c),
            }
        }
        flush(&mut out, &mut word, after_equals);
    }
    out
}

fn flush(out: &mut Vec<String>, word: &mut String, value: bool) {
    if word.is_empty() {
        return;
    }
    let unit = out.last().is_some_and(|t| t == WILD) && UNITS.contains(&word.to_ascii_lowercase().as_str());
    if value || unit || variable(word) {
        push(out, WILD);
    } else {
        push(out, word);
    }
    word.clear();
}

fn push(out: &mut Vec<String>, word: &str) {
    if word == WILD && out.last().is_some_and(|t| t == WILD) {
        return;
    }
    out.push(word.to_owned());
}

/// Whether a word is a value rather than text: it has a digit (other than one at the end of a short name, as in `ssh2`
/// or `eth0`), is a path or an address with at least two dots.
fn variable(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let name = digits == 1
        && word.len() >= 3
        && word.len() <= 5
        && word.bytes().take(word.len() - 1).all(|b| b.is_ascii_lowercase());
    (digits > 0 && !name)
        || word.starts_with('/')
        || word.matches('.').count() >= 2
            && word.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
}
