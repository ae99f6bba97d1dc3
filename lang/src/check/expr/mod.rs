//! Expressions: from the tree to typed, pure expressions with their reads lifted out.
//!
//! One file per family of forms. `want` is a hint, not a demand: it lets words of enums and query texts resolve where
//! they are expected. Whoever demands a type calls [`Checker::demand`].

mod access;
mod arguments;
mod calls;
mod compare;
mod functions;
mod is;
mod lift;
mod names;
mod operations;
mod text;

use super::checker::{Checker, MOST_EXPRESSIONS};
use super::quantity::{self, Literal, QuantityError};
use super::types::{Vars, fits};
use super::{constant, walk};
use crate::catalogue::{Dim, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, NamedArg, Quota};
use crate::source::Span;
use crate::syntax::tree::{self, BinaryOp};

pub(super) use access::{builtin_record, path_of};
pub(super) use arguments::Bound;
pub(super) use calls::Callee;
pub(super) use functions::not_plain;
pub(super) use lift::{default_read_retry, once};
pub(super) use names::STEP_RECORD;

/// The placeholder of an expression whose mistake was already reported.
pub(super) fn unknown(span: Span) -> Expr {
    Expr { kind: ExprKind::None, typ: Type::Unknown, span }
}

/// `failed / total`: a quotient of equals, which may count as a number or as a ratio. A divisor that is written as a
/// literal makes a number: `total / 2`.
fn is_quotient(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Binary { op: BinaryOp::Divide, right, .. } => constant::number(right).is_none(),
        ExprKind::If { then, otherwise, .. } => is_quotient(then) && is_quotient(otherwise),
        _ => false,
    }
}

impl<'a> Checker<'a> {
    /// The typed form of an expression.
    pub(super) fn expr(&mut self, e: &'a tree::Expr, want: Option<&Type>) -> Expr {
        use tree::ExprKind as K;
        self.made += 1;
        if self.made > MOST_EXPRESSIONS {
            if self.made == MOST_EXPRESSIONS + 1 {
                self.report(
                    Diagnostic::error("H0609", e.span, "the playbook is too large once its functions are inlined")
                        .note(format!("a plan holds at most {MOST_EXPRESSIONS} expressions"))
                        .help("call nested functions less often, or give their results a name with `let`"),
                );
            }
            return unknown(e.span);
        }
        let span = e.span;
        let make = |kind, typ| Expr { kind, typ, span };
        match &e.kind {
            K::Bool(b) => make(ExprKind::Bool(*b), Type::Bool),
            K::None => make(ExprKind::None, Type::None),
            K::Quantity(q) => self.quantity(q),
            K::Quota { count, per } => {
                let per = self.quantity(per);
                if per.typ != Type::DURATION && per.typ != Type::Unknown {
                    self.report(
                        Diagnostic::error(
                            "H0303",
                            per.span,
                            format!("a quota is counted per duration, not per {}", per.typ),
                        )
                        .help("write it as in `3 per 1h`"),
                    );
                    return unknown(span);
                }
                let per_ms = constant::number(&per).map_or(0, constant::milliseconds);
                make(ExprKind::Quota(Quota { count: *count, per_ms }), Type::Quota)
            }
            K::Text(text) => self.text(text, want),
            K::Regex(pattern) => self.regex(pattern, span),
            K::Name(name) => self.name(name, want),
            K::List(items) => self.list(items, want, span),
            K::Record(entries) => self.record(entries, want, span),
            K::Group(inner) => self.expr(inner, want),
            K::If { condition, then, otherwise } => self.conditional(condition, then, otherwise, want, span),
            K::Lambda { param, .. } => {
                self.report(
                    Diagnostic::error(
                        "H0321",
                        span,
                        "a function of one value stands only in the arguments of a method",
                    )
                    .help(format!("as in `pods.any({} => …)`", param.name)),
                );
                unknown(span)
            }
            K::Unary { op, operand } => self.unary(*op, operand, span),
            K::Binary { op, op_span, left, right } => self.binary(*op, *op_span, left, right, want, span),
            K::Field { base, name, soft } => self.field(e, base, name, *soft),
            K::Index { base, index } => self.index(base, index, span),
            K::Call { callee, args } => self.call(callee, args, want, span),
            K::Exists(base) => self.exists(base, span),
            K::As { base, typ } => self.as_type(base, typ, span),
        }
    }

