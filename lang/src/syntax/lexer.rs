//! Words, strings and brackets without grammar: what the limits, the splitter, the comment list and the formatter's
//! proof need to know of a text, at a hundred times the grammar's speed and for any bytes.
//!
//! Never fails: what cannot be right is told as a [`Problem`] and reading goes on at the likeliest place. A text
//! without problems may still be wrong; a text with one is never right.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Word,
    /// Digits and what is attached to them.
    Number,
    /// An operator or other punctuation.
    Mark,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// The quotes that begin a string.
    Quote,
    /// The quotes that end a string.
    Unquote,
    /// A stretch of a string's text.
    Text,
    /// `${`
    HoleOpen,
    /// The `}` of a hole.
    HoleClose,
    /// `re"…"`
    Regex,
    /// `// …`
    Comment,
    /// A line end.
    Newline,
    /// A character that the language does not know.
    Other,
}

/// A token and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What cannot be right, whatever the grammar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A bracket without its partner: where it stands, and the closer that made it certain (none: the end).
    Unclosed {
        /// The opening bracket.
        open: usize,
        /// The closer of an outer bracket.
        at: Option<usize>,
    },
    /// A closer with nothing to close.
    Stray(usize),
    /// A string that its line (or the file) ends.
    UnclosedString {
        /// Its quotes.
        open: usize,
        /// Where reading gave up.
        end: usize,
        /// `"""`
        block: bool,
    },
    /// A `${` without its `}`.
    UnclosedHole {
        /// The hole.
        open: usize,
        /// Where reading gave up.
        end: usize,
    },
    /// `${{`
    DoubleHole(usize),
    /// More than [`MAX_DEPTH`] brackets deep.
    TooDeep(usize),
    /// More than [`MAX_HOLES`] strings in holes of strings.
    HolesTooDeep(usize),
}

impl Problem {
    /// Where it is seen.
    pub(crate) fn at(self) -> usize {
        match self {
            Problem::Unclosed { open, .. }
            | Problem::UnclosedString { open, .. }
            | Problem::UnclosedHole { open, .. }
            | Problem::Stray(open)
            | Problem::DoubleHole(open)
            | Problem::TooDeep(open)
            | Problem::HolesTooDeep(open) => open,
        }
    }
}

/// Brackets and holes, together.
pub const MAX_DEPTH: usize = 64;
/// More problems than these are not told: the first ones are the ones to mend.
const MAX_PROBLEMS: usize = 100;
/// Holes alone.
pub const MAX_HOLES: usize = 8;

#[derive(Clone, Copy, Debug)]
enum Frame {
    Bracket(u8, usize),
    Line(usize),
    Block(usize, bool),
    Hole(usize),
}

/// Reads tokens from the front; see the module.
#[derive(Debug)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    stack: Vec<Frame>,
    holes: usize,
    /// What was found so far.
    pub(crate) problems: Vec<Problem>,
    // A script's text is raw (Rhai owns `${`): its block string is known by the `script` that begins its line.
    script: bool,
    line_begins: bool,
    last_mark: u8,
    // Beyond the limits on depth nothing is read.
    stopped: bool,
}

