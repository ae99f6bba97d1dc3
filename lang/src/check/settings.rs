//! `key = value`: which keys a block takes, and values that are known before the run.

use super::checker::{Checker, Frame, Place};
use super::{constant, suggest};
use crate::catalogue::Type;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Quota};
use crate::source::Span;
use crate::syntax::tree::{self, Item, Setting};
use std::collections::BTreeMap;

/// The settings of a block, each at most once and each known.
pub(super) struct Settings<'a> {
    found: BTreeMap<&'static str, &'a Setting>,
}

impl<'a> Settings<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Setting> {
        self.found.get(key).copied()
    }
}

impl<'a> Checker<'a> {
    /// The settings among the items of a block. `owner` says whose they are: "`limits`", "a detect step".
    pub(super) fn settings(&mut self, items: &'a [Item], allowed: &[&'static str], owner: &str) -> Settings<'a> {
        let mut found: BTreeMap<&'static str, &'a Setting> = BTreeMap::new();
        for item in items {
            let Item::Setting(s) = item else {
                continue;
            };
            let Some(key) = allowed.iter().find(|k| **k == s.key.name) else {
                self.unknown_setting(s, allowed, owner);
                continue;
            };
            if let Some(first) = found.get(key) {
                self.report(
                    Diagnostic::error("H0215", s.key.span, format!("`{key}` is set twice"))
                        .label(first.key.span, "first here"),
                );
                continue;
            }
            found.insert(key, s);
        }
        Settings { found }
    }

    fn unknown_setting(&mut self, s: &Setting, allowed: &[&'static str], owner: &str) {
        let name = &s.key.name;
        let mut d = Diagnostic::error("H0209", s.key.span, format!("{owner} has no setting `{name}`"));
        if let Some(near) = suggest::nearest(name, allowed.iter().copied()) {
            d = d.fix(s.key.span, near, format!("did you mean `{near}`?"));
        } else if allowed.is_empty() {
            d = d.help("it takes no settings");
        } else {
            d = d.help(format!("it takes {}", suggest::list(allowed.iter().copied())));
        }
        self.report(d);
    }

    /// A value that must be known before the run.
    pub(super) fn constant(&mut self, e: &'a tree::Expr, typ: &Type, what: &str) -> Expr {
        self.within(Frame::new(Place::Constant, None), |c| c.demand(e, typ, what)).0
    }

    /// A number of the given type that must be known before the run.
    pub(super) fn constant_number(&mut self, e: &'a tree::Expr, typ: &Type, what: &str) -> Option<f64> {
        let typed = self.constant(e, typ, what);
        if typed.typ == Type::Unknown {
            return None;
        }
        let number = constant::number(&typed);
        if number.is_none() {
            self.report(
                Diagnostic::error("H0308", typed.span, format!("{what} must be written as a literal"))
                    .note("how long a run can take, and how much it can touch, is known before it starts"),
            );
        }
        number
    }

    /// A duration above 0, in milliseconds.
    pub(super) fn duration(&mut self, e: &'a tree::Expr, what: &str) -> Option<u64> {
        let seconds = self.constant_number(e, &Type::DURATION, what)?;
        if seconds <= 0.0 {
            self.report(Diagnostic::error("H0607", e.span, format!("{what} must be longer than nothing")));
            return None;
        }
        Some(constant::milliseconds(seconds).max(1))
    }

    /// A duration setting.
    pub(super) fn duration_of(&mut self, settings: &Settings<'a>, key: &str) -> Option<u64> {
        let s = settings.get(key)?;
        self.duration(&s.value, &format!("`{key}`"))
    }

    /// A duration setting that may be 0.
    pub(super) fn duration_or_none_of(&mut self, settings: &Settings<'a>, key: &str) -> Option<u64> {
        let s = settings.get(key)?;
        let seconds = self.constant_number(&s.value, &Type::DURATION, &format!("`{key}`"))?;
        if seconds < 0.0 {
            self.report(Diagnostic::error("H0607", s.value.span, format!("`{key}` cannot be negative")));
            return None;
        }
        Some(constant::milliseconds(seconds))
    }

    /// A whole number in a range.
    pub(super) fn count_of(&mut self, settings: &Settings<'a>, key: &str, least: u32, most: u32) -> Option<u32> {
        let s = settings.get(key)?;
        self.count(&s.value, &format!("`{key}`"), least, most)
    }

    /// A whole number in a range.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside of the range")]
    pub(super) fn count(&mut self, e: &'a tree::Expr, what: &str, least: u32, most: u32) -> Option<u32> {
        let n = self.constant_number(e, &Type::Int, what)?;
        if n < f64::from(least) || n > f64::from(most) {
            self.report(Diagnostic::error("H0607", e.span, format!("{what} must lie between {least} and {most}")));
            return None;
        }
        Some(n as u32)
    }

    /// A ratio between 0 and 1.
    pub(super) fn share_of(&mut self, settings: &Settings<'a>, key: &str) -> Option<f64> {
        let s = settings.get(key)?;
        let n = self.constant_number(&s.value, &Type::RATIO, &format!("`{key}`"))?;
        self.share(n, s.value.span, &format!("`{key}`"))
    }

    pub(super) fn share(&mut self, n: f64, span: Span, what: &str) -> Option<f64> {
        if (0.0..=1.0).contains(&n) {
            return Some(n);
        }
        self.report(Diagnostic::error("H0306", span, format!("{what} lies between 0% and 100%")));
        None
    }

    /// `3 per 1h`
    pub(super) fn quota_of(&mut self, settings: &Settings<'a>, key: &str) -> Option<Quota> {
        let s = settings.get(key)?;
        self.quota(&s.value, &format!("`{key}`"))
    }

    pub(super) fn quota(&mut self, e: &'a tree::Expr, what: &str) -> Option<Quota> {
        let typed = self.constant(e, &Type::Quota, what);
        match typed.kind {
            crate::plan::ExprKind::Quota(q) if q.per_ms > 0 => Some(q),
            crate::plan::ExprKind::Quota(_) => {
                self.report(Diagnostic::error("H0607", e.span, format!("{what} counts in no time at all")));
                None
            }
            _ => None,
        }
    }

    /// A word of an enum.
    pub(super) fn word_of(&mut self, settings: &Settings<'a>, key: &str, enumeration: &str) -> Option<(String, Span)> {
        let s = settings.get(key)?;
        let typed = self.constant(&s.value, &Type::enumeration(enumeration), &format!("`{key}`"));
        constant::word(&typed).map(|w| (w.to_owned(), typed.span))
    }

    /// A text without holes.
    pub(super) fn text_of(&mut self, settings: &Settings<'a>, key: &str) -> Option<String> {
        let s = settings.get(key)?;
        let typed = self.constant(&s.value, &Type::String, &format!("`{key}`"));
        constant::text(&typed)
    }

    /// One item that has no business here.
    pub(super) fn misplaced(&mut self, item: &Item, owner: &str) {
        let (what, belongs) = describe(item);
        let span = match item {
            Item::Step(s) => s.head,
            Item::Block(b) => Span { end: b.body.span.start.max(b.span.start + 1), ..b.span },
            other => other.span(),
        };
        self.report(Diagnostic::error("H0210", span, format!("{what} does not stand in {owner}")).help(belongs));
    }
}