    /// The typed form, which must be of that type; reports where it is not.
    pub(super) fn demand(&mut self, e: &'a tree::Expr, to: &Type, what: &str) -> Expr {
        let typed = self.expr(e, Some(to));
        self.settle(typed, to, what)
    }

    /// A condition.
    pub(super) fn condition(&mut self, e: &'a tree::Expr, what: &str) -> Expr {
        self.demand(e, &Type::Bool, what)
    }

    /// The expression as that type, or a report. `what` says whose type it is: "the parameter `over`".
    pub(super) fn settle(&mut self, e: Expr, to: &Type, what: &str) -> Expr {
        let mut vars = Vars::new();
        if fits(&e.typ, to, &mut vars) {
            return widen(e, to);
        }
        if e.typ == Type::NUMBER && to == &Type::RATIO && is_quotient(&e) {
            return Expr { typ: Type::RATIO, ..e };
        }
        self.mismatch(&e, to, what);
        unknown(e.span)
    }

    /// Reports that `e` is not of type `to`.
    pub(super) fn mismatch(&mut self, e: &Expr, to: &Type, what: &str) {
        let span = e.span;
        let d = match (&e.typ, to) {
            (Type::Optional(inner), _) if **inner == *to || fits(inner, to, &mut Vars::new()) => {
                self.absent(e, &format!("{what} needs a {to}"))
            }
            (Type::None, _) => Diagnostic::error("H0305", span, format!("{what} cannot be `none`")),
            (Type::Secret(_), _) => Diagnostic::error("H0312", span, format!("{what} would give a secret away"))
                .at("this is secret")
                .help("a secret goes only to parameters that are declared secret"),
            (Type::Int | Type::Quantity(Dim::Number), Type::Quantity(dim)) => {
                let mut d =
                    Diagnostic::error("H0303", span, format!("{what} is a {to}, and a bare number has no unit"))
                        .at(format!("expected a {to}"));
                if let (Some(n), Some(unit)) = (constant::number(e), example_unit(*dim)) {
                    if matches!(e.kind, ExprKind::Int(_) | ExprKind::Number(_)) {
                        d = d.fix(span, format!("{n}{unit}"), format!("write the unit, as in `{n}{unit}`"));
                    }
                } else {
                    d = d.help(format!("say what unit it has; a read takes `unit: {}`", unit_word(*dim)));
                }
                d
            }
            (Type::String, Type::Query(_)) => {
                Diagnostic::error("H0310", span, format!("{what} is a {to} query, and a string does not convert"))
                    .at("a string, not a query")
                    .help(format!("write the query here, or give the `let` its type: `let q: {to} = …`"))
            }
            (Type::String, Type::Text(name)) => {
                let rule = self.cat.texts.get(name).map(|t| t.doc.clone()).unwrap_or_default();
                Diagnostic::error("H0313", span, format!("{what} is a `{name}`, and not every string is one"))
                    .note(rule)
                    .help(format!("take it as an input of type `{name}`"))
            }
            (Type::String, Type::Enum(name)) => {
                let (words, _) = self.words(name).unwrap_or_default();
                let d =
                    Diagnostic::error("H0301", span, format!("{what} is one of the words of `{name}`, not a string"));
                match constant::text(e) {
                    Some(text) if words.contains(&text) => d.fix(span, text, "write the word without quotes"),
                    _ => d.help(format!("the words are {}", super::suggest::list(&words))),
                }
            }
            (Type::String, Type::Regex) => Diagnostic::error("H0301", span, format!("{what} is a regex, not a string"))
                .help("regexes are written `re\"…\"`"),
            (Type::Series(_), Type::Bool) => {
                Diagnostic::error("H0307", span, format!("{what} needs a yes or no, and a series is many values"))
                    .help("compare it over time, as in `(errors > 5% for 2m)`")
            }
            (from, to) => Diagnostic::error("H0301", span, format!("{what} is a {to}, not a {from}"))
                .at(format!("this is a {from}")),
        };
        self.report(d);
    }

    /// "may be absent", with the ways to handle it.
    pub(super) fn absent(&self, e: &Expr, what: &str) -> Diagnostic {
        let d = Diagnostic::error("H0305", e.span, format!("{what}, and this may be absent"))
            .at(format!("this is a {}", e.typ));
        let remediate = matches!(self.frame.place, super::checker::Place::Body(tree::StepKind::Remediate));
        d.help(if remediate {
            "give it a name with `let x = … else skip \"…\"`, or a value in its place with `?? …`"
        } else {
            "ask first, as in `x exists and …`, or give a value in its place with `?? …`"
        })
    }

