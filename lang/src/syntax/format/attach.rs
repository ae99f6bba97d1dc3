//! Which comment belongs to what (L59).
//!
//! Comments attach to anchors only: items, elements, arguments, entries, rows, and the operands of an `and`/`or`
//! chain. One on the line on which an anchor ends follows it; one on its own line leads the next anchor of the same
//! bracket, or dangles there where none is left; one that stands anywhere else moves to its anchor's front.

use super::chain::operands;
use crate::source::Span;
use crate::syntax::tree::{
    Arg, Body, Call, Comment, Expr, ExprKind, File, Item, Let, PolicyRule, Scenario, ScenarioItem, ScriptSource, Text,
    TextPart, Top,
};
use std::collections::HashMap;
use std::ops::Range;

type Place = (u32, u32);

/// The comments of one anchor.
#[derive(Debug, Default)]
pub(super) struct Attached {
    /// Before it, each on its own line.
    pub leading: Vec<Comment>,
    /// After it, on its line.
    pub trailing: Vec<Comment>,
}

/// All comments of a file, by what they belong to.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    anchors: HashMap<Place, Attached>,
    dangling: HashMap<Place, Vec<Comment>>,
}

struct Bracket {
    range: Range<u32>,
    anchors: Vec<Range<u32>>,
    // A text is printed as it stands, with the comments in its holes.
    verbatim: bool,
}

fn place(span: Span) -> Place {
    (span.start, span.end)
}

fn range(span: Span) -> Range<u32> {
    span.start..span.end
}

impl Attachments {
    pub(super) fn new(text: &str, file: &File) -> Self {
        let mut brackets = Brackets::default();
        brackets.file(file);
        let mut brackets = brackets.found;
        brackets.sort_by_key(|b| (b.range.start, std::cmp::Reverse(b.range.end)));
        let mut attachments = Self::default();
        let mut open: Vec<&Bracket> = Vec::new();
        let mut coming = brackets.iter().peekable();
        for comment in &file.comments {
            let at = comment.span.start;
            while let Some(next) = coming.peek()
                && next.range.start <= at
            {
                while open.last().is_some_and(|b| b.range.end <= next.range.start) {
                    open.pop();
                }
                open.extend(coming.next());
            }
            while open.last().is_some_and(|b| b.range.end <= at) {
                open.pop();
            }
            if let Some(bracket) = open.last()
                && !bracket.verbatim
            {
                attachments.attach(text, bracket, comment);
            }
        }
        attachments
    }

    fn attach(&mut self, text: &str, bracket: &Bracket, comment: &Comment) {
        let at = comment.span.start;
        let next = bracket.anchors.partition_point(|a| a.start <= at);
        let before = next.checked_sub(1).and_then(|i| bracket.anchors.get(i));
        if let Some(before) = before {
            let anchor = (before.start, before.end);
            if before.end > at {
                self.anchors.entry(anchor).or_default().leading.push(comment.clone());
                return;
            }
            let between = text.get(before.end as usize..at as usize).unwrap_or("");
            if !comment.own_line && !between.contains('\n') {
                self.anchors.entry(anchor).or_default().trailing.push(comment.clone());
                return;
            }
        }
        match bracket.anchors.get(next) {
            Some(after) => self.anchors.entry((after.start, after.end)).or_default().leading.push(comment.clone()),
            None => {
                self.dangling.entry((bracket.range.start, bracket.range.end)).or_default().push(comment.clone());
            }
        }
    }

    /// Of an anchor.
    pub(super) fn of(&self, span: Span) -> Option<&Attached> {
        self.anchors.get(&place(span))
    }

    /// Left over in a bracket.
    pub(super) fn dangling(&self, span: Span) -> &[Comment] {
        self.dangling.get(&place(span)).map_or(&[], Vec::as_slice)
    }
}

/// The brackets of a tree, with their anchors.
#[derive(Default)]
struct Brackets {
    found: Vec<Bracket>,
}

/// The whole file as a bracket: it ends after a comment at its very end.
pub(super) fn whole(file: &File) -> Span {
    Span { end: file.span.end.saturating_add(1), ..file.span }
}

/// The brackets of a call: from what is called to the end.
pub(super) fn arguments(callee: Span, call: Span) -> Span {
    Span { start: callee.end, ..call }
}

/// An argument with its label.
pub(super) fn argument(arg: &Arg) -> Span {
    arg.label.as_ref().map_or(arg.value.span, |l| l.span.to(arg.value.span))
}

impl Brackets {
    fn add(&mut self, span: Span, anchors: impl Iterator<Item = Span>) {
        self.found.push(Bracket { range: range(span), anchors: anchors.map(range).collect(), verbatim: false });
    }

    fn file(&mut self, file: &File) {
        let edition = file.edition.as_ref().map(|e| e.span);
        self.add(whole(file), edition.into_iter().chain(file.items.iter().map(Top::span)));
        for top in &file.items {
            match top {
                Top::Use(_) => {}
                Top::Playbook(x) => self.body(&x.body),
                Top::Profile(x) => self.body(&x.body),
                Top::Fn(x) => self.expr(&x.body),
                Top::Script(x) => {
                    if let ScriptSource::Call(call) = &x.source {
                        self.call(call);
                    }
                }
                Top::Policy(x) => {
                    self.add(x.span, x.rules.iter().map(rule_span));
                    x.rules.iter().for_each(|r| self.rule(r));
                }
                Top::Scenario(x) => self.scenario(x),
            }
        }
    }

