//! Strings, queries and regexes, and what their holes may hold.

use super::super::checker::Checker;
use super::super::types::showable;
use super::unknown;
use crate::catalogue::{Dim, Language, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, Piece};
use crate::source::Span;
use crate::syntax::tree::{Text, TextPart};

/// Where a reader of a query is: outside, or inside of quotes.
#[derive(Clone, Copy)]
struct Quotes {
    language: Language,
    open: Option<char>,
}

impl Quotes {
    fn read(&mut self, text: &str) {
        let mut escaped = false;
        for c in text.chars() {
            if escaped {
                escaped = false;
                continue;
            }
            match self.open {
                Some(q) if c == q => self.open = None,
                // Raw strings and SQL know no backslash.
                Some(q) if c == '\\' && q != '`' && self.language != Language::Sql => escaped = true,
                Some(_) => {}
                None => {
                    let opens = match self.language {
                        Language::Promql | Language::Logql => matches!(c, '"' | '\'' | '`'),
                        Language::Sql => matches!(c, '"' | '\''),
                        Language::JsonText => c == '"',
                    };
                    if opens {
                        self.open = Some(c);
                    }
                }
            }
        }
    }
}

impl<'a> Checker<'a> {
    /// A string with its holes; a query where one is wanted.
    pub(super) fn text(&mut self, text: &'a Text, want: Option<&Type>) -> Expr {
        let wanted = match want {
            Some(Type::Optional(t) | Type::Secret(t)) => Some(&**t),
            other => other,
        };
        let language = match wanted {
            Some(Type::Query(language)) => Some(*language),
            _ => None,
        };
        let mut quotes = language.map(|language| Quotes { language, open: None });
        let mut pieces = Vec::new();
        let mut secret = false;
        let mut named_only = true;
        let mut stand_in = String::new();
        for part in &text.parts {
            match part {
                TextPart::Text { text, .. } => {
                    if let Some(q) = &mut quotes {
                        q.read(text);
                    }
                    stand_in.push_str(text);
                    pieces.push(Piece::Text(text.clone()));
                }
                TextPart::Hole(hole) => {
                    let value = self.expr(hole, None);
                    let quoted = quotes.is_some_and(|q| q.open.is_some());
                    secret |= matches!(value.typ, Type::Secret(_));
                    named_only &= matches!(value.typ, Type::Text(_) | Type::Int | Type::Enum(_) | Type::Unknown);
                    self.hole(&value, language, quoted);
                    stand_in.push_str(match (&value.typ, quoted) {
                        (_, true) => "x",
                        (Type::Quantity(Dim::Duration), false) => "1m",
                        _ => "1",
                    });
                    pieces.push(Piece::Hole { value: Box::new(value), quoted });
                }
            }
        }
        self.note_host(&pieces);
        let mut typ = match (language, wanted) {
            (Some(language), _) => {
                self.query(text.span, language, &stand_in);
                Type::Query(language)
            }
            (None, Some(Type::Text(name))) if text.plain().is_some() => {
                self.ruled(name, &stand_in, text.span);
                Type::Text(name.clone())
            }
            // A name put together from names: `${service}-canary`; the rule itself is judged when it is resolved.
            (None, Some(Type::Text(name))) if named_only => Type::Text(name.clone()),
            _ => Type::String,
        };
        if secret {
            typ = Type::Secret(Box::new(typ));
        }
        Expr { kind: ExprKind::Text { pieces, language }, typ, span: text.span }
    }

    /// What stands in a hole.
    fn hole(&mut self, value: &Expr, language: Option<Language>, quoted: bool) {
        let span = value.span;
        match &value.typ {
            Type::Optional(_) => {
                let d = self.absent(value, "a text needs something to say");
                self.report(d.help("say what stands there instead, as in `${x ?? \"unknown\"}`"));
            }
            Type::None => self.report(Diagnostic::error("H0305", span, "a text cannot say `none`")),
            t if !showable(t) => {
                let mut d = Diagnostic::error("H0304", span, format!("a {t} has no text of its own"));
                if matches!(t, Type::Record(_)) {
                    d = d.help("name one of its fields");
                }
                self.report(d);
            }
            t => {
                let Some(language) = language.filter(|_| !quoted) else {
                    return;
                };
                if !matches!(t, Type::Int | Type::Quantity(Dim::Number | Dim::Duration | Dim::Ratio) | Type::Unknown) {
                    self.report(
                        Diagnostic::error(
                            "H0309",
                            span,
                            format!("outside of quotes a query takes numbers and durations only, and this is a {t}"),
                        )
                        .note(format!("a text here could change the meaning of the {} query", Type::Query(language)))
                        .help("put the hole inside quotes; what it holds is escaped there"),
                    );
                }
            }
        }
    }

    /// Asks whoever knows the language, and keeps the largest range selector for `settle`.
    fn query(&mut self, span: Span, language: Language, text: &str) {
        let queries = self.options.queries.unwrap_or(&super::super::AnyQuery);
        match queries.check(language, text) {
            Ok(facts) => {
                self.ranges.insert((span.file.0, span.start), facts.range_ms);
            }
            Err(error) => {
                let d = Diagnostic::error(
                    "H0314",
                    span,
                    format!("this is not a {} query: {}", Type::Query(language), error.message),
                )
                .note("holes count as `x` inside quotes, and as `1` or `1m` outside");
                self.report(d);
            }
        }
    }

    /// A text with a rule, written as a literal.
    fn ruled(&mut self, name: &str, text: &str, span: Span) {
        let cat = self.cat;
        let Some(rule) = cat.texts.get(name) else {
            return;
        };
        let whole = self.patterns.compile(&format!("^(?:{})$", rule.pattern));
        let fits = whole.map_or(true, |r| r.is_match(text)) && text.chars().count() <= rule.max;
        if !fits {
            self.report(Diagnostic::error("H0313", span, format!("this is not a `{name}`")).note(rule.doc.clone()));
        }
    }

    /// `re"…"`
    pub(super) fn regex(&mut self, pattern: &str, span: Span) -> Expr {
        if let Err(why) = self.patterns.compile(pattern) {
            self.report(Diagnostic::error("H0311", span, format!("this regex does not compile: {why}")));
            return unknown(span);
        }
        Expr { kind: ExprKind::Regex(pattern.to_owned()), typ: Type::Regex, span }
    }

    /// Remembers the host of a literal URL: the default of `http: {allow}`.
    fn note_host(&mut self, pieces: &[Piece]) {
        let Some(Piece::Text(first)) = pieces.first() else {
            return;
        };
        let Some(rest) = first.strip_prefix("http://").or_else(|| first.strip_prefix("https://")) else {
            return;
        };
        let end = rest.find(['/', '?', '#']);
        // A hole right behind the text may be a part of the host.
        if end.is_none() && pieces.len() > 1 {
            return;
        }
        let authority = &rest[..end.unwrap_or(rest.len())];
        let host = authority.rsplit('@').next().unwrap_or("");
        if !host.is_empty() {
            self.hosts.insert(host.to_owned());
        }
    }
}