    /// A literal with its unit.
    fn quantity(&mut self, q: &tree::Quantity) -> Expr {
        let span = q.span;
        match quantity::parse(&q.text) {
            Ok(Literal::Int(i)) => Expr { kind: ExprKind::Int(i), typ: Type::Int, span },
            Ok(Literal::Number(n)) => Expr { kind: ExprKind::Number(n), typ: Type::NUMBER, span },
            Ok(Literal::Quantity(dim, n)) => Expr { kind: ExprKind::Number(n), typ: Type::Quantity(dim), span },
            Err(error) => {
                let d = match error {
                    QuantityError::Unit { unit, better } => {
                        let d = Diagnostic::error("H0302", span, format!("there is no unit `{unit}`"));
                        match better {
                            Some((text, why)) => d.fix(span, text, why),
                            None => d.help("units are `ns us ms s m h d w`, `%`, `B kB MB GB TB KiB MiB GiB TiB`, `cpu mcpu`, and any of them `/s`"),
                        }
                    }
                    QuantityError::Mixed => {
                        Diagnostic::error("H0302", span, format!("`{}` mixes units of different kinds", q.text))
                    }
                    QuantityError::Order => {
                        Diagnostic::error("H0302", span, format!("the units of `{}` do not get smaller", q.text))
                            .help("write the larger first, as in `1h30m`")
                    }
                    QuantityError::TooLarge => Diagnostic::error("H0319", span, format!("`{}` is too large", q.text)),
                    QuantityError::Malformed => {
                        Diagnostic::error("H0319", span, format!("`{}` is not a number", q.text))
                    }
                };
                self.report(d);
                unknown(span)
            }
        }
    }

    fn list(&mut self, items: &'a [tree::Expr], want: Option<&Type>, span: Span) -> Expr {
        let element = match want {
            Some(Type::List(t)) => Some((**t).clone()),
            Some(Type::Optional(t)) => match &**t {
                Type::List(t) => Some((**t).clone()),
                _ => None,
            },
            _ => None,
        };
        let mut typed: Vec<Expr> = Vec::new();
        let mut common = element.clone().filter(|t| !matches!(t, Type::Var(_)));
        for item in items {
            let e = self.expr(item, common.as_ref().or(element.as_ref()));
            common = Some(match common {
                None => e.typ.clone(),
                Some(t) if fits(&e.typ, &t, &mut Vars::new()) => t,
                Some(t) if fits(&t, &e.typ, &mut Vars::new()) => e.typ.clone(),
                Some(t) => {
                    self.mismatch(&e, &t, "an element of this list");
                    Type::Unknown
                }
            });
            typed.push(e);
        }
        let element = common.unwrap_or(Type::Unknown);
        let typed = typed.into_iter().map(|e| widen(e, &element)).collect();
        Expr { kind: ExprKind::List(typed), typ: element.list(), span }
    }

    fn record(&mut self, entries: &'a [tree::Entry], want: Option<&Type>, span: Span) -> Expr {
        let inner = match want {
            Some(Type::Optional(t)) => Some(&**t),
            other => other,
        };
        let value_type = match inner {
            Some(Type::Map(t)) => Some((**t).clone()),
            Some(Type::Json) => Some(Type::Json),
            _ => None,
        };
        let mut typed = Vec::new();
        let mut common: Option<Type> = value_type.clone();
        let mut seen: Vec<&tree::Entry> = Vec::new();
        for entry in entries {
            if let Some(first) = seen.iter().find(|s| s.key == entry.key) {
                self.report(
                    Diagnostic::error("H0215", entry.key_span, format!("`{}` stands here twice", entry.key))
                        .label(first.key_span, "first here"),
                );
            }
            seen.push(entry);
            let value = match &value_type {
                Some(t) => self.demand(&entry.value, t, &format!("`{}`", entry.key)),
                None => self.expr(&entry.value, None),
            };
            common = match common {
                None => Some(value.typ.clone()),
                Some(t) if fits(&value.typ, &t, &mut Vars::new()) => Some(t),
                Some(t) if fits(&t, &value.typ, &mut Vars::new()) => Some(value.typ.clone()),
                // Values of several types: untyped data.
                Some(_) => Some(Type::Json),
            };
            typed.push(NamedArg { name: entry.key.clone(), value });
        }
        let typ = match common {
            Some(Type::Json) => Type::Json,
            Some(t) => Type::Map(Box::new(t)),
            None => Type::Map(Box::new(Type::Unknown)),
        };
        Expr { kind: ExprKind::Record(typed), typ, span }
    }

