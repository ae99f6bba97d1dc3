//! A text as items, without grammar: where each begins and ends, and which braces are blocks.
//!
//! Follows L4: an item ends at a line end or `;`, unless what stands before it asks for more or what follows belongs
//! to it. Where a text is wrong that is a guess, and a line that begins like an item is believed to be one.

use super::lexer::{Kind, Lexer, Token};
use std::ops::Range;

/// The words that begin an item, by where they stand.
pub(super) const TOP_WORDS: [&str; 10] =
    ["heal", "use", "playbook", "scenario", "policy", "fn", "script", "retry", "breaker", "approval"];
/// In a block.
pub(super) const ITEM_WORDS: [&str; 22] = [
    "input",
    "secret",
    "target",
    "on",
    "let",
    "detect",
    "diagnose",
    "remediate",
    "verify",
    "for",
    "rank",
    "fire",
    "clear",
    "until",
    "guard",
    "ladder",
    "undo",
    "escalate",
    "limits",
    "retry",
    "breaker",
    "approval",
];
/// In a scenario.
pub(super) const SCENARIO_WORDS: [&str; 4] = ["world", "given", "at", "expect"];
/// In a policy.
pub(super) const POLICY_WORDS: [&str; 5] = ["forbid", "allow", "limit", "window", "approval"];

const JOINING_WORDS: [&str; 14] =
    ["and", "or", "not", "in", "is", "matches", "with", "per", "when", "if", "then", "else", "until", "guard"];

/// A text's tokens, without line ends where none matters, and the partner of each bracket.
pub(super) struct Tokens<'t> {
    text: &'t str,
    all: Vec<Token>,
    // For an opening token, the index of its partner; its own index where it has none.
    partner: Vec<usize>,
}

/// An item: its tokens, and those of its blocks' braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Indices of tokens.
    pub tokens: Range<usize>,
    /// Indices of `{` and `}` of each block.
    pub blocks: Vec<(usize, usize)>,
}

impl<'t> Tokens<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let mut lexer = Lexer::new(text);
        let mut all = Vec::new();
        while let Some(token) = lexer.next() {
            if token.kind != Kind::Comment {
                all.push(token);
            }
        }
        let partner = partners(text, &all);
        Self { text, all, partner }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Token> {
        self.all.get(index)
    }

    pub(super) fn text(&self, index: usize) -> &'t str {
        self.all.get(index).and_then(|t| self.text.get(t.start..t.end)).unwrap_or("")
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.all.get(index).map(|t| t.kind)
    }

    /// The token that holds or follows a place.
    pub(super) fn at(&self, at: usize) -> usize {
        self.all.partition_point(|t| t.end <= at)
    }

    /// The bytes of a range of tokens.
    pub(super) fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        let start = self.all.get(tokens.start).map_or(self.text.len(), |t| t.start);
        let end = tokens.end.checked_sub(1).and_then(|i| self.all.get(i)).map_or(start, |t| t.end);
        start..end.max(start)
    }

    /// Places in the text at which a file certainly begins anew: words of the top at the very left.
    pub(super) fn chunks(&self) -> Vec<Range<usize>> {
        let mut starts = vec![0];
        for (index, token) in self.all.iter().enumerate() {
            let left = token.start == 0 || self.text.as_bytes().get(token.start - 1) == Some(&b'\n');
            if index > 0 && left && token.kind == Kind::Word && TOP_WORDS.contains(&self.text(index)) {
                starts.push(index);
            }
        }
        starts.push(self.all.len());
        starts.windows(2).filter_map(|w| Some(*w.first()?..*w.get(1)?)).collect()
    }

    /// The items of a range of tokens.
    pub(super) fn items(&self, range: Range<usize>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut index = range.start;
        let mut start = None;
        let mut blocks = Vec::new();
        let mut last = None;
        while index < range.end {
            let Some(token) = self.get(index) else { break };
            let ends = match token.kind {
                Kind::Newline => self.line_ends_item(last, index, range.end),
                Kind::Mark => self.text(index) == ";",
                _ => false,
            };
            if ends {
                if let Some(start) = start.take() {
                    let end = last.map_or(start, |l| l + 1);
                    pieces.push(Piece { tokens: start..end, blocks: std::mem::take(&mut blocks) });
                }
                last = None;
            } else if token.kind != Kind::Newline {
                start.get_or_insert(index);
                let closing = self.partner.get(index).copied().unwrap_or(index).min(range.end);
                if self.text(index) == "{" && !last.is_some_and(|l| self.wants_value(l)) {
                    blocks.push((index, closing));
                }
                index = index.max(closing.min(range.end.saturating_sub(1)));
                last = Some(index);
            }
            index += 1;
        }
        if let Some(start) = start {
            pieces.push(Piece { tokens: start..last.map_or(start, |l| l + 1), blocks });
        }
        pieces
    }

    fn line_ends_item(&self, last: Option<usize>, newline: usize, end: usize) -> bool {
        let Some(last) = last else { return true };
        let mut next = newline;
        while next < end && self.kind(next) == Some(Kind::Newline) {
            next += 1;
        }
        if next >= end || self.begins_item(next) {
            return true;
        }
        let goes_on = match self.text(next) {
            // A brace on its own line is wrong, but certainly no item.
            "and" | "or" | "." | "?." | "else" | "then" | "{" => true,
            "undo" => self.text(next + 1) == "{",
            _ => false,
        };
        !(goes_on || self.wants_value(last))
    }

    /// Two words that only the beginning of an item puts beside each other.
    fn begins_item(&self, index: usize) -> bool {
        let word = self.text(index);
        let second = self.text(index + 1);
        let begins = ITEM_WORDS.contains(&word) || SCENARIO_WORDS.contains(&word);
        let row = self.kind(index) == Some(Kind::Word)
            && self.kind(index + 1) == Some(Kind::Number)
            && !JOINING_WORDS.contains(&word);
        row || begins
            && (self.kind(index + 1) == Some(Kind::Word) && !JOINING_WORDS.contains(&second)
                || matches!((word, second), ("fire" | "clear", "when")))
    }

    /// After this token a value must follow.
    fn wants_value(&self, index: usize) -> bool {
        match self.kind(index) {
            Some(Kind::Mark) => !matches!(self.text(index), ";" | "." | "?." | "?"),
            Some(Kind::Word) => JOINING_WORDS.contains(&self.text(index)),
            Some(Kind::Open | Kind::HoleOpen) => true,
            _ => false,
        }
    }
}

