//! pest's pairs to the tree.
//!
//! The grammar has already said that each part is there; what it cannot say (a comparison that chains, a number that
//! does not fit, a string's margin) is said here, with a place. A part that is missing all the same is our own
//! mistake: [`Gap`], which becomes H0199 and never a panic.

pub(crate) use top::FileItem;

mod expr;
mod item;
mod text;
mod top;

use super::grammar::Rule;
use super::tree::{Ident, Path};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use pest::iterators::{Pair, Pairs};
use std::cell::{Cell, RefCell};

/// The tree's height is bounded by this, so that everything that walks it (the checker, the formatter, `drop`) may
/// recurse. Brackets count as well as chains (`a + b + c`, `a.b.c`), since a chain is a leaning tree.
pub const MAX_HEIGHT: usize = 256;

/// The tree builder met a pair that the grammar does not promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Where, in the text that was parsed.
    pub at: usize,
}

pub(crate) type Built<T> = Result<T, Gap>;

/// How places in a text that was shortened relate to the file: from each offset on, so much is missing before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Ascending `(offset in the short text, what to add)`.
    pub shifts: Vec<(usize, isize)>,
}

impl Places {
    /// The place in the file.
    pub(crate) fn start(&self, at: usize) -> usize {
        let index = self.shifts.partition_point(|(from, _)| *from <= at);
        at.saturating_add_signed(index.checked_sub(1).and_then(|i| self.shifts.get(i)).map_or(0, |(_, by)| *by))
    }

    /// The same for the end of a range, which belongs to the byte before it.
    pub(crate) fn end(&self, at: usize) -> usize {
        if at == 0 { self.start(0) } else { self.start(at - 1) + 1 }
    }
}

/// Builds trees from the pairs of one text.
pub(crate) struct Builder<'p> {
    file: FileId,
    places: &'p Places,
    /// What the grammar could not see.
    pub(crate) diagnostics: RefCell<Vec<Diagnostic>>,
    height: Cell<usize>,
    // One report of it is enough: what is inside is as deep.
    too_deep: Cell<bool>,
}

impl<'p> Builder<'p> {
    pub(crate) fn new(file: FileId, places: &'p Places) -> Self {
        Self { file, places, diagnostics: RefCell::new(Vec::new()), height: Cell::new(0), too_deep: Cell::new(false) }
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    fn range(&self, start: usize, end: usize) -> Span {
        let start_in_file = self.places.start(start);
        Span::new(self.file, start_in_file, self.places.end(end).max(start_in_file))
    }

    /// The place of a pair; pest includes blanks that it skipped before an absent tail.
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let text = pair.as_str().trim_end_matches([' ', '\t']);
        self.range(span.start(), span.start() + text.len())
    }

    fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { name: pair.as_str().to_owned(), span: self.span(pair) }
    }

    fn path(&self, pair: Pair<'_, Rule>) -> Path {
        let span = self.span(&pair);
        let parts = pair.into_inner().filter(|p| p.as_rule() != Rule::comment).map(|p| self.ident(&p)).collect();
        Path { parts, span }
    }

    fn integer(&self, pair: &Pair<'_, Rule>) -> u64 {
        let text: String = pair.as_str().chars().filter(|c| *c != '_').collect();
        text.parse().unwrap_or_else(|_| {
            let span = self.span(pair);
            self.report(
                Diagnostic::error("H0113", span, format!("the number `{}` is too large", pair.as_str()))
                    .at(format!("more than {}", u64::MAX)),
            );
            0
        })
    }
}

// Visible to the grammar for its messages, of no meaning to the tree; comments live beside it.
fn is_mark(rule: Rule) -> bool {
    matches!(rule, Rule::comment | Rule::EOI | Rule::obrace | Rule::eq | Rule::colon | Rule::arrow | Rule::rangle)
}

/// The parts of a pair, marks and comments left out.
struct Parts<'i> {
    pairs: Pairs<'i, Rule>,
    next: Option<Pair<'i, Rule>>,
    at: usize,
}

impl<'i> Parts<'i> {
    fn of(pair: Pair<'i, Rule>) -> Self {
        let at = pair.as_span().start();
        let mut parts = Self { pairs: pair.into_inner(), next: None, at };
        parts.advance();
        parts
    }

    fn advance(&mut self) -> Option<Pair<'i, Rule>> {
        let next = self.pairs.by_ref().find(|p| !is_mark(p.as_rule()));
        std::mem::replace(&mut self.next, next)
    }

    fn rule(&self) -> Option<Rule> {
        self.next.as_ref().map(Pair::as_rule)
    }

    /// The next part, if it is one of that rule.
    fn want(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        if self.rule() == Some(rule) { self.advance() } else { None }
    }

    /// The next part, which must be one of that rule.
    fn need(&mut self, rule: Rule) -> Built<Pair<'i, Rule>> {
        self.want(rule).ok_or(self.gap())
    }

    /// The next part, whatever it is.
    fn any(&mut self) -> Built<Pair<'i, Rule>> {
        let gap = self.gap();
        self.advance().ok_or(gap)
    }

    fn gap(&self) -> Gap {
        Gap { at: self.next.as_ref().map_or(self.at, |p| p.as_span().start()) }
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Pair<'i, Rule>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance()
    }
}
