//! `remediate`: values, then changes, each admitted and undone on its own (L41, L43).

use super::super::checker::{Checker, Local, Place};
use super::super::expr::{self, Bound, Callee};
use super::super::types::Vars;
use super::super::{bounds, profile};
use crate::catalogue::{ActionDecl, Class, Effect, Risk, Type, UndoDecl};
use crate::diagnostic::Diagnostic;
use crate::plan::{Approval, Breaker, ChangeCall, Each, Expr, ExprKind, LetDef, Remediate, Retry, StepBody, UndoCall};
use crate::source::Span;
use crate::syntax::tree::{self, Arg, BlockKind, Body, Ident, Item, ProfileKind};

/// Elements of a `for` at most.
const MOST_EACH: u64 = 1_000;

/// The settings of a remediation, as far as they were written.
#[derive(Default)]
struct Written {
    retry: Option<Retry>,
    breaker: Option<Breaker>,
    approval: Option<Approval>,
}

/// A call as it stands: its path, its arguments, its place.
#[derive(Clone, Copy)]
struct Called<'a> {
    args: &'a [Arg],
    head: Span,
    span: Span,
}

impl<'a> Checker<'a> {
    pub(super) fn remediate(&mut self, t: &'a tree::Step, owner: &str) -> (Vec<LetDef>, StepBody) {
        let keys = &["risk", "timeout", "within", "retry", "breaker", "approval"];
        let settings = self.settings(&t.body.items, keys, owner);
        let risk_written =
            self.word_of(&settings, "risk", "risk").and_then(|(w, _)| super::super::playbook::risk_of(&w));
        let timeout = self.duration_of(&settings, "timeout");
        let within = self.duration_of(&settings, "within");
        let mut written = Written::default();
        if let Some(p) = settings.get("retry").and_then(|s| self.named_profile(s, ProfileKind::Retry)) {
            written.retry = Some(self.retry(&p.body));
        }
        if let Some(p) = settings.get("breaker").and_then(|s| self.named_profile(s, ProfileKind::Breaker)) {
            written.breaker = Some(self.breaker(&p.body));
        }
        if let Some(p) = settings.get("approval").and_then(|s| self.named_profile(s, ProfileKind::Approval)) {
            written.approval = Some(self.approval(None, &p.body));
        }
        let mut lets = Vec::new();
        let mut calls: Vec<ChangeCall> = Vec::new();
        let mut each = None;
        let mut timeouts = Vec::new();
        for item in &t.body.items {
            match item {
                Item::Let(l) => self.remediate_let(l, &mut lets, &mut calls, &mut timeouts, timeout),
                Item::Action(a) => calls.extend(self.change_item(a, timeout, &mut timeouts)),
                Item::Each(e) => {
                    if each.is_some() || !calls.is_empty() {
                        self.report(
                            Diagnostic::error("H0210", e.span, "a step changes one thing or each of a list, not both")
                                .help("put the `for` into a `remediate` step of its own"),
                        );
                    }
                    each = self.each(e, &mut calls, timeout, &mut timeouts);
                }
                Item::Block(b) => self.remediate_block(b, &mut written, owner),
                Item::Setting(_) => {}
                other => self.misplaced(other, owner),
            }
        }
        if each.is_some()
            && let Some(Item::Action(late)) =
                t.body.items.iter().skip_while(|i| !matches!(i, Item::Each(_))).find(|i| matches!(i, Item::Action(_)))
        {
            self.report(
                Diagnostic::error("H0210", late.span, "a step changes one thing or each of a list, not both")
                    .help("put it into a `remediate` step of its own"),
            );
        }
        let tried = t.body.items.iter().any(|i| matches!(i, Item::Action(_) | Item::Each(_)));
        if !calls.iter().any(|c| c.effect >= Effect::Change) && (calls.is_empty() != tried) {
            self.report(Diagnostic::error("H0514", t.head, format!("`{}` changes nothing", t.name.name)).help(
                "a `remediate` step holds at least one change; what only tells belongs into `escalate` or a handler",
            ));
        }
        let base = calls.iter().map(|c| c.risk).max().unwrap_or(Risk::Low);
        let timeout_ms = timeouts.iter().copied().max().or(timeout).unwrap_or(self.options.defaults.timeout_ms);
        let retry = written.retry.or_else(|| self.options.defaults.retry.clone()).unwrap_or_else(expr::once);
        let items = each.as_ref().map_or(1, |e: &Each| e.at_most);
        let natural = bounds::calls_ms(&calls, timeout_ms, &retry).saturating_mul(items);
        if let (Some(within), Some(s)) = (within, settings.get("within"))
            && within < timeout_ms
        {
            self.report(
                Diagnostic::error("H0610", s.value.span, "not even one attempt fits into this")
                    .note(format!("one attempt may take {}", bounds::human(timeout_ms)))
                    .help("`within` covers all attempts and the waits between them; `timeout` is one attempt"),
            );
        }
        let body = Remediate {
            ladder: None,
            calls,
            each,
            risk: base.max(risk_written.unwrap_or(Risk::Low)),
            risk_written,
            timeout_ms,
            within_ms: within.unwrap_or(natural),
            retry,
            breaker: written.breaker.unwrap_or(profile::DEFAULT_BREAKER),
            approval: written.approval,
        };
        (lets, StepBody::Remediate(Box::new(body)))
    }

