//! What every phase reports in: data first, rendered in one place.
//!
//! May use: [`crate::source`]. The forms ([`render`] for people, [`json`], [`sarif`], [`github`] for machines) all see
//! the same findings in the same order ([`ordered`]).

pub mod codes;
mod github;
mod json;
mod order;
mod render;
mod sarif;

pub use github::github;
pub use json::json;
pub use order::ordered;
pub use render::{MAX_SHOWN, render};
pub use sarif::sarif;

use crate::source::Span;

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; nothing is refused.
    Warning,
    /// The playbook is refused.
    Error,
}

/// A span with what is to be said at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Stands alone; lower case, no full stop. May be empty.
    pub text: String,
}

/// A change of text that mends the finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// `H0123`, from the registry in `codes`; never reused.
    pub code: &'static str,
    /// One plain sentence: lower case, no full stop, user text in backticks.
    pub message: String,
    /// The place itself, first; then what explains it.
    pub labels: Vec<Label>,
    /// Facts that help to understand.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// The same, ready to apply.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error at `span`.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            labels: vec![Label { span, text: String::new() }],
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning at `span`.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Says `text` at the first label.
    #[must_use]
    pub fn at(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Points at a second place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says what to do, and does it.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>, help: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, text: text.into() });
        self.help = Some(help.into());
        self
    }
}
