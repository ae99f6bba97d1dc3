//! Text to tree, and tree to text: limits, grammar, recovery, comments, formatter.
//!
//! May use: [`crate::source`], [`crate::diagnostic`]. Knows no type and no action.
//!
//! [`parse`] is strict first and tolerant on failure: the whole text is one run of the grammar; only if that fails is
//! the text split into items, each parsed alone with its blocks emptied, so that each wrong item is one report at its
//! place and the others are still in the tree.

mod build;
mod comments;
mod explain;
mod format;
mod grammar;
mod lexer;
mod limits;
mod mistakes;
mod names;
mod problems;
mod recover;
mod splitter;
pub mod tree;

pub use build::MAX_HEIGHT;
pub use format::{WIDTH, format};
pub use grammar::CALL_LIMIT;
pub use lexer::{MAX_DEPTH, MAX_HOLES};
pub use limits::{MAX_BYTES, MAX_LINES, decode};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use build::FileItem;
use build::{Builder, Gap, Places};
use comments::Comments;
use explain::Seen;
use grammar::{Failure, Rule};
use lexer::{Kind, Lexer, Problem};
use recover::Place;
use splitter::{Piece, Tokens};

/// The edition that this grammar reads.
pub const EDITION: u64 = 1;

/// What came of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The tree. Where there are errors, what could be read of it; none where not even items could be told apart.
    pub file: Option<tree::File>,
    /// What was found, in order of place; errors mean that the tree has holes.
    pub diagnostics: Vec<Diagnostic>,
}

/// Text to tree.
///
/// Never panics and takes time linear in the text, whatever the text.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed {
    if let Some(refused) = limits::check(file, text) {
        return Parsed { file: None, diagnostics: vec![refused] };
    }
    let surface = Surface::read(file, text);
    if let Some(refused) = problems::refuse(file, &surface.problems) {
        return Parsed { file: None, diagnostics: vec![refused] };
    }
    let span = Span::new(file, 0, text.len());
    if surface.problems.is_empty() {
        match strict(file, text) {
            Ok((items, diagnostics)) => return finish(span, items, surface.comments, diagnostics),
            Err(Failure::GaveUp) => {
                let refused = Diagnostic::error("H0008", Span::new(file, 0, 0), "the file is too involved to be read")
                    .help("split the playbook with `use`, or name parts of long expressions with `let`");
                return Parsed { file: None, diagnostics: vec![refused] };
            }
            Err(Failure::Syntax { at, expected }) => {
                let (items, mut diagnostics) = recover::recover(file, text, &surface.problems);
                if diagnostics.is_empty() {
                    // The splitter saw items where the grammar sees none: the grammar has the last word.
                    let tokens = Tokens::read(text);
                    let piece = Piece { tokens: 0..tokens.len(), blocks: Vec::new() };
                    let seen = Seen { tokens: &tokens, place: Place::Top, piece: &piece, at, expected: &expected };
                    diagnostics.push(explain::anywhere(file, &seen));
                }
                return finish(span, items, surface.comments, diagnostics);
            }
        }
    }
    let (items, mut diagnostics) = recover::recover(file, text, &surface.problems);
    let shadows = problems::shadows(text, &surface.problems);
    diagnostics.retain(|d| {
        let at = d.labels.first().map_or(0, |l| l.span.start as usize);
        d.code != explain::NOT_AN_ITEM || !shadows.iter().any(|s| s.contains(&at))
    });
    diagnostics.extend(problems::explain(file, text, &surface.problems));
    finish(span, items, surface.comments, diagnostics)
}

/// What can be seen of a text without grammar.
struct Surface {
    comments: Vec<tree::Comment>,
    problems: Vec<Problem>,
}

impl Surface {
    fn read(file: FileId, text: &str) -> Self {
        let mut comments = Comments::new(file, text);
        let mut lexer = Lexer::new(text);
        while let Some(token) = lexer.next() {
            if token.kind == Kind::Comment {
                comments.add(token.start, token.end);
            }
        }
        Self { comments: comments.found, problems: lexer.problems }
    }
}

fn strict(file: FileId, text: &str) -> Result<(Vec<FileItem>, Vec<Diagnostic>), Failure> {
    let pair = grammar::parse(Rule::file, text)?;
    let places = Places::default();
    let builder = Builder::new(file, &places);
    match builder.file_items(pair) {
        Ok(items) => Ok((items, builder.diagnostics.into_inner())),
        Err(gap) => Ok((Vec::new(), vec![internal(file, gap)])),
    }
}

/// Our own mistake, said as such.
fn internal(file: FileId, gap: Gap) -> Diagnostic {
    Diagnostic::error("H0199", Span::new(file, gap.at, gap.at), "healrun could not read its own grammar here")
        .help("this is a mistake in healrun; please report it with this file")
}

fn finish(span: Span, items: Vec<FileItem>, comments: Vec<tree::Comment>, mut diagnostics: Vec<Diagnostic>) -> Parsed {
    let mut file = tree::File { edition: None, items: Vec::new(), comments, span };
    for item in items {
        match item {
            FileItem::Top(top) => file.items.push(*top),
            FileItem::Edition(edition) => {
                diagnostics.extend(edition_findings(&edition, &file));
                file.edition.get_or_insert(edition);
            }
        }
    }
    diagnostics.sort_by_key(|d| d.labels.first().map_or((0, 0), |l| (l.span.start, l.span.end)));
    Parsed { file: Some(file), diagnostics }
}

fn edition_findings(edition: &tree::Edition, file: &tree::File) -> Option<Diagnostic> {
    if let Some(first) = &file.edition {
        Some(
            Diagnostic::error("H0115", edition.span, "a file has one edition")
                .at("second edition")
                .label(first.span, "first")
                .help("remove one of them"),
        )
    } else if !file.items.is_empty() {
        Some(
            Diagnostic::error("H0115", edition.span, "the edition stands before everything else")
                .at("too late here")
                .help(format!("make `heal {}` the first line", edition.number)),
        )
    } else if edition.number != EDITION {
        Some(
            Diagnostic::error("H0009", edition.span, format!("edition {} is not known", edition.number))
                .at(format!("this healrun reads edition {EDITION}"))
                .help(format!("write `heal {EDITION}`, or use a newer healrun")),
        )
    } else {
        None
    }
}
