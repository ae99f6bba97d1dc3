//! Item by item, once the whole could not be read.
//!
//! Each item is parsed alone, its blocks emptied, and the items of its blocks in turn: so each wrong item is one
//! report at its place, all others are in the tree, and the time stays linear. Items that hold a problem of the lexer
//! are left out; the problem has its own report.

use super::build::{Builder, FileItem, Gap, Places};
use super::explain;
use super::grammar::{self, Failure, Rule};
use super::internal;
use super::lexer::Problem;
use super::splitter::{Piece, Tokens};
use super::tree::{Action, Body, Ident, Item, Let, PolicyRule, RankRow, ScenarioItem, Top, Trigger};
use crate::diagnostic::Diagnostic;
use crate::source::FileId;
use pest::iterators::Pair;
use std::ops::Range;

/// Beyond these, wrong items are left out without a report: nobody reads the thousandth.
const MAX_FINDINGS: usize = 1_000;

/// The items that can be read, and a report for each that cannot.
pub(super) fn recover(file: FileId, text: &str, problems: &[Problem]) -> (Vec<FileItem>, Vec<Diagnostic>) {
    let tokens = Tokens::read(text);
    let mut recovery = Recovery { file, text, tokens: &tokens, problems, found: Vec::new() };
    let brackets = problems.iter().any(|p| matches!(p, Problem::Unclosed { .. } | Problem::Stray(_)));
    let chunks = if brackets { tokens.chunks() } else { std::iter::once(0..tokens.len()).collect() };
    let items = chunks.into_iter().flat_map(|chunk| recovery.file_items(chunk)).collect();
    (items, recovery.found)
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The file itself.
    Top,
    /// Items.
    Block,
    /// Rows of a `rank`.
    Rank,
    /// Rungs of a `ladder`.
    Ladder,
    /// Rules of a policy.
    Policy,
    /// Items of a scenario.
    Scenario,
}

impl Place {
    fn rule(self) -> Rule {
        match self {
            Place::Top => Rule::one_top,
            Place::Block => Rule::one_item,
            Place::Rank => Rule::one_row,
            Place::Ladder => Rule::one_rung,
            Place::Policy => Rule::one_rule,
            Place::Scenario => Rule::one_sitem,
        }
    }

    /// What the block of an item that begins with `word` holds.
    fn inside(self, word: &str) -> Place {
        match (self, word) {
            (Place::Top, "policy") => Place::Policy,
            (Place::Top, "scenario") => Place::Scenario,
            (_, "rank") => Place::Rank,
            (_, "ladder") => Place::Ladder,
            _ => Place::Block,
        }
    }

    /// What stands for the contents of an emptied block: nothing, where the grammar lets it be empty.
    fn stand_in(self) -> &'static str {
        match self {
            Place::Rank => "x 1% when x",
            Place::Ladder => "x",
            _ => "",
        }
    }
}

/// What was read of a block.
enum Contents {
    Items(Vec<Item>),
    Rows(Vec<RankRow>),
    Rungs(Vec<Ident>),
    Rules(Vec<PolicyRule>),
    Scenario(Vec<ScenarioItem>),
}

struct Recovery<'a> {
    file: FileId,
    text: &'a str,
    tokens: &'a Tokens<'a>,
    problems: &'a [Problem],
    found: Vec<Diagnostic>,
}