impl<'t> Lexer<'t> {
    /// At the first byte.
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            stack: Vec::new(),
            holes: 0,
            problems: Vec::new(),
            script: false,
            line_begins: true,
            last_mark: 0,
            stopped: false,
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.stopped |= matches!(problem, Problem::TooDeep(_) | Problem::HolesTooDeep(_));
        if self.stopped || self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn token(&mut self, kind: Kind, end: usize) -> Token {
        let mut end = end.clamp(self.at, self.bytes.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let token = Token { kind, start: self.at, end };
        self.at = end;
        token
    }

    fn push(&mut self, frame: Frame) {
        if let Frame::Hole(at) = frame {
            self.holes += 1;
            if self.holes == MAX_HOLES + 1 {
                self.problem(Problem::HolesTooDeep(at));
            }
        }
        self.stack.push(frame);
        if self.stack.len() == MAX_DEPTH + 1
            && let Frame::Bracket(_, at) | Frame::Hole(at) | Frame::Line(at) | Frame::Block(at, _) = frame
        {
            self.problem(Problem::TooDeep(at));
        }
    }

    fn truncate(&mut self, len: usize) {
        let gone = self.stack[len..].iter().filter(|f| matches!(f, Frame::Hole(_))).count();
        self.holes -= gone;
        self.stack.truncate(len);
    }

    /// The next token; none at the end, when all that is still open has become a problem.
    pub(crate) fn next(&mut self) -> Option<Token> {
        if self.stopped {
            return None;
        }
        if self.at >= self.bytes.len() {
            self.finish();
            return None;
        }
        match self.stack.last() {
            Some(Frame::Line(_)) => Some(self.in_line_string()),
            Some(Frame::Block(_, raw)) => {
                let raw = *raw;
                Some(self.in_block_string(raw))
            }
            _ => self.in_code(),
        }
    }

    fn finish(&mut self) {
        let end = self.bytes.len();
        if self.stack.is_empty() {
            return;
        }
        self.end_line_strings(end);
        while let Some(frame) = self.stack.pop() {
            self.problem(match frame {
                Frame::Bracket(_, open) => Problem::Unclosed { open, at: None },
                Frame::Hole(open) => Problem::UnclosedHole { open, end },
                Frame::Line(open) => Problem::UnclosedString { open, end, block: false },
                Frame::Block(open, _) => Problem::UnclosedString { open, end, block: true },
            });
        }
    }

    // A line end closes every line string, whatever is open in it: so a forgotten quote costs one line.
    fn end_line_strings(&mut self, end: usize) {
        let Some(first) = self.stack.iter().position(|f| matches!(f, Frame::Line(_))) else {
            return;
        };
        let problem = match (self.stack.get(first), self.stack.get(first + 1)) {
            (_, Some(Frame::Hole(open))) => Problem::UnclosedHole { open: *open, end },
            (Some(Frame::Line(open)), _) => Problem::UnclosedString { open: *open, end, block: false },
            _ => return,
        };
        self.problem(problem);
        self.truncate(first);
    }

    fn newline_len(&self) -> usize {
        match (self.byte(0), self.byte(1)) {
            (b'\r', b'\n') => 2,
            (b'\n' | b'\r', _) => 1,
            _ => 0,
        }
    }

    fn in_line_string(&mut self) -> Token {
        match self.byte(0) {
            b'"' => {
                self.stack.pop();
                self.token(Kind::Unquote, self.at + 1)
            }
            b'\n' | b'\r' => {
                self.end_line_strings(self.at);
                self.newline()
            }
            b'$' if self.byte(1) == b'{' => self.hole(),
            _ => {
                let mut end = self.at;
                while let Some(b) = self.bytes.get(end) {
                    match b {
                        b'"' | b'\n' | b'\r' => break,
                        b'\\' if self.bytes.get(end + 1).is_some_and(|b| !matches!(b, b'\n' | b'\r')) => end += 2,
                        b'$' if self.bytes[end..].starts_with(b"$${") => end += 3,
                        b'$' if self.bytes.get(end + 1) == Some(&b'{') => break,
                        _ => end += 1,
                    }
                }
                self.token(Kind::Text, end)
            }
        }
    }

    fn in_block_string(&mut self, raw: bool) -> Token {
        if self.bytes[self.at..].starts_with(b"\"\"\"") {
            self.stack.pop();
            return self.token(Kind::Unquote, self.at + 3);
        }
        if !raw && self.byte(0) == b'$' && self.byte(1) == b'{' {
            return self.hole();
        }
        let mut end = self.at;
        while let Some(b) = self.bytes.get(end) {
            match b {
                b'"' if self.bytes[end..].starts_with(b"\"\"\"") => break,
                b'$' if !raw && self.bytes[end..].starts_with(b"$${") => end += 3,
                b'$' if !raw && self.bytes.get(end + 1) == Some(&b'{') => break,
                _ => end += 1,
            }
        }
        self.token(Kind::Text, end)
    }

    fn hole(&mut self) -> Token {
        if self.byte(2) == b'{' {
            self.problem(Problem::DoubleHole(self.at));
        }
        self.push(Frame::Hole(self.at));
        self.token(Kind::HoleOpen, self.at + 2)
    }

    fn newline(&mut self) -> Token {
        if self.stack.is_empty() && self.last_mark != b'=' {
            self.script = false;
        }
        self.line_begins = true;
        self.token(Kind::Newline, self.at + self.newline_len().max(1))
    }

    fn in_code(&mut self) -> Option<Token> {
        while matches!(self.byte(0), b' ' | b'\t') {
            self.at += 1;
        }
        if self.at >= self.bytes.len() {
            self.finish();
            return None;
        }
        let b = self.byte(0);
        if matches!(b, b'\n' | b'\r') {
            self.end_line_strings(self.at);
            return Some(self.newline());
        }
        if b == b'/' && self.byte(1) == b'/' {
            let rest = &self.bytes[self.at..];
            let len = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
            return Some(self.token(Kind::Comment, self.at + len));
        }
        let begins = std::mem::replace(&mut self.line_begins, false);
        let token = match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(begins),
            b'0'..=b'9' => self.number(),
            b'"' => self.quote(),
            b'(' | b'[' | b'{' => {
                self.push(Frame::Bracket(b, self.at));
                self.token(Kind::Open, self.at + 1)
            }
            b')' | b']' | b'}' => self.closer(b),
            0x80.. => self.token(Kind::Other, self.at + 1),
            _ => self.mark(),
        };
        self.last_mark = if token.kind == Kind::Mark { b } else { 0 };
        Some(token)
    }

