//! The layout of strings: as they stand, but for the margin of a block.

use super::doc::Doc;
use super::{Layout, text};
use crate::syntax::lexer::{Kind, Lexer};
use crate::syntax::tree::Text;

impl Layout<'_> {
    /// A string; in a `raw` block (a script) `${` is text.
    pub(super) fn string(&self, string: &Text, raw: bool) -> Doc {
        let source = self.source(string.span);
        if !string.block {
            return text(&source);
        }
        let source = source.replace("\r\n", "\n");
        let margin = margin(&source, raw);
        let mut docs = Vec::new();
        let inner = source.get(3..source.len().saturating_sub(3)).unwrap_or("");
        let mut lines: Vec<&str> = inner.split('\n').skip(1).collect();
        lines.pop(); // that of the closing quotes
        for line in lines {
            let line = line.strip_prefix(margin.as_str()).unwrap_or(line);
            // A line of blanks alone means an empty one.
            let line = if line.trim_matches([' ', '\t']).is_empty() { "" } else { line };
            docs.push(Doc::Hard);
            docs.push(text(line));
        }
        docs.push(Doc::Hard);
        docs.push(text("\"\"\""));
        Doc::All(vec![text("\"\"\""), Doc::Indent(docs)])
    }
}

/// What all lines of a block's text begin with, as the tree builder takes it away: lines that begin in a hole have no
/// say, nor have lines of blanks, but the line of the closing quotes has.
fn margin(source: &str, raw: bool) -> String {
    let mut starts: Vec<usize> = Vec::new();
    if raw {
        starts.extend(source.match_indices('\n').map(|(at, _)| at + 1));
    } else {
        let mut lexer = Lexer::new(source);
        let mut holes = 0_usize;
        while let Some(token) = lexer.next() {
            match token.kind {
                Kind::HoleOpen => holes += 1,
                Kind::HoleClose => holes = holes.saturating_sub(1),
                Kind::Text if holes == 0 => {
                    let piece = source.get(token.start..token.end).unwrap_or("");
                    starts.extend(piece.match_indices('\n').map(|(at, _)| token.start + at + 1));
                }
                _ => {}
            }
        }
    }
    let mut margin: Option<&str> = None;
    let last = starts.last().copied();
    for start in starts {
        let line = source.get(start..).and_then(|t| t.split('\n').next()).unwrap_or("");
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        if indent.len() < line.len() || Some(start) == last {
            let common = |m: &str| m.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
            margin = Some(margin.map_or(indent, |m| &m[..common(m)]));
        }
    }
    margin.unwrap_or("").to_owned()
}
