//! What pest says, in people's words: first the mistakes that people make, then what could have stood there.

use super::grammar::Rule;
use super::lexer::Kind;
use super::mistakes;
use super::names::{Wanted, wanted};
use super::recover::Place;
use super::splitter::{Piece, Tokens};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The code of a report after which the item's blocks are not worth reading.
pub(super) const NOT_AN_ITEM: &str = "H0117";

/// A place at which the grammar could not go on, and what is around it.
pub(super) struct Seen<'a> {
    /// The file's tokens.
    pub tokens: &'a Tokens<'a>,
    /// Where the item stands.
    pub place: Place,
    /// The item.
    pub piece: &'a Piece,
    /// The furthest byte reached.
    pub at: usize,
    /// Rules that were tried there.
    pub expected: &'a [Rule],
}

/// One report for an item.
pub(super) fn explain(file: FileId, seen: &Seen<'_>) -> Diagnostic {
    let spot = Spot::new(file, seen);
    mistakes::item(&spot).or_else(|| mistakes::known(&spot)).unwrap_or_else(|| plain(&spot))
}

/// One report where no item is known.
pub(super) fn anywhere(file: FileId, seen: &Seen<'_>) -> Diagnostic {
    let spot = Spot::new(file, seen);
    mistakes::known(&spot).unwrap_or_else(|| plain(&spot))
}

/// A [`Seen`] with its tokens looked up.
pub(super) struct Spot<'a> {
    pub(super) file: FileId,
    pub(super) seen: &'a Seen<'a>,
    /// The token at the place; the end of the item where it is past it.
    pub(super) index: usize,
    /// The token before it, in the item.
    pub(super) before: Option<usize>,
    /// The innermost bracket that is open there and is no block.
    pub(super) bracket: Option<usize>,
    pub(super) wants_value: bool,
    pub(super) after_value: bool,
}

impl<'a> Spot<'a> {
    fn new(file: FileId, seen: &'a Seen<'a>) -> Self {
        let tokens = seen.tokens;
        let index = tokens.at(seen.at).clamp(seen.piece.tokens.start, seen.piece.tokens.end);
        let before = (seen.piece.tokens.start..index).rev().find(|i| tokens.kind(*i) != Some(Kind::Newline));
        let mut open = Vec::new();
        for i in seen.piece.tokens.start..index {
            match tokens.kind(i) {
                Some(Kind::Open | Kind::HoleOpen) => open.push(i),
                Some(Kind::Close | Kind::HoleClose) => {
                    open.pop();
                }
                _ => {}
            }
        }
        let bracket = open.last().copied().filter(|i| !seen.piece.blocks.iter().any(|(o, _)| o == i));
        let wants_value = seen.expected.iter().any(|r| wanted(*r) == Wanted::Expression);
        let after_value = !wants_value && seen.expected.iter().any(|r| wanted(*r) == Wanted::Operator);
        Self { file, seen, index, before, bracket, wants_value, after_value }
    }

    pub(super) fn text(&self, index: usize) -> &'a str {
        self.seen.tokens.text(index)
    }

    pub(super) fn kind(&self, index: usize) -> Option<Kind> {
        self.seen.tokens.kind(index)
    }

    pub(super) fn found(&self) -> &'a str {
        self.text(self.index)
    }

    /// The word that begins the item.
    pub(super) fn first(&self) -> &'a str {
        self.text(self.seen.piece.tokens.start)
    }

    pub(super) fn span(&self, index: usize) -> Span {
        let range = self.seen.tokens.get(index).map_or(self.seen.at..self.seen.at, |t| t.start..t.end);
        Span::new(self.file, range.start, range.end)
    }

    /// The token that is found, or the end of what stands before it where that is a line end.
    pub(super) fn here(&self) -> Span {
        let ends = self.index >= self.seen.piece.tokens.end || self.kind(self.index) == Some(Kind::Newline);
        match self.before {
            Some(before) if ends => {
                let span = self.span(before);
                Span { start: span.end, ..span }
            }
            _ => self.span(self.index),
        }
    }

    /// Blanks stand before the token, and nothing but blanks between it and the one before.
    pub(super) fn apart(&self) -> bool {
        self.before.is_some_and(|b| b + 1 == self.index && self.span(b).end < self.span(self.index).start)
    }
}