fn partners(text: &str, all: &[Token]) -> Vec<usize> {
    let mut partner: Vec<usize> = (0..all.len()).collect();
    let mut open: Vec<usize> = Vec::new();
    for (index, token) in all.iter().enumerate() {
        let fits = |opener: &usize| match (all.get(*opener).map(|t| t.kind), token.kind) {
            (Some(Kind::Quote), Kind::Unquote) | (Some(Kind::HoleOpen), Kind::HoleClose) => true,
            (Some(Kind::Open), Kind::Close) => {
                let byte = |t: &Token| text.as_bytes().get(t.start).copied();
                matches!(
                    (all.get(*opener).and_then(byte), byte(token)),
                    (Some(b'('), Some(b')')) | (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}'))
                )
            }
            _ => false,
        };
        match token.kind {
            Kind::Open | Kind::Quote | Kind::HoleOpen => open.push(index),
            Kind::Close | Kind::Unquote | Kind::HoleClose => {
                if let Some(at) = open.iter().rposition(fits) {
                    // What lies above has no partner: it is its own, so that items after it are still seen.
                    let opener = open.drain(at..).next();
                    if let Some(p) = opener.and_then(|o| partner.get_mut(o)) {
                        *p = index;
                    }
                }
            }
            // A line string that its line ends.
            Kind::Newline => {
                while let Some(last) = open.last().copied()
                    && all.get(last).is_some_and(|t| t.kind == Kind::Quote && t.end - t.start == 1)
                {
                    open.pop();
                    if let Some(p) = partner.get_mut(last) {
                        *p = index.saturating_sub(1).max(last);
                    }
                }
            }
            _ => {}
        }
    }
    // Blocks that are never closed go to the end.
    for unclosed in open {
        if let Some(p) = partner.get_mut(unclosed)
            && all.get(unclosed).is_some_and(|t| text.as_bytes().get(t.start) == Some(&b'{'))
        {
            *p = all.len();
        }
    }
    partner
}
