//! Strings: escapes, holes, and the margin of blocks.

use super::{Builder, Built, Parts};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{Text, TextPart};
use pest::iterators::Pair;

impl Builder<'_> {
    /// A `string` pair.
    pub(super) fn text(&self, pair: Pair<'_, Rule>) -> Built<Text> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).any()?;
        if inner.as_rule() == Rule::block_string { self.block(inner, span) } else { self.line(inner, span) }
    }

    fn line(&self, pair: Pair<'_, Rule>, span: Span) -> Built<Text> {
        let mut parts = Vec::new();
        for piece in Parts::of(pair) {
            let place = self.span_whole(&piece);
            match piece.as_rule() {
                Rule::hole => parts.push(TextPart::Hole(Box::new(self.hole(piece)?))),
                Rule::escape => push(&mut parts, &self.escape(&piece), place),
                _ => push(&mut parts, &piece.as_str().replace("$${", "${"), place),
            }
        }
        Ok(Text { parts, block: false, span })
    }

    fn hole(&self, pair: Pair<'_, Rule>) -> Built<crate::syntax::tree::Expr> {
        let mut parts = Parts::of(pair);
        self.expr(parts.need(Rule::expr)?)
    }

    fn escape(&self, pair: &Pair<'_, Rule>) -> String {
        let text = pair.as_str();
        match text.as_bytes().get(1) {
            Some(b'n') => "\n".to_owned(),
            Some(b't') => "\t".to_owned(),
            Some(b'r') => "\r".to_owned(),
            Some(b'u') => {
                let digits = text.trim_start_matches("\\u{").trim_end_matches('}');
                let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).unwrap_or_else(|| {
                    let span = self.span_whole(pair);
                    self.report(
                        Diagnostic::error("H0105", span, format!("`{text}` is no character"))
                            .at("not a code point of Unicode"),
                    );
                    char::REPLACEMENT_CHARACTER
                });
                c.to_string()
            }
            _ => text.chars().skip(1).collect(),
        }
    }

    // Text pieces end where they end: blanks in them count.
    fn span_whole(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.range(span.start(), span.end())
    }

    /// A script's text: a block without holes.
    pub(super) fn raw_block(&self, pair: &Pair<'_, Rule>) -> Text {
        let span = self.span_whole(pair);
        let raw = pair.as_str();
        let inner = raw.get(3..raw.len().saturating_sub(3)).unwrap_or("");
        let place = Span { start: span.start + 3, end: span.end.saturating_sub(3), ..span };
        let pieces = vec![Piece::Text(inner, place)];
        Text { parts: self.strip(pieces, span), block: true, span }
    }

    fn block(&self, pair: Pair<'_, Rule>, span: Span) -> Built<Text> {
        let mut pieces = Vec::new();
        for piece in Parts::of(pair) {
            if piece.as_rule() == Rule::hole {
                pieces.push(Piece::Hole(self.hole(piece)?));
            } else {
                pieces.push(Piece::Text(piece.as_str(), self.span_whole(&piece)));
            }
        }
        let mut text = Text { parts: self.strip(pieces, span), block: true, span };
        for part in &mut text.parts {
            if let TextPart::Text { text, .. } = part
                && text.contains("$${")
            {
                *text = text.replace("$${", "${");
            }
        }
        Ok(text)
    }

    // The margin is what all lines begin with, the line of the closing quotes included; lines of blanks alone have
    // no say. The first line end and the last one belong to the quotes.
    fn strip(&self, pieces: Vec<Piece<'_>>, whole: Span) -> Vec<TextPart> {
        let Some(margin) = self.margin(&pieces, whole) else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        let count = pieces.len();
        for (index, piece) in pieces.into_iter().enumerate() {
            match piece {
                Piece::Hole(expr) => parts.push(TextPart::Hole(Box::new(expr))),
                Piece::Text(raw, span) => {
                    let mut out = String::with_capacity(raw.len());
                    let mut lines = raw.split('\n');
                    // What follows a hole on its line, or nothing after the opening quotes.
                    if let Some(first) = lines.next()
                        && index > 0
                    {
                        out.push_str(first.strip_suffix('\r').filter(|_| raw.contains('\n')).unwrap_or(first));
                    }
                    let mut first_line = index == 0;
                    let mut lines = lines.peekable();
                    while let Some(line) = lines.next() {
                        let last = lines.peek().is_none();
                        if last && index + 1 == count {
                            break; // the line of the closing quotes
                        }
                        if !std::mem::take(&mut first_line) {
                            out.push('\n');
                        }
                        let line = if last { line } else { line.strip_suffix('\r').unwrap_or(line) };
                        let blank = line.trim_matches([' ', '\t']).is_empty() && !last;
                        out.push_str(if blank { "" } else { line.strip_prefix(margin.as_str()).unwrap_or(line) });
                    }
                    if !out.is_empty() {
                        push(&mut parts, &out, span);
                    }
                }
            }
        }
        parts
    }

    fn margin(&self, pieces: &[Piece<'_>], whole: Span) -> Option<String> {
        let blank = |text: &str| text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r'));
        let begins = match pieces.first() {
            Some(Piece::Text(raw, _)) => raw.split_once('\n').is_some_and(|(first, _)| blank(first)),
            _ => false,
        };
        let ends = match pieces.last() {
            Some(Piece::Text(raw, _)) => raw.rsplit_once('\n').is_some_and(|(_, last)| blank(last)),
            _ => false,
        };
        if !begins || !ends {
            let span = if begins {
                Span { start: whole.end.saturating_sub(3), ..whole }
            } else {
                Span { end: whole.start + 3, ..whole }
            };
            self.report(
                Diagnostic::error("H0114", span, "the quotes of a `\"\"\"` block stand at line ends")
                    .at(if begins { "must stand alone on its line" } else { "a line end must follow" })
                    .help("text on one line is written `\"…\"`"),
            );
            return None;
        }
        let mut margin: Option<&str> = None;
        for piece in pieces {
            let Piece::Text(raw, _) = piece else { continue };
            let mut lines = raw.split('\n').skip(1).peekable();
            while let Some(line) = lines.next() {
                // The last line of a piece goes on with a hole, or is that of the closing quotes.
                let counts = lines.peek().is_none() || !blank(line);
                if counts {
                    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
                    margin = Some(margin.map_or(indent, |m| common(m, indent)));
                }
            }
        }
        Some(margin.unwrap_or("").to_owned())
    }
}

enum Piece<'i> {
    Text(&'i str, Span),
    Hole(crate::syntax::tree::Expr),
}

fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let len = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    &a[..len]
}

fn push(parts: &mut Vec<TextPart>, text: &str, place: Span) {
    if let Some(TextPart::Text { text: before, span }) = parts.last_mut() {
        before.push_str(text);
        *span = span.to(place);
    } else {
        parts.push(TextPart::Text { text: text.to_owned(), span: place });
    }
}