    fn word(&mut self, begins: bool) -> Token {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        if &rest[..len] == b"re" && rest.get(2) == Some(&b'"') {
            return self.regex();
        }
        if begins && self.stack.is_empty() && &rest[..len] == b"script" {
            self.script = true;
        }
        self.token(Kind::Word, self.at + len)
    }

    fn regex(&mut self) -> Token {
        let mut end = self.at + 3;
        loop {
            match self.bytes.get(end) {
                Some(b'"') => return self.token(Kind::Regex, end + 1),
                Some(b'\\') if self.bytes.get(end + 1).is_some_and(|b| !matches!(b, b'\n' | b'\r')) => end += 2,
                None | Some(b'\n' | b'\r') => {
                    self.problem(Problem::UnclosedString { open: self.at + 2, end, block: false });
                    return self.token(Kind::Regex, end);
                }
                Some(_) => end += 1,
            }
        }
    }

    fn number(&mut self) -> Token {
        let mut end = self.at;
        while let Some(b) = self.bytes.get(end) {
            let next = self.bytes.get(end + 1).copied().unwrap_or(0);
            let last = self.bytes[end.saturating_sub(1)];
            match b {
                b if is_word(*b) => end += 1,
                b'.' if next.is_ascii_digit() => end += 1,
                b'+' | b'-' if matches!(last, b'e' | b'E') && next.is_ascii_digit() => end += 1,
                b'%' if !is_word(next) => {
                    end += 1;
                    break;
                }
                b'/' if next.is_ascii_alphabetic() => match rate_unit(&self.bytes[end + 1..]) {
                    Some(len) => {
                        end += 1 + len;
                        break;
                    }
                    None => break,
                },
                _ => break,
            }
        }
        self.token(Kind::Number, end)
    }

    fn quote(&mut self) -> Token {
        if self.bytes[self.at..].starts_with(b"\"\"\"") {
            let raw = self.script && self.stack.is_empty();
            self.script = false;
            self.push(Frame::Block(self.at, raw));
            return self.token(Kind::Quote, self.at + 3);
        }
        self.push(Frame::Line(self.at));
        self.token(Kind::Quote, self.at + 1)
    }

    fn closer(&mut self, b: u8) -> Token {
        let wanted = match b {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        // INVARIANT: strings are never on top here, so what lies above the nearest one is brackets and holes.
        let floor =
            self.stack.iter().rposition(|f| matches!(f, Frame::Line(_) | Frame::Block(..))).map_or(0, |i| i + 1);
        let partner = self.stack[floor..].iter().rposition(|f| match f {
            Frame::Bracket(open, _) => *open == wanted,
            Frame::Hole(_) => b == b'}',
            _ => false,
        });
        let Some(partner) = partner.map(|i| i + floor) else {
            self.problem(Problem::Stray(self.at));
            return self.token(Kind::Close, self.at + 1);
        };
        for index in (partner + 1..self.stack.len()).rev() {
            if let Some(Frame::Bracket(_, open)) = self.stack.get(index).copied() {
                self.problem(Problem::Unclosed { open, at: Some(self.at) });
            }
        }
        let kind = match self.stack.get(partner) {
            Some(Frame::Hole(_)) => Kind::HoleClose,
            _ => Kind::Close,
        };
        self.truncate(partner);
        self.token(kind, self.at + 1)
    }

    fn mark(&mut self) -> Token {
        const PAIRS: [&[u8]; 11] = [b"=>", b"==", b"!=", b"<=", b">=", b"??", b"?.", b"..", b"->", b"&&", b"||"];
        let rest = &self.bytes[self.at..];
        let len = if PAIRS.iter().any(|p| rest.starts_with(p)) { 2 } else { 1 };
        self.token(Kind::Mark, self.at + len)
    }
}

pub(crate) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn rate_unit(rest: &[u8]) -> Option<usize> {
    let len = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
    matches!(&rest[..len], b"ns" | b"us" | b"ms" | b"s" | b"m" | b"h" | b"d" | b"w").then_some(len)
}
