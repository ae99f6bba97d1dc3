//! `verify`: what proves that a change helped (L47, L48, R50, R51).

use super::super::bounds::human;
use super::super::checker::{Checker, Frame, Place};
use super::super::{constant, walk};
use crate::catalogue::{ResultDecl, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{After, Exit, Expr, ExprKind, Guard, HandlerOp, LetDef, ReadCall, StepBody, Verify};
use crate::syntax::tree::{self, BlockKind, Item, StepKind};
use std::collections::BTreeMap;

/// Without `until`: how often, how long it must hold, by when (L48).
const EVERY_MS: u64 = 3_000;
const HOLDS_MS: u64 = 30_000;
const WITHIN_MS: u64 = 300_000;
/// With series: samples come this far apart by default, if `holds` leaves room.
const SERIES_EVERY_MS: u64 = 15_000;

/// What was written.
#[derive(Default)]
struct Written<'a> {
    until: Option<(&'a tree::Until, Expr)>,
    guards: Vec<Guard>,
    handlers: BTreeMap<Exit, Vec<HandlerOp>>,
}

impl<'a> Checker<'a> {
    pub(super) fn verify(&mut self, t: &'a tree::Step, owner: &str, after: Option<&After>) -> (Vec<LetDef>, StepBody) {
        let settings = self.settings(&t.body.items, &["every", "within", "settle", "timeout", "retry"], owner);
        let every = self.duration_of(&settings, "every");
        let within = self.duration_of(&settings, "within");
        let settle = self.duration_or_none_of(&settings, "settle");
        let mut lets = Vec::new();
        let mut written = Written::default();
        for item in &t.body.items {
            match item {
                Item::Let(l) => lets.extend(self.let_item(l)),
                Item::Until(u) => self.until(u, &mut written),
                Item::Guard(e, _) => {
                    let condition = self.condition(e, "a guard");
                    let text = self.sources.slice(e.span).split_whitespace().collect::<Vec<_>>().join(" ");
                    written.guards.push(Guard { condition, text });
                }
                Item::Handler(h) => self.verify_handler(h, &mut written, after),
                Item::Setting(_) => {}
                Item::Block(b) if b.kind == BlockKind::Retry => {}
                Item::Action(a) => self.stray_call(a),
                other => self.misplaced(other, owner),
            }
        }
        if let (Some((u, _)), Some(s)) = (&written.until, settings.get("within")) {
            self.report(
                Diagnostic::error("H0215", s.key.span, "`within` is said twice")
                    .label(u.within.span, "with `until`")
                    .help("leave one away"),
            );
        }
        let (series, range) = self.looks_back(&lets);
        let (until, holds_ms, within_ms) = match &written.until {
            Some((u, condition)) => {
                let holds = u.holds.as_ref().and_then(|h| self.duration(h, "`holds`"));
                let until_within = self.duration(&u.within, "`within`").unwrap_or(WITHIN_MS);
                if u.holds.is_none() && self.may_flicker(condition) {
                    self.report(
                        Diagnostic::error("H0605", u.condition.span, "this may hold by chance at one moment")
                            .at("it looks at a series")
                            .help("say for how long it must hold, as in `until … holds 3m within 10m`"),
                    );
                }
                (Some(condition.clone()), holds, until_within)
            }
            None => (None, Some(HOLDS_MS), within.unwrap_or(WITHIN_MS)),
        };
        let every_ms = every.unwrap_or_else(|| {
            let by_holds = holds_ms.map_or(u64::MAX, |h| (h / 5).max(1));
            let by_kind = if until.is_some() && series { SERIES_EVERY_MS } else { EVERY_MS };
            by_kind.min(by_holds)
        });
        if let (Some(holds), Some(s)) = (holds_ms, settings.get("every"))
            && every_ms.saturating_mul(5) > holds
        {
            self.report(
                Diagnostic::error("H0603", s.value.span, "too few samples fall into the time that must hold")
                    .at(format!("one every {}", human(every_ms)))
                    .note(format!("{} must hold, and at least five samples belong into it", human(holds)))
                    .help(format!("at most `every = {}`", human(holds / 5))),
            );
        }
        if let (Some(settle), Some(s)) = (settle, settings.get("settle"))
            && settle < range
        {
            self.report(
                Diagnostic::error("H0604", s.value.span, "samples would still hold values from before the change")
                    .note(format!("a query here looks back over {}", human(range)))
                    .help(format!("at least `settle = {}`, or leave it away", human(range))),
            );
        }
        let settle_ms = settle.unwrap_or(if series { range.saturating_add(2 * every_ms) } else { 0 });
        let needed = settle_ms.saturating_add(holds_ms.unwrap_or(2 * every_ms));
        if needed > within_ms {
            let span = written
                .until
                .as_ref()
                .map(|(u, _)| u.within.span)
                .or_else(|| settings.get("within").map(|s| s.value.span))
                .unwrap_or(t.head);
            self.report(
                Diagnostic::error("H0606", span, format!("this can never be proven within {}", human(within_ms)))
                    .note(format!(
                        "{} to settle and {} to hold",
                        human(settle_ms),
                        human(holds_ms.unwrap_or(2 * every_ms))
                    ))
                    .help(format!("give it at least {}", human(needed))),
            );
        }
        let befores = self.frame.befores.clone();
        let body = Verify {
            every_ms,
            until,
            holds_ms,
            within_ms,
            settle_ms,
            guards: written.guards,
            befores,
            handlers: written.handlers,
        };
        (lets, StepBody::Verify(Box::new(body)))
    }

    fn until(&mut self, u: &'a tree::Until, written: &mut Written<'a>) {
        let condition = self.condition(&u.condition, "`until`");
        if let Some((first, _)) = &written.until {
            self.report(
                Diagnostic::error("H0215", u.span, "`until` stands here twice")
                    .label(first.span, "first here")
                    .help("join them with `and`"),
            );
            return;
        }
        written.until = Some((u, condition));
    }

    /// Whether any of the reads is of a series, and how far the farthest looks back. A verify without `until` reads
    /// what the detects read.
    fn looks_back(&self, lets: &[LetDef]) -> (bool, u64) {
        let mut series = self.frame.reads.iter().any(|r| self.is_series(r));
        let mut range = self.frame.reads.iter().map(|r| self.read_range(r)).max().unwrap_or(0);
        for l in lets {
            range = range.max(self.range_of(&l.value));
        }
        let has_until = self
            .frame
            .step
            .and_then(|s| self.steps.get(s.0 as usize))
            .is_some_and(|s| s.tree.body.items.iter().any(|i| matches!(i, Item::Until(_))));
        if !has_until {
            for info in self.steps.iter().filter(|s| s.tree.kind == StepKind::Detect) {
                series |= info.series;
                range = range.max(info.range_ms);
            }
        }
        (series, range)
    }

    /// Whether a read answers with a series or a query over one.
    pub(in super::super) fn is_series(&self, read: &ReadCall) -> bool {
        self.cat.actions.get(&read.action).is_some_and(|d| {
            matches!(d.result, ResultDecl::SeriesOfUnit | ResultDecl::Type(Type::Series(_)))
                || d.params.iter().any(|p| matches!(p.typ, Type::Query(_)))
        })
    }

    /// How far a read's queries look back.
    pub(in super::super) fn read_range(&self, read: &ReadCall) -> u64 {
        read.args.iter().map(|a| self.range_of(&a.value)).max().unwrap_or(0)
    }

    /// The largest look-back in an expression: range selectors of queries, and windows of functions over series.
    pub(in super::super) fn range_of(&self, e: &Expr) -> u64 {
        let mut most = 0;
        walk::visit(e, &mut |x| {
            let found = match &x.kind {
                ExprKind::Text { language: Some(_), .. } => {
                    self.ranges.get(&(x.span.file.0, x.span.start)).copied().unwrap_or(0)
                }
                ExprKind::PlaybookLet(name) => self.let_ranges.get(name).copied().unwrap_or(0),
                ExprKind::Call { args, .. } if matches!(x.typ, Type::Series(_)) => args
                    .iter()
                    .filter(|a| a.value.typ == Type::DURATION)
                    .filter_map(|a| constant::number(&a.value))
                    .map(constant::milliseconds)
                    .max()
                    .unwrap_or(0),
                _ => 0,
            };
            most = most.max(found);
        });
        most
    }

    /// Whether `until` needs `holds`: it rests on a series somewhere.
    fn may_flicker(&self, condition: &Expr) -> bool {
        self.reads_of(condition).iter().filter_map(|id| self.frame.reads.get(id.0 as usize)).any(|r| self.is_series(r))
            || walk::any(condition, &|x| matches!(x.typ, Type::Series(_)))
    }

    /// `on not_fixed { undo; escalate }`
    fn verify_handler(&mut self, h: &'a tree::Handler, written: &mut Written<'a>, after: Option<&After>) {
        let words = ["not_fixed", "worse", "cannot_tell"];
        let exit = match Exit::from_word(&h.exit.name).filter(|e| words.contains(&e.word())) {
            Some(exit) => exit,
            None if h.exit.name == "fixed" => {
                self.report(
                    Diagnostic::error("H0517", h.exit.span, "`fixed` needs no handler")
                        .help("to tell people that a run healed something, write `on healed { … }` in the playbook"),
                );
                return;
            }
            None => {
                self.unknown("H0517", h.exit.span, "end of a verify that is handled, called", &h.exit.name, words);
                return;
            }
        };
        let (ops, _) = self.within(Frame::new(Place::Tell, None), |c| {
            let mut ops = Vec::new();
            for item in &h.body.items {
                match item {
                    Item::RunUndo(span) => {
                        if exit == Exit::CannotTell {
                            c.report(
                                Diagnostic::error("H0511", *span, "blind, an undo would bring the fault back")
                                    .note("`cannot_tell` means that nothing was seen: neither that it helped nor that it did not")
                                    .help("keep the change and call a person: `on cannot_tell { escalate }`"),
                            );
                        }
                        if ops.contains(&HandlerOp::Undo) {
                            c.report(Diagnostic::error("H0215", *span, "`undo` stands here twice"));
                        }
                        ops.push(HandlerOp::Undo);
                    }
                    Item::RunEscalate(_) => ops.push(HandlerOp::Escalate),
                    Item::Action(a) => ops.extend(c.tell(a).map(HandlerOp::Tell)),
                    other => c.misplaced(other, "a handler of a verify"),
                }
            }
            ops
        });
        let _ = after;
        if written.handlers.contains_key(&exit) {
            self.report(Diagnostic::error("H0215", h.exit.span, format!("`on {}` stands here twice", exit.word())));
            return;
        }
        written.handlers.insert(exit, ops);
    }
}