    fn remediate_block(&mut self, b: &'a tree::Block, written: &mut Written, owner: &str) {
        let twice = match b.kind {
            BlockKind::Retry => written.retry.is_some(),
            BlockKind::Breaker => written.breaker.is_some(),
            BlockKind::Approval => written.approval.is_some(),
            _ => false,
        };
        if twice {
            self.report(Diagnostic::error("H0215", b.span, "this is said twice in one step"));
        }
        if b.when.is_some() && b.kind != BlockKind::Approval {
            self.report(Diagnostic::error("H0515", b.span, "only an `approval` has a `when`"));
        }
        match b.kind {
            BlockKind::Retry => written.retry = Some(self.retry(&b.body)),
            BlockKind::Breaker => written.breaker = Some(self.breaker(&b.body)),
            BlockKind::Approval => written.approval = Some(self.approval(b.when.as_ref(), &b.body)),
            BlockKind::Undo => self.report(
                Diagnostic::error("H0210", b.span, "`undo { … }` follows the change that it undoes")
                    .help("write it right behind the call"),
            ),
            _ => self.misplaced_block(b, owner),
        }
    }

    fn misplaced_block(&mut self, b: &'a tree::Block, owner: &str) {
        let item = Item::Block(b.clone());
        self.misplaced(&item, owner);
    }

    /// The action that a `let` holds whole, if it changes something.
    fn changing(&mut self, e: &'a tree::Expr) -> Option<(&'a ActionDecl, Effect, Called<'a>)> {
        let tree::ExprKind::Call { callee, args } = &e.kind else {
            return None;
        };
        let full = expr::path_of(callee)?;
        let decl = self.cat.actions.get(&full)?;
        let word = args
            .iter()
            .find(|a| a.label.as_ref().is_some_and(|l| l.name == "effect"))
            .and_then(|a| expr::path_of(&a.value));
        let effect = match (decl.assertable, word.as_deref()) {
            (true, Some("read")) => Effect::Read,
            (true, Some("change")) => Effect::Change,
            _ => decl.effect,
        };
        (effect > Effect::Read).then_some((decl, effect, Called { args, head: callee.span, span: e.span }))
    }

    fn remediate_let(
        &mut self,
        l: &'a tree::Let,
        lets: &mut Vec<LetDef>,
        calls: &mut Vec<ChangeCall>,
        timeouts: &mut Vec<u64>,
        timeout: Option<u64>,
    ) {
        let Some((decl, effect, called)) = self.changing(&l.value) else {
            lets.extend(self.let_item(l));
            return;
        };
        self.let_name(&l.name);
        if let Some(skip) = &l.skip {
            self.report(Diagnostic::error("H0518", skip.span, "a change cannot be skipped after it was made"));
        }
        let Some((mut call, typ)) = self.change_call(decl, effect, called, timeout, timeouts, true) else {
            return;
        };
        call.name = Some(l.name.name.clone());
        call.undo = self.undo(l.undo.as_ref());
        let index = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        calls.push(call);
        let value = Expr { kind: ExprKind::Change(index), typ: typ.clone(), span: l.value.span };
        self.keep_let(l, &value, typ.clone());
        lets.push(LetDef { name: l.name.name.clone(), typ, value, skip: None, span: l.name.span });
    }

    /// A call that stands alone.
    fn change_item(
        &mut self,
        a: &'a tree::Action,
        timeout: Option<u64>,
        timeouts: &mut Vec<u64>,
    ) -> Option<ChangeCall> {
        let path: Vec<&'a Ident> = a.call.path.parts.iter().collect();
        let callee = self.callee(&path)?;
        let Callee::Action(decl) = callee else {
            self.stray_call(a);
            return None;
        };
        let effect = self.asserted(decl, &a.call.args).unwrap_or(decl.effect);
        if effect <= Effect::Read {
            self.stray_call(a);
            return None;
        }
        let called = Called { args: &a.call.args, head: a.call.path.span, span: a.call.span };
        let (mut call, _) = self.change_call(decl, effect, called, timeout, timeouts, false)?;
        call.undo = self.undo(a.undo.as_ref());
        Some(call)
    }

