//! The comments of a text, in order.

use super::tree::{Comment, CommentKind};
use crate::source::{FileId, Span};

/// Collects comments while a text's tokens go by.
pub(super) struct Comments<'t> {
    file: FileId,
    text: &'t str,
    /// What was found.
    pub(super) found: Vec<Comment>,
}

impl<'t> Comments<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// A comment stands at `start..end`.
    pub(super) fn add(&mut self, start: usize, end: usize) {
        let Some(text) = self.text.get(start..end) else { return };
        let before = self.text.get(..start).unwrap_or("").trim_end_matches([' ', '\t']);
        let own_line = before.is_empty() || before.ends_with(['\n', '\r']);
        let above = before.strip_suffix('\n').map(|b| b.strip_suffix('\r').unwrap_or(b));
        let blank_before = own_line
            && above.is_some_and(|above| {
                let above = above.trim_end_matches([' ', '\t']);
                above.ends_with('\n')
            });
        self.found.push(Comment {
            text: text.trim_end().to_owned(),
            kind: kind(text),
            own_line,
            blank_before,
            span: Span::new(self.file, start, end),
        });
    }
}

// A line of four slashes or more is a rule drawn across the page, not documentation.
fn kind(text: &str) -> CommentKind {
    if text.starts_with("//!") {
        CommentKind::File
    } else if text.starts_with("///") && !text.starts_with("////") {
        CommentKind::Doc
    } else {
        CommentKind::Plain
    }
}