    fn rule(&mut self, rule: &PolicyRule) {
        match rule {
            PolicyRule::Forbid { when, .. } | PolicyRule::Allow { when, .. } => self.maybe(when.as_ref()),
            PolicyRule::Limit { .. } => {}
            PolicyRule::Window { call, .. } => self.call(call),
            PolicyRule::Approval { when, body, .. } => {
                self.maybe(when.as_ref());
                self.body(body);
            }
            PolicyRule::Setting(setting) => self.expr(&setting.value),
        }
    }

    fn scenario(&mut self, scenario: &Scenario) {
        self.add(scenario.span, scenario.items.iter().map(scenario_item_span));
        for item in &scenario.items {
            match item {
                ScenarioItem::World(..) => {}
                ScenarioItem::Given(body, _) => self.body(body),
                ScenarioItem::Fault { at, call, .. } | ScenarioItem::Trigger { at, call, .. } => {
                    self.expr(at);
                    self.call(call);
                }
                ScenarioItem::Expect(expr, _) => self.expr(expr),
            }
        }
    }

    fn body(&mut self, body: &Body) {
        self.add(body.span, body.items.iter().map(Item::span));
        body.items.iter().for_each(|i| self.item(i));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Input(x) => {
                x.from.iter().for_each(|c| self.call(c));
                self.maybe(x.default.as_ref());
                self.maybe(x.condition.as_ref());
            }
            Item::Secret(x) => self.call(&x.from),
            Item::Target(x) => self.call(&x.call),
            Item::Trigger(x) => {
                self.call(&x.call);
                x.body.iter().for_each(|b| self.body(b));
            }
            Item::Let(Let { value, undo, .. }) => {
                self.expr(value);
                undo.iter().for_each(|b| self.body(b));
            }
            Item::Step(x) => {
                self.maybe(x.when.as_ref());
                self.body(&x.body);
            }
            Item::Each(x) => {
                self.expr(&x.list);
                self.body(&x.body);
            }
            Item::Rank(x) => {
                self.add(x.span, x.rows.iter().map(|r| r.span));
                x.rows.iter().for_each(|r| self.expr(&r.when));
            }
            Item::Fire(e, _) | Item::Clear(e, _) | Item::Guard(e, _) => self.expr(e),
            Item::Until(x) => {
                self.expr(&x.condition);
                self.maybe(x.holds.as_ref());
                self.expr(&x.within);
            }
            Item::Ladder(x) => {
                self.maybe(x.when.as_ref());
                self.add(x.span, x.rungs.iter().map(|r| r.span));
            }
            Item::RunUndo(_) | Item::RunEscalate(_) => {}
            Item::Handler(x) => self.body(&x.body),
            Item::Block(x) => {
                self.maybe(x.when.as_ref());
                self.body(&x.body);
            }
            Item::Setting(x) => self.expr(&x.value),
            Item::Action(x) => {
                self.call(&x.call);
                x.undo.iter().for_each(|b| self.body(b));
            }
        }
    }

    fn call(&mut self, call: &Call) {
        self.arguments(arguments(call.path.span, call.span), &call.args);
    }

    fn arguments(&mut self, span: Span, args: &[Arg]) {
        self.add(span, args.iter().map(argument));
        args.iter().for_each(|a| self.expr(&a.value));
    }

    fn maybe(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let Some((_, parts)) = operands(expr) {
            self.add(expr.span, parts.iter().map(|p| p.span));
            parts.into_iter().for_each(|p| self.expr(p));
            return;
        }
        match &expr.kind {
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(list) => {
                self.add(expr.span, list.iter().map(|e| e.span));
                list.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Record(entries) => {
                self.add(expr.span, entries.iter().map(|e| e.key_span.to(e.value.span)));
                entries.iter().for_each(|e| self.expr(&e.value));
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                self.arguments(arguments(callee.span, expr.span), args);
            }
            ExprKind::Group(e) | ExprKind::Exists(e) => self.expr(e),
            ExprKind::Lambda { body, .. } => self.expr(body),
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Field { base, .. } | ExprKind::As { base, .. } => self.expr(base),
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Quantity(_)
            | ExprKind::Quota { .. }
            | ExprKind::Regex(_)
            | ExprKind::Name(_) => {}
        }
    }

    fn text(&mut self, text: &Text) {
        if text.parts.iter().any(|p| matches!(p, TextPart::Hole(_))) {
            self.found.push(Bracket { range: range(text.span), anchors: Vec::new(), verbatim: true });
        }
    }
}

/// The whole rule.
pub(super) fn rule_span(rule: &PolicyRule) -> Span {
    match rule {
        PolicyRule::Forbid { span, .. }
        | PolicyRule::Allow { span, .. }
        | PolicyRule::Limit { span, .. }
        | PolicyRule::Window { span, .. }
        | PolicyRule::Approval { span, .. } => *span,
        PolicyRule::Setting(setting) => setting.span,
    }
}

/// The whole item.
pub(super) fn scenario_item_span(item: &ScenarioItem) -> Span {
    match item {
        ScenarioItem::World(_, span)
        | ScenarioItem::Given(_, span)
        | ScenarioItem::Fault { span, .. }
        | ScenarioItem::Trigger { span, .. }
        | ScenarioItem::Expect(_, span) => *span,
    }
}