    fn change_call(
        &mut self,
        decl: &'a ActionDecl,
        effect: Effect,
        called: Called<'a>,
        timeout: Option<u64>,
        timeouts: &mut Vec<u64>,
        wants_value: bool,
    ) -> Option<(ChangeCall, Type)> {
        self.uses.insert(decl.name.clone());
        let asserted = effect != decl.effect;
        if asserted {
            self.assertions.push((format!("`{}` only changes what it says", decl.name), called.span));
        }
        let bound: Bound = self.arguments(
            &format!("`{}`", decl.name),
            &decl.params,
            called.args,
            called.span,
            Self::special(decl),
            Vars::new(),
        );
        let subject = decl.params.iter().find(|p| p.subject).map(|p| p.name.as_str());
        let typ = if wants_value { self.result(&decl.result, &bound, subject, called.span) } else { Type::Unknown };
        let outer = std::mem::replace(&mut self.frame.timeout_ms, timeout);
        timeouts.push(self.timeout_of(decl, &bound));
        self.frame.timeout_ms = outer;
        let call = ChangeCall {
            action: decl.name.clone(),
            args: bound.args,
            effect,
            class: decl.class.unwrap_or(Class::Blind),
            name: None,
            target: decl.target.clone(),
            undo: Vec::new(),
            captured_undo: matches!(decl.undo, Some(UndoDecl::Captured { .. })),
            read_lag_ms: decl.read_lag_ms,
            max_in_flight_ms: decl.max_in_flight_ms,
            // An asserted command is what its author says it is (L35).
            risk: if asserted { Risk::Low } else { decl.risk },
            span: called.span,
        };
        let _ = called.head;
        Some((call, typ))
    }

    /// `undo { … }`: captured when the change is admitted, so it may use only what the step itself needs (L16, R3).
    fn undo(&mut self, body: Option<&'a Body>) -> Vec<UndoCall> {
        let Some(body) = body else {
            return Vec::new();
        };
        let outer = std::mem::replace(&mut self.frame.place, Place::Undo);
        let needed = self.frame.needs.clone();
        let mut calls = Vec::new();
        for item in &body.items {
            let Item::Action(a) = item else {
                self.misplaced(item, "`undo`");
                continue;
            };
            if let Some(undo) = &a.undo {
                self.report(Diagnostic::error("H0210", undo.span, "an undo is not undone"));
            }
            calls.extend(self.undo_call(a));
        }
        if body.items.is_empty() {
            self.report(
                Diagnostic::error("H0514", body.span, "this undo does nothing")
                    .help("leave it away: the action's own undo applies then"),
            );
        }
        let more: Vec<String> =
            self.frame.needs.difference(&needed).map(|s| format!("`{}`", self.step_name(*s))).collect();
        if !more.is_empty() {
            self.report(
                Diagnostic::error(
                    "H0519",
                    body.span,
                    format!("this undo needs {}, which the step itself does not", more.join(", ")),
                )
                .note("what an undo uses is captured together with the change")
                .help("give the value a name in the step first: `let x = …`"),
            );
            self.frame.needs = needed;
        }
        self.frame.place = outer;
        calls
    }

    fn undo_call(&mut self, a: &'a tree::Action) -> Option<UndoCall> {
        let path: Vec<&'a Ident> = a.call.path.parts.iter().collect();
        let Callee::Action(decl) = self.callee(&path)? else {
            self.report(Diagnostic::error("H0409", a.call.span, "this undoes nothing").help("an undo is a change"));
            return None;
        };
        let effect = self.asserted(decl, &a.call.args).unwrap_or(decl.effect);
        if effect < Effect::Change {
            self.report(
                Diagnostic::error("H0409", a.call.path.span, format!("`{}` undoes nothing", decl.name))
                    .help("an undo is a change"),
            );
            return None;
        }
        self.uses.insert(decl.name.clone());
        let what = format!("`{}`", decl.name);
        let bound = self.arguments(&what, &decl.params, &a.call.args, a.call.span, Self::special(decl), Vars::new());
        Some(UndoCall {
            action: decl.name.clone(),
            args: bound.args,
            class: decl.class.unwrap_or(Class::Blind),
            target: decl.target.clone(),
            span: a.call.span,
        })
    }

    /// `for x in xs at_most n { … }`
    fn each(
        &mut self,
        e: &'a tree::Each,
        calls: &mut Vec<ChangeCall>,
        timeout: Option<u64>,
        timeouts: &mut Vec<u64>,
    ) -> Option<Each> {
        let list = self.expr(&e.list, None);
        let element = match &list.typ {
            Type::List(t) => (**t).clone(),
            Type::Unknown => Type::Unknown,
            other => {
                self.report(Diagnostic::error(
                    "H0301",
                    list.span,
                    format!("`for` goes through a list, and this is a {other}"),
                ));
                Type::Unknown
            }
        };
        if e.at_most == 0 || e.at_most > MOST_EACH {
            self.report(Diagnostic::error("H0607", e.span, format!("`at_most` must lie between 1 and {MOST_EACH}")));
        }
        self.free_name(&e.name, "the element");
        let unique = self.unique(&e.name.name);
        self.frame.locals.push(Local { name: e.name.name.clone(), unique: unique.clone(), typ: element });
        for item in &e.body.items {
            match item {
                Item::Action(a) => calls.extend(self.change_item(a, timeout, timeouts)),
                other => self.misplaced(other, "a `for`"),
            }
        }
        self.frame.locals.pop();
        Some(Each { name: unique, list, at_most: e.at_most })
    }
}