    fn conditional(
        &mut self,
        condition: &'a tree::Expr,
        then: &'a tree::Expr,
        otherwise: &'a tree::Expr,
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        let c = self.condition(condition, "a condition");
        let known = self.frame.facts.len();
        let (yes, no) = access::facts(condition);
        self.frame.facts.extend(yes);
        let a = self.expr(then, want);
        self.frame.facts.truncate(known);
        self.frame.facts.extend(no);
        let hint = a.typ.clone();
        let b = self.expr(otherwise, want.or(Some(&hint)));
        self.frame.facts.truncate(known);
        let typ = match (&a.typ, &b.typ) {
            (Type::None, t) | (t, Type::None) => t.clone().optional(),
            (x, y) if fits(y, x, &mut Vars::new()) => x.clone(),
            (x, y) if fits(x, y, &mut Vars::new()) => y.clone(),
            (Type::Optional(x), y) if fits(y, x, &mut Vars::new()) => a.typ.clone(),
            (x, y) => {
                let message = format!("the two sides of this `if` differ: a {x} and a {y}");
                self.report(
                    Diagnostic::error("H0301", b.span, message)
                        .at(format!("this is a {y}"))
                        .label(a.span, format!("this is a {x}")),
                );
                Type::Unknown
            }
        };
        let (a, b) = (widen(a, &typ), widen(b, &typ));
        Expr { kind: ExprKind::If { condition: Box::new(c), then: Box::new(a), otherwise: Box::new(b) }, typ, span }
    }

    /// What the expression weighs as evidence.
    pub(super) fn weight(&self, e: &Expr) -> super::evidence::Weight {
        super::evidence::weigh(e, &|leaf| self.leaf_weight(leaf))
    }

    /// Reads of the current step that the expression needs, through lets too.
    pub(super) fn reads_of(&self, e: &Expr) -> std::collections::BTreeSet<crate::plan::ReadId> {
        let mut found = std::collections::BTreeSet::new();
        walk::visit(e, &mut |x| match &x.kind {
            ExprKind::Read(id) => {
                found.insert(*id);
            }
            ExprKind::StepLet { step, name, .. } if Some(*step) == self.frame.step => {
                if let Some(info) = self.frame.lets.get(name) {
                    found.extend(info.reads.iter().copied());
                }
            }
            _ => {}
        });
        found
    }
}

/// A whole-number literal where a number is wanted is that number.
pub(super) fn widen(e: Expr, to: &Type) -> Expr {
    let to = match to {
        Type::Optional(t) | Type::Secret(t) => t,
        t => t,
    };
    match (&e.kind, to) {
        #[allow(clippy::cast_precision_loss, reason = "a literal beyond 2^53 is no quantity anyone means")]
        (ExprKind::Int(i), Type::Quantity(Dim::Number)) => {
            Expr { kind: ExprKind::Number(*i as f64), typ: Type::NUMBER, span: e.span }
        }
        (ExprKind::List(_) | ExprKind::Record(_), Type::List(_) | Type::Map(_)) if matches!(&e.typ, Type::List(t) | Type::Map(t) if **t == Type::Unknown) => {
            Expr { typ: to.clone(), ..e }
        }
        _ => e,
    }
}

/// A unit to show in a fix.
pub(super) fn example_unit(dim: Dim) -> Option<&'static str> {
    Some(match dim {
        Dim::Number => return None,
        Dim::Duration => "s",
        Dim::Ratio => "%",
        Dim::Bytes => "MiB",
        Dim::Rate => "/s",
        Dim::BytesPerSecond => "MB/s",
        Dim::Cpu => "cpu",
    })
}

/// The word of `unit:` for a dimension (L25).
pub(super) fn unit_word(dim: Dim) -> &'static str {
    match dim {
        Dim::Ratio => "ratio",
        Dim::Duration => "seconds",
        Dim::Bytes => "bytes",
        Dim::Rate => "per_second",
        _ => "number",
    }
}