impl Recovery<'_> {
    fn file_items(&mut self, range: Range<usize>) -> Vec<FileItem> {
        self.each(Place::Top, range, |builder, pair, contents| {
            let mut items = builder.file_items(pair)?;
            if let (Some(FileItem::Top(top)), Some(contents)) = (items.first_mut(), contents) {
                fill_top(top, contents);
            }
            items.pop().ok_or(Gap { at: 0 })
        })
    }

    fn contents(&mut self, place: Place, range: Range<usize>) -> Contents {
        match place {
            Place::Rank => Contents::Rows(self.each(place, range, |b, pair, _| b.rank_row(only(pair)?))),
            Place::Ladder => Contents::Rungs(self.each(place, range, |b, pair, _| Ok(b.rung(&only(pair)?)))),
            Place::Policy => Contents::Rules(self.each(place, range, |b, pair, contents| {
                let mut rule = b.policy_rule(only(pair)?)?;
                if let (PolicyRule::Approval { body, .. }, Some(contents)) = (&mut rule, contents) {
                    fill_body(body, contents);
                }
                Ok(rule)
            })),
            Place::Scenario => Contents::Scenario(self.each(place, range, |b, pair, contents| {
                let mut item = b.scenario_item(only(pair)?)?;
                if let (ScenarioItem::Given(body, _), Some(contents)) = (&mut item, contents) {
                    fill_body(body, contents);
                }
                Ok(item)
            })),
            Place::Block | Place::Top => Contents::Items(self.each(place, range, |b, pair, contents| {
                let mut item = b.item(only(pair)?)?;
                if let Some(contents) = contents {
                    fill_item(&mut item, contents);
                }
                Ok(item)
            })),
        }
    }

    fn each<T>(
        &mut self,
        place: Place,
        range: Range<usize>,
        build: impl Fn(&Builder<'_>, Pair<'_, Rule>, Option<Contents>) -> Result<T, Gap>,
    ) -> Vec<T> {
        let mut read = Vec::new();
        for piece in self.tokens.items(range) {
            if self.found.len() >= MAX_FINDINGS {
                break;
            }
            let inside = place.inside(self.tokens.text(piece.tokens.start));
            let emptied = self.emptied(&piece, inside);
            if self.has_problem(&piece) {
                self.blocks(&piece, inside);
                continue;
            }
            let pair = match grammar::parse(place.rule(), &emptied.text) {
                Ok(pair) => pair,
                Err(Failure::Syntax { at, expected }) => {
                    let at = emptied.places.start(at);
                    let seen = explain::Seen { tokens: self.tokens, place, piece: &piece, at, expected: &expected };
                    let report = explain::explain(self.file, &seen);
                    let believable = report.code != explain::NOT_AN_ITEM;
                    self.found.push(report);
                    if believable {
                        self.blocks(&piece, inside);
                    }
                    continue;
                }
                Err(Failure::GaveUp) => {
                    let bytes = self.tokens.bytes(&piece.tokens);
                    self.found.push(Diagnostic::error(
                        "H0008",
                        crate::source::Span::new(self.file, bytes.start, bytes.end),
                        "the item is too involved to be read",
                    ));
                    continue;
                }
            };
            let contents = self.blocks(&piece, inside);
            let builder = Builder::new(self.file, &emptied.places);
            match build(&builder, pair, contents) {
                Ok(item) => read.push(item),
                Err(gap) => self.found.push(internal(self.file, Gap { at: emptied.places.start(gap.at) })),
            }
            self.found.append(&mut builder.diagnostics.borrow_mut());
        }
        read
    }

    /// Reads all blocks of an item; the contents of the last one, which is the item's own where it is right.
    fn blocks(&mut self, piece: &Piece, inside: Place) -> Option<Contents> {
        let mut contents = None;
        for (open, close) in &piece.blocks {
            contents = Some(self.contents(inside, open + 1..(*close).max(open + 1)));
        }
        contents
    }

    fn emptied(&self, piece: &Piece, inside: Place) -> Emptied {
        let whole = self.tokens.bytes(&piece.tokens);
        let mut emptied = Emptied { text: String::new(), places: Places::default() };
        let mut from = whole.start;
        for (open, close) in &piece.blocks {
            let Some(open) = self.tokens.get(*open) else { continue };
            emptied.keep(self.text, from..open.end);
            emptied.text.push_str(inside.stand_in());
            from = self.tokens.get(*close).map_or(whole.end, |t| t.start).max(open.end);
        }
        emptied.keep(self.text, from..whole.end);
        emptied
    }

    /// A problem of the lexer stands in the item, outside its blocks.
    fn has_problem(&self, piece: &Piece) -> bool {
        let whole = self.tokens.bytes(&piece.tokens);
        let in_block = |at: usize| {
            piece.blocks.iter().any(|(open, close)| {
                let start = self.tokens.get(*open).map_or(0, |t| t.end);
                (start..self.tokens.get(*close).map_or(whole.end, |t| t.start)).contains(&at)
            })
        };
        self.problems.iter().any(|p| whole.contains(&p.at()) && !in_block(p.at()))
    }
}

/// An item without what its blocks hold, and how its places relate to the file.
struct Emptied {
    text: String,
    places: Places,
}

impl Emptied {
    fn keep(&mut self, text: &str, range: Range<usize>) {
        let by = range.start.checked_signed_diff(self.text.len()).unwrap_or(0);
        self.places.shifts.push((self.text.len(), by));
        self.text.push_str(text.get(range).unwrap_or(""));
    }
}

fn only(pair: Pair<'_, Rule>) -> Result<Pair<'_, Rule>, Gap> {
    let at = pair.as_span().start();
    pair.into_inner().find(|p| !matches!(p.as_rule(), Rule::comment | Rule::EOI)).ok_or(Gap { at })
}

fn fill_body(body: &mut Body, contents: Contents) {
    if let Contents::Items(items) = contents {
        body.items = items;
    }
}

fn fill_top(top: &mut Top, contents: Contents) {
    match (top, contents) {
        (Top::Playbook(p), contents) => fill_body(&mut p.body, contents),
        (Top::Profile(p), contents) => fill_body(&mut p.body, contents),
        (Top::Policy(p), Contents::Rules(rules)) => p.rules = rules,
        (Top::Scenario(s), Contents::Scenario(items)) => s.items = items,
        _ => {}
    }
}

fn fill_item(item: &mut Item, contents: Contents) {
    match (item, contents) {
        (Item::Rank(rank), Contents::Rows(rows)) => rank.rows = rows,
        (Item::Ladder(ladder), Contents::Rungs(rungs)) => ladder.rungs = rungs,
        (Item::Trigger(Trigger { body: Some(body), .. }), contents) => fill_body(body, contents),
        (Item::Step(x), contents) => fill_body(&mut x.body, contents),
        (Item::Each(x), contents) => fill_body(&mut x.body, contents),
        (Item::Handler(x), contents) => fill_body(&mut x.body, contents),
        (Item::Block(x), contents) => fill_body(&mut x.body, contents),
        (Item::Let(Let { undo: Some(body), .. }), contents)
        | (Item::Action(Action { undo: Some(body), .. }), contents) => fill_body(body, contents),
        _ => {}
    }
}
