//! A small document: text with places where it may break, and a printer that breaks the outermost groups first.
//!
//! Wadler's idea in Prettier's form. Own, because comments need two things that the crates at hand lack: text that
//! waits for the end of its line, and a break that its whole surroundings must follow.

/// A piece of layout.
#[derive(Debug)]
pub(super) enum Doc {
    /// On one line.
    Text(String),
    /// A blank, or a line end where its group is broken.
    Line,
    /// Nothing, or a line end where its group is broken.
    Soft,
    /// A line end; breaks all groups around it.
    Hard,
    /// An empty line; breaks all groups around it. Written after a line end.
    Blank,
    /// Only where its group is broken.
    IfBroken(&'static str),
    /// Only where its group is not broken.
    IfFlat(&'static str),
    /// At the end of the line, whatever follows on it; breaks all groups around it.
    Suffix(String),
    /// One after the other.
    All(Vec<Doc>),
    /// Lines in it are further in.
    Indent(Vec<Doc>),
    /// On one line if it fits, else all its own lines break.
    Group(Vec<Doc>),
}

impl Doc {
    pub(super) fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    fn breaks(&self) -> bool {
        match self {
            Doc::Hard | Doc::Blank | Doc::Suffix(_) => true,
            Doc::All(docs) | Doc::Indent(docs) | Doc::Group(docs) => docs.iter().any(Doc::breaks),
            _ => false,
        }
    }
}

/// How far in one level is.
const STEP: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// Prints a document; every line ends with `\n`, none with a blank that the document did not ask for.
pub(super) fn print(doc: &Doc, width: usize) -> String {
    let mut printer = Printer { out: String::new(), column: 0, width, suffixes: Vec::new(), pending: None };
    printer.run(doc);
    printer.flush();
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

struct Printer {
    out: String,
    column: usize,
    width: usize,
    suffixes: Vec<String>,
    // The indentation of the line begun: written with its first text, so that empty lines stay empty.
    pending: Option<usize>,
}

impl Printer {
    fn run(&mut self, doc: &Doc) {
        let mut stack = vec![(0, Mode::Broken, doc)];
        while let Some((indent, mode, doc)) = stack.pop() {
            match doc {
                Doc::Text(text) => self.text(text),
                Doc::Line if mode == Mode::Flat => self.text(" "),
                Doc::Soft if mode == Mode::Flat => {}
                Doc::Line | Doc::Soft | Doc::Hard => self.newline(indent),
                Doc::Blank => self.blank(),
                Doc::IfBroken(text) if mode == Mode::Broken => self.text(text),
                Doc::IfFlat(text) if mode == Mode::Flat => self.text(text),
                Doc::IfBroken(_) | Doc::IfFlat(_) => {}
                Doc::Suffix(text) => self.suffixes.push(text.clone()),
                Doc::All(docs) => stack.extend(docs.iter().rev().map(|d| (indent, mode, d))),
                Doc::Indent(docs) => stack.extend(docs.iter().rev().map(|d| (indent + STEP, mode, d))),
                Doc::Group(docs) => {
                    let flat = !doc.breaks() && self.fits(docs, &stack);
                    let mode = if flat { Mode::Flat } else { Mode::Broken };
                    stack.extend(docs.iter().rev().map(|d| (indent, mode, d)));
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(indent) = self.pending.take() {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
        }
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn flush(&mut self) {
        for suffix in std::mem::take(&mut self.suffixes) {
            self.text(&suffix);
        }
    }

    fn newline(&mut self, indent: usize) {
        self.flush();
        self.out.push('\n');
        self.pending = Some(indent);
        self.column = indent;
    }

    fn blank(&mut self) {
        self.flush();
        self.out.push('\n');
    }

    /// Whether the group, flat, and what follows it up to the next possible line end fit on the line.
    fn fits(&self, group: &[Doc], rest: &[(usize, Mode, &Doc)]) -> bool {
        let mut left = self.width.saturating_sub(self.column);
        let mut stack: Vec<(Mode, &Doc)> = group.iter().rev().map(|d| (Mode::Flat, d)).collect();
        let mut following = rest.iter().rev();
        loop {
            let (mode, doc) = match stack.pop() {
                Some(next) => next,
                None => match following.next() {
                    Some((_, mode, doc)) => (*mode, *doc),
                    None => return true,
                },
            };
            let used = match doc {
                Doc::Text(text) => text.chars().count(),
                Doc::Line if mode == Mode::Flat => 1,
                Doc::Line | Doc::Soft if mode == Mode::Broken => return true,
                Doc::Blank | Doc::Hard => return true,
                Doc::IfBroken(text) if mode == Mode::Broken => text.len(),
                Doc::IfFlat(text) if mode == Mode::Flat => text.len(),
                Doc::Suffix(_) | Doc::Soft | Doc::Line | Doc::IfBroken(_) | Doc::IfFlat(_) => 0,
                // A group that follows is in the mode of what holds it: broken, it may break at its first chance.
                Doc::All(docs) | Doc::Indent(docs) | Doc::Group(docs) => {
                    stack.extend(docs.iter().rev().map(|d| (mode, d)));
                    0
                }
            };
            match left.checked_sub(used) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
    }
}