/// What an item is, and where it belongs.
fn describe(item: &Item) -> (&'static str, &'static str) {
    use tree::BlockKind;
    match item {
        Item::Input(_) => ("an `input`", "inputs stand at the top of a playbook"),
        Item::Secret(_) => ("a `secret`", "secrets stand at the top of a playbook"),
        Item::Target(_) => ("a `target`", "targets stand at the top of a playbook"),
        Item::Trigger(_) => ("a trigger", "triggers stand at the top of a playbook"),
        Item::Let(_) => ("a `let`", "values stand in playbooks and steps"),
        Item::Step(_) => ("a step", "steps stand in a playbook, not in each other"),
        Item::Each(_) => ("a `for`", "a change for each element stands in a `remediate` step"),
        Item::Rank(_) => ("a `rank`", "causes are ranked in a `diagnose` step"),
        Item::Fire(..) => ("`fire when`", "it says when a `detect` step fires"),
        Item::Clear(..) => ("`clear when`", "it says when a `detect` step is quiet again"),
        Item::Until(_) => ("`until`", "it says when a `verify` step is satisfied"),
        Item::Guard(..) => ("a `guard`", "guards stand in a `verify` step"),
        Item::Ladder(_) => ("a `ladder`", "ladders stand in a playbook"),
        Item::RunUndo(_) => {
            ("`undo`", "it is done in a handler of a `verify` step, as in `on worse { undo; escalate }`")
        }
        Item::RunEscalate(_) => {
            ("`escalate`", "it is done in a handler of a `verify` step, as in `on not_fixed { escalate }`")
        }
        Item::Handler(_) => ("a handler", "ends of a `verify` are handled in it, outcomes of the run in the playbook"),
        Item::Block(b) => match b.kind {
            BlockKind::Limits => ("`limits`", "limits stand in a playbook"),
            BlockKind::Retry => ("`retry`", "it stands in a step"),
            BlockKind::Breaker => ("`breaker`", "it stands in a `remediate` step"),
            BlockKind::Approval => ("`approval`", "it stands in a `remediate` step"),
            BlockKind::Escalate => ("`escalate { … }`", "who is called is said once, in the playbook"),
            BlockKind::Undo => ("`undo { … }`", "it follows the change that it undoes"),
        },
        Item::Setting(_) => ("a setting", "it belongs into a block"),
        Item::Action(_) => ("a call", "changes stand in `remediate` steps, messages in `escalate` and handlers"),
    }
}
