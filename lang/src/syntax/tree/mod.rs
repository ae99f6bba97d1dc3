//! The syntax tree: what stands in a file, each part with its place, nothing yet resolved.
//!
//! One type per form of the grammar. Bodies are lists of [`Item`]s as written; which items a block may hold is the
//! checker's business, so that one misplaced word is one clear error and not a parse failure.
//!
//! `file`: what stands at the top of a file; `item`: what stands in its blocks, steps among them; `expr`: calls, types and
//! expressions.

mod expr;
mod file;
mod item;

pub use expr::*;
pub use file::*;
pub use item::*;

use crate::source::Span;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// As written.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// `kubernetes.logs`: an identifier and the words after its dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub parts: Vec<Ident>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// The parts joined by dots.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// What kind of comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Plain,
    /// `/// …`, shown to approvers
    Doc,
    /// `//! …`, about the file
    File,
}

/// A comment; comments live beside the tree, not in it (L59).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its slashes, without the line end.
    pub text: String,
    /// Which kind.
    pub kind: CommentKind,
    /// Nothing but blanks stands before it on its line.
    pub own_line: bool,
    /// The line before is blank.
    pub blank_before: bool,
    /// Where.
    pub span: Span,
}
