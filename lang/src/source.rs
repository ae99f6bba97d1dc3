//! Where text comes from and how a place in it is named.

use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// Which file of a [`Sources`] set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u16);

/// A range of bytes in one file.
///
/// Equality and hashing ignore it: two trees are equal when they mean the same, wherever they stand. Compare
/// [`Span::range`] where the place itself matters.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    /// The byte range.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both; `self`'s file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Span {}
impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// One text with the name that people know it by (a path as they wrote it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Shown in diagnostics.
    pub name: String,
    /// The whole text, without a byte-order mark.
    pub text: String,
}

/// All texts of one compilation: the playbook's file first, then those it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a text and gives it its number. More than 65,535 files share the last number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.files.push(SourceFile { name: name.into(), text: text.into() });
        id
    }

    /// The file, if there is one of that number.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::from(id.0))
    }

    /// The text under a span; empty where the span is not one of these sources.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).and_then(|f| f.text.get(span.range())).unwrap_or("")
    }

    /// 1-based line and column (in characters) of the start of a span.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let Some(file) = self.get(span.file) else {
            return (1, 1);
        };
        let mut end = (span.start as usize).min(file.text.len());
        while !file.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &file.text[..end];
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        (line, column)
    }

    /// The files in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(u16::try_from(i).unwrap_or(u16::MAX)), f))
    }
}

/// Why a text could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// No such file.
    NotFound,
    /// The path leaves the repository, or a link on it does.
    Outside,
    /// More bytes than the limit given.
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Not UTF-8; the first bad byte.
    NotUtf8 {
        /// Its offset.
        at: usize,
    },
    /// Anything else, in the operating system's words.
    Other(String),
}

/// How the compiler asks for the files that a playbook names (`use "./lib.heal"`, `file("score.rhai")`).
///
/// The one door to the outside: heal-lang itself reads nothing.
pub trait Loader {
    /// The text at `path`, as written in the file named `from`; with the name under which it is to be shown, which
    /// is also its identity (two spellings of one file must give one name).
    ///
    /// # Errors
    /// As [`LoadError`] says.
    fn load(&self, from: &str, path: &str) -> Result<SourceFile, LoadError>;

    /// Whether a file exists, for what is only named (a scenario's world).
    fn exists(&self, from: &str, path: &str) -> bool;
}

/// A loader that has nothing: for single texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<SourceFile, LoadError> {
        Err(LoadError::NotFound)
    }
    fn exists(&self, _: &str, _: &str) -> bool {
        false
    }
}
