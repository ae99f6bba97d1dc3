//! One layout for each tree (L59, L60): two spaces, no alignment, one blank line kept, comments where they belong.
//!
//! Formatting is proved, not trusted: the result is parsed again, and its tree, its words and its comments must be
//! those of the input; else nothing is changed and the difference is reported as our own mistake.

mod attach;
mod chain;
mod doc;
mod exprs;
mod items;
mod proof;
mod texts;

use super::tree::Comment;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, Span};
use attach::Attachments;
use doc::Doc;

/// Longer lines are broken where they can be.
pub const WIDTH: usize = 115;

/// The same playbook in the one layout; idempotent.
///
/// # Errors
/// The findings of the parser where the text has errors, or H0198 where the result would say something else (a
/// mistake in healrun: the text must then stay as it is).
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let file = FileId(0);
    let parsed = super::parse(file, text);
    let tree = match parsed.file {
        Some(tree) if parsed.diagnostics.iter().all(|d| d.severity != Severity::Error) => tree,
        _ => return Err(parsed.diagnostics),
    };
    let layout = Layout { text, attachments: Attachments::new(text, &tree) };
    let out = doc::print(&layout.file(&tree), WIDTH);
    match proof::difference(text, &tree, &out) {
        None => Ok(out),
        Some(at) => Err(vec![
            Diagnostic::error("H0198", Span::new(file, at, at), "formatting would change what the file says here")
                .note("the file is left as it is")
                .help("this is a mistake in healrun; please report it with this file"),
        ]),
    }
}

/// What the layout of a tree needs beside it.
struct Layout<'t> {
    text: &'t str,
    attachments: Attachments,
}

fn text(text: &str) -> Doc {
    Doc::text(text)
}

impl Layout<'_> {
    fn source(&self, span: Span) -> String {
        self.text.get(span.range()).unwrap_or("").to_owned()
    }

    /// What stands before and after an anchor.
    fn comments(&self, span: Span) -> (Doc, Doc) {
        let Some(attached) = self.attachments.of(span) else {
            return (Doc::All(Vec::new()), Doc::All(Vec::new()));
        };
        let mut leading = Vec::new();
        for (index, comment) in attached.leading.iter().enumerate() {
            if index > 0 && comment.blank_before {
                leading.push(Doc::Blank);
            }
            leading.extend([text(&comment.text), Doc::Hard]);
        }
        if !attached.leading.is_empty() && self.blank_above(span.start) {
            leading.push(Doc::Blank);
        }
        let trailing = attached.trailing.iter().map(|c| Doc::Suffix(format!("  {}", c.text))).collect();
        (Doc::All(leading), Doc::All(trailing))
    }

    /// A blank line stands before an anchor and its comments.
    fn blank_before(&self, span: Span) -> bool {
        match self.attachments.of(span).and_then(|a| a.leading.first()) {
            Some(comment) => comment.blank_before,
            None => self.blank_above(span.start),
        }
    }

    /// Comments that are left over at the end of a bracket.
    fn dangling(&self, span: Span) -> Option<Doc> {
        let comments: &[Comment] = self.attachments.dangling(span);
        if comments.is_empty() {
            return None;
        }
        let mut docs = Vec::new();
        for (index, comment) in comments.iter().enumerate() {
            if index > 0 {
                docs.push(Doc::Hard);
                if comment.blank_before {
                    docs.push(Doc::Blank);
                }
            }
            docs.push(text(&comment.text));
        }
        // A comment's line must end, though the bracket could stand on it.
        docs.push(Doc::Suffix(String::new()));
        Some(Doc::All(docs))
    }

    fn dangling_apart(&self, span: Span) -> bool {
        self.attachments.dangling(span).first().is_some_and(|c| c.blank_before)
    }

    fn begins_line(&self, span: Span) -> bool {
        let comments = self.attachments.of(span).is_some_and(|a| !a.leading.is_empty());
        let before = self.text.get(..span.start as usize).unwrap_or("").trim_end_matches([' ', '\t']);
        comments || before.ends_with('\n')
    }

    fn blank_above(&self, at: u32) -> bool {
        let before = self.text.get(..at as usize).unwrap_or("").trim_end_matches([' ', '\t']);
        let Some(above) = before.strip_suffix('\n') else { return false };
        above.trim_end_matches([' ', '\t', '\r']).ends_with('\n')
    }
}