fn plain(spot: &Spot<'_>) -> Diagnostic {
    let words = expected(spot);
    let what = match words.as_slice() {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    };
    let found = Diagnostic::error("H0101", spot.here(), format!("expected {what}, found {}", describe(spot)))
        .at(format!("expected {what}"));
    match spot.seen.place {
        Place::Rank => found.help("a row is a cause, its confidence and its condition: `bad_release 90% when …`"),
        Place::Ladder => found.help("a rung is the name of a remediation"),
        _ => help(spot, found),
    }
}

fn help(spot: &Spot<'_>, found: Diagnostic) -> Diagnostic {
    let wants = |mark| spot.seen.expected.iter().any(|r| wanted(*r) == Wanted::Mark(mark));
    match spot.first() {
        "input" if wants(":") => found.help("an input has a type: `input service: string`"),
        "for" if wants("at_most") => found.help("every loop has a bound: `for x in xs at_most 5 { … }`"),
        "until" if wants("within") => found.help("waiting has an end: `until … holds 3m within 10m`"),
        "window" if wants("in") => found.help("`window what in calendar(…)`"),
        _ if wants("else") && (spot.seen.piece.tokens.start..spot.index).any(|i| spot.text(i) == "if") => {
            found.help("`if` has both sides: `if … then … else …`")
        }
        _ if wants("{") && spot.text(spot.index + 1) == "{" => found.help("the brace stands on the same line"),
        _ => found,
    }
}

fn describe(spot: &Spot<'_>) -> String {
    if spot.index >= spot.seen.piece.tokens.end {
        return match spot.kind(spot.index) {
            None => "the end of the file".to_owned(),
            Some(Kind::Close) => format!("`{}`", spot.found()),
            Some(_) if spot.found() == ";" => "`;`".to_owned(),
            Some(_) => "the end of the line".to_owned(),
        };
    }
    match spot.kind(spot.index) {
        None => "the end of the file".to_owned(),
        Some(Kind::Newline) => "the end of the line".to_owned(),
        Some(Kind::Quote) => "a text".to_owned(),
        Some(Kind::Text | Kind::Unquote) => "the end of the text".to_owned(),
        Some(Kind::HoleOpen) => "`${`".to_owned(),
        Some(_) => {
            let text = spot.found();
            let short: String = text.chars().take(30).collect();
            if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
        }
    }
}

/// At most four, the most telling first.
fn expected(spot: &Spot<'_>) -> Vec<String> {
    let mut marks = Vec::new();
    let mut forms = Vec::new();
    for rule in spot.seen.expected {
        let (list, word): (&mut Vec<String>, String) = match wanted(*rule) {
            Wanted::Mark(mark) => (&mut marks, format!("`{mark}`")),
            // What a value may begin with is said by "an expression" already.
            Wanted::Form(_) if spot.wants_value => continue,
            Wanted::Form(form) => (&mut forms, form.to_owned()),
            Wanted::Expression | Wanted::Operator | Wanted::Nothing => continue,
        };
        if !list.contains(&word) {
            list.push(word);
        }
    }
    if spot.wants_value {
        return vec!["an expression".to_owned()];
    }
    if spot.after_value {
        // They go on with the value just as the operators do.
        const MORE: [&str; 13] = [
            "`(`",
            "`and`",
            "`or`",
            "`in`",
            "`is`",
            "`matches`",
            "`with`",
            "`exists`",
            "`as`",
            "`for`",
            "`per`",
            "`undo`",
            "`else`",
        ];
        let conditional = (spot.seen.piece.tokens.start..spot.index).any(|i| spot.text(i) == "if");
        marks.retain(|m| !MORE.contains(&m.as_str()) || conditional && m == "`else`");
    }
    if let Some(bracket) = spot.bracket
        && (spot.after_value || marks.is_empty() && forms.is_empty())
    {
        let closer = match spot.text(bracket) {
            "(" => "`)`",
            "[" => "`]`",
            _ => "`}`",
        };
        if spot.kind(bracket) != Some(Kind::HoleOpen) {
            marks.push("`,`".to_owned());
        }
        marks.push(closer.to_owned());
    } else if spot.after_value && marks.is_empty() {
        marks.push("an operator".to_owned());
        marks.push("the end of the line".to_owned());
    }
    if marks.len() > 4 {
        marks.truncate(0);
    }
    forms.truncate(2);
    marks.append(&mut forms);
    marks.truncate(4);
    marks
}
