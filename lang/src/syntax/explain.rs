//! What pest says, in people's words.

use super::grammar::Rule;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use std::ops::Range;

/// One report for a place at which the grammar could not go on.
pub(super) fn explain(
    file: FileId,
    _text: &str,
    _item: Range<usize>,
    at: usize,
    expected: &[Rule],
    _unwanted: &[Rule],
) -> Diagnostic {
    Diagnostic::error("H0101", Span::new(file, at, at), "this cannot be read").at(format!("expected {expected:?}"))
}
