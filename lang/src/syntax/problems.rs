//! What the lexer could not accept, in people's words.

use super::lexer::{Kind, Lexer, MAX_DEPTH, MAX_HOLES, Problem};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The limits on nesting: beyond them nothing else is looked at.
pub(super) fn refuse(file: FileId, problems: &[Problem]) -> Option<Diagnostic> {
    problems.iter().find_map(|problem| match *problem {
        Problem::TooDeep(at) => Some(
            Diagnostic::error("H0004", Span::new(file, at, at + 1), "brackets are nested too deeply")
                .at(format!("more than {MAX_DEPTH} are open here"))
                .help("name inner parts with `let`, or move them into a `fn`"),
        ),
        Problem::HolesTooDeep(at) => Some(
            Diagnostic::error("H0005", Span::new(file, at, at + 2), "strings are nested too deeply in strings")
                .at(format!("more than {MAX_HOLES} `${{` are open here"))
                .help("name the inner text with `let`"),
        ),
        _ => None,
    })
}

/// One report for each problem; of brackets, only those that explain something.
pub(super) fn explain(file: FileId, text: &str, problems: &[Problem]) -> Vec<Diagnostic> {
    let unclosed: Vec<usize> = problems
        .iter()
        .filter_map(|p| match p {
            Problem::Unclosed { open, .. } => Some(*open),
            _ => None,
        })
        .collect();
    // What an open block swallows, brackets included, is no mistake of its own.
    let swallowed = problems.iter().any(|p| matches!(p, Problem::UnclosedString { block: true, .. }));
    let indentation = Indentation::read(text);
    let suspect = unclosed.iter().min().and_then(|first| indentation.forgotten(*first));
    let mut found: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if swallowed && matches!(problem, Problem::Unclosed { at: None, .. }) {
            continue;
        }
        if let Problem::Unclosed { open, .. } = problem
            && unclosed.last() == Some(open)
            && unclosed.len() > 1
        {
            continue;
        }
        let report = one(file, text, *problem, suspect, &indentation);
        // Several strays have one brace too many in common.
        let place = |d: &Diagnostic| d.labels.first().map(|l| (l.span.start, d.code));
        found.extend(report.filter(|r| found.iter().all(|f| place(f) != place(r))));
    }
    found
}

fn one(
    file: FileId,
    text: &str,
    problem: Problem,
    suspect: Option<usize>,
    indentation: &Indentation,
) -> Option<Diagnostic> {
    let span = |start: usize, len: usize| Span::new(file, start, (start + len).min(text.len()));
    let bracket = |at: usize| text.get(at..=at).unwrap_or("");
    Some(match problem {
        Problem::Unclosed { open, at } => {
            let open = suspect.filter(|_| at.is_none()).unwrap_or(open);
            let found = Diagnostic::error("H0102", span(open, 1), format!("this `{}` is never closed", bracket(open)))
                .at("opened here");
            match at {
                Some(at) => found.label(span(at, 1), format!("`{}` comes first", bracket(at))),
                None => found,
            }
            .help(format!("close it with `{}`", partner(bracket(open))))
        }
        Problem::Stray(at) => match indentation.early(text, at) {
            Some(extra) => Diagnostic::error("H0103", span(extra, 1), "a `}` too many")
                .at("closes more than its indentation says")
                .label(span(at, 1), "nothing is left to close here"),
            None => Diagnostic::error("H0103", span(at, 1), format!("this `{}` closes nothing", bracket(at)))
                .at(format!("no `{}` is open here", partner(bracket(at)))),
        },
        Problem::UnclosedString { open, end, block: false } => {
            Diagnostic::error("H0104", Span::new(file, open, end), "the text is not closed on its line")
                .at("begins here")
                .help("close it with `\"`; text of several lines is a `\"\"\"` block")
        }
        Problem::UnclosedString { open, .. } => {
            Diagnostic::error("H0104", span(open, 3), "this `\"\"\"` block is never closed")
                .at("begins here")
                .help("close it with `\"\"\"` alone on a line")
        }
        Problem::UnclosedHole { open, end } => {
            Diagnostic::error("H0106", Span::new(file, open, end), "this `${` is never closed")
                .at("begins here")
                .help("close it with `}`; the two characters themselves are written `$${`")
        }
        Problem::DoubleHole(at) => {
            Diagnostic::error("H0106", span(at, 3), "`${{` is no interpolation of this language")
                .at("one brace too many")
                .help("write `${name}`; for the characters themselves, as GitHub's workflows use them, write `$${{`")
        }
        Problem::TooDeep(_) | Problem::HolesTooDeep(_) => return None,
    })
}

fn partner(bracket: &str) -> &'static str {
    match bracket {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}

/// What the indentation says about brackets that do not pair up.
struct Indentation {
    lines: Vec<Line>,
    /// Brackets and their partners, counted without looking at their kind, until one is left over.
    pairs: Vec<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Line {
    start: usize,
    /// Its first character that is no blank.
    text: usize,
}

impl Line {
    fn indent(self) -> usize {
        self.text - self.start
    }
}

impl Indentation {
    fn read(text: &str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
            lines.push(Line { start, text: start + blanks });
            start += line.len();
        }
        let mut lexer = Lexer::new(text);
        let (mut open, mut pairs) = (Vec::new(), Vec::new());
        while let Some(token) = lexer.next() {
            match token.kind {
                Kind::Open => open.push(token.start),
                Kind::Close => match open.pop() {
                    Some(opener) => pairs.push((opener, token.start)),
                    None => break,
                },
                _ => {}
            }
        }
        Self { lines, pairs }
    }

    fn line(&self, at: usize) -> Line {
        let index = self.lines.partition_point(|l| l.start <= at).saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(Line { start: 0, text: 0 })
    }

    /// The bracket that the author most likely forgot to close, at `first` or later.
    ///
    /// With one closer missing, every partner after it is taken by the wrong bracket, and it is the outermost that is
    /// left over. People indent: the first one whose partner stands further left is where it went wrong.
    fn forgotten(&self, first: usize) -> Option<usize> {
        self.pairs.iter().copied().find_map(|(opener, closer)| {
            let (opening, closing) = (self.line(opener), self.line(closer));
            let leads = closing.text == closer && opening.start != closing.start;
            (leads && closing.indent() < opening.indent() && opener >= first).then_some(opener)
        })
    }

    /// The closing brace that the author most likely wrote once too often, where the one at `stray` closes nothing:
    /// the first that is indented more than the line it closes.
    fn early(&self, text: &str, stray: usize) -> Option<usize> {
        self.pairs.iter().copied().find_map(|(opener, closer)| {
            let (opening, closing) = (self.line(opener), self.line(closer));
            let leads = closing.text == closer && text.get(closer..=closer) == Some("}");
            (leads && closing.indent() > opening.indent() && closer < stray).then_some(closer)
        })
    }
}

/// Where items are taken for items of the file only because a block was closed too early.
pub(super) fn shadows(text: &str, problems: &[Problem]) -> Vec<std::ops::Range<usize>> {
    let indentation = Indentation::read(text);
    let strays = problems.iter().filter_map(|p| match p {
        Problem::Stray(at) => Some(*at),
        _ => None,
    });
    strays.map(|at| indentation.early(text, at).unwrap_or(0)..at).collect()
}
