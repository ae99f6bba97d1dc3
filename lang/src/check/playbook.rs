//! A playbook: its names, inputs, targets, triggers and limits; then its steps; then the plan.

use super::checker::{Binding, Checker, Frame, Named, Place, StepInfo};
use super::evidence::Weight;
use super::{constant, flow, order, walk};
use crate::catalogue::{Risk, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{
    Bounds, InputDef, Ladder, LadderId, LetDef, NamedArg, PLAN_SCHEMA, Plan, SecretDef, Step, StepId, TargetDef,
    TellCall, TriggerDef,
};
use crate::source::Span;
use crate::syntax::tree::{self, BlockKind, CommentKind, Item};
use std::collections::BTreeMap;

/// What `on … { }` at the playbook's level may name: outcomes of a run (R42).
pub(super) const OUTCOMES: [&str; 16] = [
    "healthy",
    "self_resolved",
    "joined",
    "healed",
    "undone",
    "not_healed",
    "inconclusive",
    "unsafe",
    "refused",
    "blocked",
    "no_data",
    "observed",
    "suggested",
    "waiting",
    "cancelled",
    "internal",
];

/// The word of a risk.
pub(super) fn risk_of(word: &str) -> Option<Risk> {
    Some(match word {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        "high" => Risk::High,
        _ => return None,
    })
}

impl<'a> Checker<'a> {
    /// Checks a playbook; a plan where nothing is wrong with it.
    pub(super) fn playbook(&mut self, p: &'a tree::Playbook, edition: u64) -> Option<Plan> {
        let items = &p.body.items;
        self.declare(items);
        let inputs = self.inputs(items);
        let secrets = self.secrets(items);
        let lets = self.playbook_lets(items);
        let targets = self.targets(items);
        let triggers = self.triggers(items, &inputs);
        let steps = self.all_steps();
        let mut ladders = self.ladders(items);
        let mut steps = steps;
        self.join_ladders(&mut steps, &mut ladders, items);
        let settings = self.settings(items, &["owner", "severity"], "a playbook");
        let owner = self.text_of(&settings, "owner");
        let severity = self.word_of(&settings, "severity", "risk").and_then(|(w, _)| risk_of(&w));
        let (escalate_lets, escalate) = self.escalate(items);
        let handlers = self.handlers(items);
        let limits = self.limits(items, &targets);
        let mut plan = Plan {
            schema: PLAN_SCHEMA,
            edition,
            playbook: p.name.name.clone(),
            doc: self.doc_of(p.span, true),
            owner,
            severity,
            inputs,
            secrets,
            targets,
            lets,
            scripts: std::mem::take(&mut self.scripts),
            triggers,
            limits,
            steps,
            ladders,
            nodes: Vec::new(),
            edges: Vec::new(),
            escalate,
            escalate_lets,
            handlers,
            bounds: Bounds::default(),
            permissions: std::collections::BTreeSet::new(),
            uses: std::collections::BTreeSet::new(),
            assertions: std::mem::take(&mut self.assertions),
            hosts: std::mem::take(&mut self.hosts),
            hash: String::new(),
        };
        self.text_alone(&plan);
        self.destroy(&plan);
        flow::unroll(self, &mut plan);
        // Half a graph would be called silent or boundless where it is only broken.
        let whole = !self.failed();
        if whole {
            super::bounds::compute(self, &mut plan, items);
        }
        super::silence::check(self, &plan, p, whole);
        plan.uses = std::mem::take(&mut self.uses);
        for name in &plan.uses {
            if let Some(a) = self.cat.actions.get(name) {
                plan.permissions.extend(a.permissions.iter().cloned());
            }
        }
        if self.failed() {
            return None;
        }
        plan.hash = plan.hash_with(self.cat);
        Some(plan)
    }

    /// Every name, before anything is looked into.
    fn declare(&mut self, items: &'a [Item]) {
        for item in items {
            let (name, binding) = match item {
                Item::Input(x) => (&x.name, Binding::Input(self.type_of(&x.typ, Some(&x.name.name)))),
                Item::Secret(x) => (&x.name, Binding::Secret),
                Item::Target(x) => (&x.name, Binding::Target(x.call.path.text())),
                Item::Let(x) => (&x.name, Binding::Let(None)),
                Item::Ladder(x) => (&x.name, Binding::Ladder),
                Item::Step(x) => {
                    let id = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
                    self.steps.push(step_info(x));
                    (&x.name, Binding::Step(id))
                }
                Item::Trigger(_) | Item::Block(_) | Item::Handler(_) | Item::Setting(_) => continue,
                other => {
                    self.misplaced(other, "a playbook");
                    continue;
                }
            };
            self.free_name(name, binding.noun());
            self.names.entry(name.name.clone()).or_insert(Named { binding, span: name.span });
        }
    }

    fn inputs(&mut self, items: &'a [Item]) -> Vec<InputDef> {
        let mut all = Vec::new();
        for item in items {
            let Item::Input(x) = item else {
                continue;
            };
            let typ = match self.names.get(&x.name.name) {
                Some(Named { binding: Binding::Input(t), .. }) => t.clone(),
                _ => Type::Unknown,
            };
            if !input_type(&typ) {
                self.report(
                    Diagnostic::error("H0218", x.typ.span, format!("an input cannot be a {typ}"))
                        .help("inputs are given as text: strings, numbers, quantities, words, and lists of them"),
                );
            }
            let env = x.from.as_ref().and_then(|c| self.env_of(c));
            let what = format!("the input `{}`", x.name.name);
            let default = x.default.as_ref().map(|d| self.constant(d, &typ, &what));
            let condition = x.condition.as_ref().map(|c| {
                self.within(Frame::new(Place::Playbook, None), |k| k.condition(c, "the condition of an input")).0
            });
            if let (Some(condition), Some(default)) = (&condition, &default)
                && constant::holds(condition, &x.name.name, default) == Some(false)
            {
                self.report(
                    Diagnostic::error(
                        "H0607",
                        default.span,
                        format!("the default of `{}` breaks its own condition", x.name.name),
                    )
                    .label(condition.span, "this must hold"),
                );
            }
            let words = self.enums.get(&format!("input.{}", x.name.name)).cloned().unwrap_or_default();
            all.push(InputDef {
                name: x.name.name.clone(),
                typ,
                words,
                env,
                default,
                condition,
                doc: self.doc_of(x.span, false),
                span: x.span,
            });
        }
        all
    }

    fn secrets(&mut self, items: &'a [Item]) -> Vec<SecretDef> {
        let mut all = Vec::new();
        for item in items {
            if let Item::Secret(x) = item
                && let Some(env) = self.env_of(&x.from)
            {
                all.push(SecretDef { name: x.name.name.clone(), env, span: x.span });
            }
        }
        all
    }

    /// The playbook's own lets, in an order in which each needs only earlier ones.
    fn playbook_lets(&mut self, items: &'a [Item]) -> Vec<LetDef> {
        let lets: Vec<&'a tree::Let> = items
            .iter()
            .filter_map(|i| match i {
                Item::Let(l) => Some(l),
                _ => None,
            })
            .collect();
        let mut arrows = Vec::new();
        for (to, l) in lets.iter().enumerate() {
            walk::names(&l.value, &mut |n| {
                if let Some(from) = lets.iter().position(|o| o.name.name == n.name) {
                    arrows.push((from, to));
                }
            });
        }
        let order = match order::order(lets.len(), &arrows) {
            Ok(order) => order,
            Err(circle) => {
                self.draw_circle("H0217", "values need each other in a circle", &circle, &|i| {
                    lets.get(i).map(|l| (l.name.name.clone(), l.name.span)).unwrap_or_default()
                });
                (0..lets.len()).collect()
            }
        };
        let mut all = Vec::new();
        for i in order {
            let Some(l) = lets.get(i) else {
                continue;
            };
            if let Some(undo) = &l.undo {
                self.report(Diagnostic::error(
                    "H0210",
                    undo.span,
                    "nothing is changed here, so there is nothing to undo",
                ));
            }
            if let Some(skip) = &l.skip {
                self.report(
                    Diagnostic::error(
                        "H0518",
                        skip.span,
                        "`else skip` ends a `remediate` step, and this is the playbook",
                    )
                    .help("give a value in its place with `?? …`"),
                );
            }
            let annotated = l.typ.as_ref().map(|t| self.type_of(t, None));
            let (value, _) = self.within(Frame::new(Place::Playbook, None), |c| match &annotated {
                Some(t) => c.demand(&l.value, t, &format!("`{}`", l.name.name)),
                None => c.expr(&l.value, None),
            });
            let typ = annotated.unwrap_or_else(|| value.typ.clone());
            self.let_ranges.insert(l.name.name.clone(), self.range_of(&value));
            if let Some(named) = self.names.get_mut(&l.name.name)
                && matches!(named.binding, Binding::Let(_))
            {
                named.binding = Binding::Let(Some(typ.clone()));
            }
            all.push(LetDef { name: l.name.name.clone(), typ, value, skip: None, span: l.name.span });
        }
        all
    }

    fn targets(&mut self, items: &'a [Item]) -> Vec<TargetDef> {
        let cat = self.cat;
        let mut all = Vec::new();
        for item in items {
            let Item::Target(x) = item else {
                continue;
            };
            let kind = x.call.path.text();
            let Some(decl) = cat.targets.get(&kind) else {
                self.unknown(
                    "H0204",
                    x.call.path.span,
                    "kind of target called",
                    &kind,
                    cat.targets.keys().map(String::as_str),
                );
                if let Some(named) = self.names.get_mut(&x.name.name) {
                    // Whoever uses it is not to be told again.
                    named.binding = Binding::Let(Some(Type::Unknown));
                }
                continue;
            };
            self.uses.insert(kind.clone());
            let (bound, _) = self.within(Frame::new(Place::Playbook, None), |c| {
                c.arguments(&format!("`{kind}`"), &decl.params, &x.call.args, x.call.span, &[], BTreeMap::new())
            });
            all.push(TargetDef { name: x.name.name.clone(), kind, args: bound.args, span: x.span });
        }
        all
    }

    /// `on alert("…") { input = … }`: every input without default must be bound (L21).
    fn triggers(&mut self, items: &'a [Item], inputs: &[InputDef]) -> Vec<TriggerDef> {
        let cat = self.cat;
        let mut all = Vec::new();
        for item in items {
            let Item::Trigger(x) = item else {
                continue;
            };
            let kind = x.call.path.text();
            let Some(decl) = cat.triggers.get(&kind) else {
                self.unknown(
                    "H0204",
                    x.call.path.span,
                    "trigger called",
                    &kind,
                    cat.triggers.keys().map(String::as_str),
                );
                continue;
            };
            let (bound, _) = self.within(Frame::new(Place::Constant, None), |c| {
                c.arguments(&format!("`{kind}`"), &decl.params, &x.call.args, x.call.span, &[], BTreeMap::new())
            });
            let mut frame = Frame::new(Place::Trigger, None);
            frame.trigger = decl.binds.clone();
            let (binds, _) = self.within(frame, |c| c.binds(x, inputs));
            for missing in inputs.iter().filter(|i| i.default.is_none() && i.env.is_none()) {
                if !binds.iter().any(|b| b.name == missing.name) {
                    let span = Span { end: x.call.span.end, ..x.span };
                    self.report(
                        Diagnostic::error(
                            "H0512",
                            span,
                            format!("this trigger leaves the input `{}` open", missing.name),
                        )
                        .label(missing.span, "it has no default")
                        .help(format!(
                            "bind it: `on {kind}(…) {{ {} = … }}`, or give the input a default",
                            missing.name
                        )),
                    );
                }
            }
            self.untrusted.extend(binds.iter().map(|b| b.name.clone()));
            all.push(TriggerDef { kind, args: bound.args, binds, span: x.span });
        }
        all
    }

    fn binds(&mut self, x: &'a tree::Trigger, inputs: &[InputDef]) -> Vec<NamedArg> {
        let mut binds: Vec<NamedArg> = Vec::new();
        let Some(body) = &x.body else {
            return binds;
        };
        for item in &body.items {
            let Item::Setting(s) = item else {
                self.misplaced(item, "a trigger");
                continue;
            };
            let Some(input) = inputs.iter().find(|i| i.name == s.key.name) else {
                self.unknown("H0201", s.key.span, "input", &s.key.name, inputs.iter().map(|i| i.name.as_str()));
                continue;
            };
            if binds.iter().any(|b| b.name == s.key.name) {
                self.report(Diagnostic::error("H0215", s.key.span, format!("`{}` is bound twice", s.key.name)));
            }
            let value = self.expr(&s.value, Some(&input.typ));
            // What a trigger brings is text; the input's own type is judged when a run starts.
            let convertible = matches!(value.typ, Type::String) && input_type(&input.typ);
            let value = if convertible {
                value
            } else {
                self.settle(value, &input.typ, &format!("the input `{}`", input.name))
            };
            binds.push(NamedArg { name: s.key.name.clone(), value });
        }
        binds
    }

    /// The steps, checked in the order of their references and given back in the order of the text.
    fn all_steps(&mut self) -> Vec<Step> {
        let mut arrows = Vec::new();
        for (to, info) in self.steps.iter().enumerate() {
            let mut add = |n: &tree::Ident| {
                if let Some(from) = self.step_id(&n.name)
                    && from.0 as usize != to
                {
                    arrows.push((from.0 as usize, to));
                }
            };
            if let Some(when) = &info.tree.when {
                walk::names(when, &mut add);
            }
            walk::body_names(&info.tree.body, &mut add);
            info.tree.after.iter().flat_map(|a| &a.steps).for_each(add);
        }
        let order = match order::order(self.steps.len(), &arrows) {
            Ok(order) => order,
            Err(circle) => {
                let places: Vec<(String, Span)> =
                    self.steps.iter().map(|s| (s.tree.name.name.clone(), s.tree.head)).collect();
                self.draw_circle("H0501", "steps wait for each other in a circle", &circle, &|i| {
                    places.get(i).cloned().unwrap_or_default()
                });
                (0..self.steps.len()).collect()
            }
        };
        let mut steps: Vec<(usize, Step)> = Vec::new();
        for i in order {
            let step = self.check_step(StepId(u32::try_from(i).unwrap_or(u32::MAX)));
            steps.push((i, step));
        }
        steps.sort_by_key(|(i, _)| *i);
        steps.into_iter().map(|(_, s)| s).collect()
    }

    /// `a -> b -> a`, with every place.
    fn draw_circle(
        &mut self,
        code: &'static str,
        message: &str,
        circle: &[usize],
        at: &dyn Fn(usize) -> (String, Span),
    ) {
        let Some(&first) = circle.first() else {
            return;
        };
        let mut d = Diagnostic::error(code, at(first).1, message);
        let names: Vec<String> = circle.iter().map(|i| at(*i).0).collect();
        for (k, i) in circle.iter().enumerate() {
            let next = &names[(k + 1) % names.len()];
            let text = format!("`{}` comes before `{next}`", names[k]);
            if k == 0 {
                d = d.at(text);
            } else {
                d = d.label(at(*i).1, text);
            }
        }
        let drawing = names.iter().chain(names.first()).map(String::as_str).collect::<Vec<_>>().join(" -> ");
        self.report(d.note(drawing).help("take one of the references away"));
    }

    fn ladders(&mut self, items: &'a [Item]) -> Vec<Ladder> {
        let mut all = Vec::new();
        for item in items {
            let Item::Ladder(x) = item else {
                continue;
            };
            let (when, frame) = self.within(Frame::new(Place::When, None), |c| {
                x.when.as_ref().map(|w| c.condition(w, "the condition of a ladder"))
            });
            let mut rungs = Vec::new();
            for r in &x.rungs {
                match self.step_id(&r.name) {
                    Some(id) if self.step_kind(id) == tree::StepKind::Remediate => rungs.push(id),
                    Some(id) => {
                        let kind = self.step_kind(id).word();
                        self.report(Diagnostic::error(
                            "H0513",
                            r.span,
                            format!("a rung is a `remediate` step, and `{}` is a {kind}", r.name),
                        ));
                    }
                    None => {
                        let known: Vec<String> = self
                            .steps
                            .iter()
                            .filter(|s| s.tree.kind == tree::StepKind::Remediate)
                            .map(|s| s.tree.name.name.clone())
                            .collect();
                        self.unknown("H0219", r.span, "remediate step", &r.name, known.iter().map(String::as_str));
                    }
                }
            }
            self.ladder_refs.push((frame.needs, frame.soft));
            all.push(Ladder { name: x.name.name.clone(), when, rungs, span: x.span });
        }
        all
    }

    /// Gives the rungs their ladder, and reports remediations that nothing starts (L18, L41).
    fn join_ladders(&mut self, steps: &mut [Step], ladders: &mut [Ladder], items: &'a [Item]) {
        let trees: Vec<&tree::Ladder> = items
            .iter()
            .filter_map(|i| match i {
                Item::Ladder(l) => Some(l),
                _ => None,
            })
            .collect();
        let mut owner: BTreeMap<StepId, usize> = BTreeMap::new();
        for (l, ladder) in ladders.iter().enumerate() {
            for (r, rung) in ladder.rungs.iter().enumerate() {
                let span = trees[l]
                    .rungs
                    .iter()
                    .find(|i| self.step_id(&i.name) == Some(*rung))
                    .map_or(ladder.span, |i| i.span);
                if let Some(first) = owner.get(rung) {
                    let name = self.step_name(*rung);
                    let first = trees.get(*first).map_or(span, |t| t.name.span);
                    self.report(
                        Diagnostic::error("H0513", span, format!("`{name}` is a rung already"))
                            .label(first, "of this ladder")
                            .help("a remediation stands once in one ladder"),
                    );
                    continue;
                }
                owner.insert(*rung, l);
                let Some(step) = steps.get_mut(rung.0 as usize) else {
                    continue;
                };
                if let Some(when) = &step.when {
                    self.report(
                        Diagnostic::error("H0513", when.span, format!("a rung has no `when` of its own, and `{}` is one", step.name))
                            .label(span, "the rung")
                            .help("the ladder's `when` starts the first rung; each next one starts where the one before did not help"),
                    );
                }
                step.when.clone_from(&ladder.when);
                let (needs, soft) = self.ladder_refs.get(l).cloned().unwrap_or_default();
                step.needs = union(&step.needs, &needs);
                step.soft = union(&step.soft, &soft);
                if let crate::plan::StepBody::Remediate(body) = &mut step.body {
                    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                    body.ladder = Some((LadderId(number(l)), number(r)));
                }
            }
        }
        for step in steps.iter() {
            if step.kind == tree::StepKind::Remediate && step.when.is_none() && !owner.contains_key(&step.id) {
                self.report(
                    Diagnostic::error("H0504", step.span, format!("nothing ever starts `{}`", step.name))
                        .help("say when, as in `remediate x when cause is y`, or make it a rung of a `ladder`"),
                );
            }
        }
    }

    /// The playbook's `escalate`, or the default of `healrun.yaml`.
    fn escalate(&mut self, items: &'a [Item]) -> (Vec<LetDef>, Vec<TellCall>) {
        let mut found: Option<&'a tree::Block> = None;
        for item in items {
            let Item::Block(b) = item else {
                continue;
            };
            match b.kind {
                BlockKind::Escalate => {
                    if let Some(first) = found {
                        self.report(
                            Diagnostic::error("H0215", b.span, "`escalate` stands here twice")
                                .label(first.span, "first here"),
                        );
                    }
                    found.get_or_insert(b);
                }
                BlockKind::Limits => {}
                _ => self.misplaced(item, "a playbook"),
            }
        }
        if let Some(b) = found {
            let (lets, calls) = self.messages(&b.body, Place::Tell, "`escalate`");
            if calls.is_empty() && !b.body.items.iter().any(|i| matches!(i, Item::Action(_))) {
                self.report(
                    Diagnostic::error("H0516", b.span, "this `escalate` calls nobody")
                        .help("add a message, as in `notify.console(summary: \"${run.playbook}: ${run.outcome}\")`"),
                );
            }
            return (lets, calls);
        }
        let Some(module) = self.defaults else {
            return (Vec::new(), Vec::new());
        };
        let body = module.file.items.iter().find_map(|i| match i {
            tree::Top::Playbook(p) => p.body.items.iter().find_map(|i| match i {
                Item::Block(b) if b.kind == BlockKind::Escalate => Some(&b.body),
                _ => None,
            }),
            _ => None,
        });
        match body {
            Some(body) => self.messages(body, Place::DefaultTell, "`escalate`"),
            None => (Vec::new(), Vec::new()),
        }
    }

    /// `on healed { notify… }`
    fn handlers(&mut self, items: &'a [Item]) -> BTreeMap<String, Vec<TellCall>> {
        let mut all: BTreeMap<String, Vec<TellCall>> = BTreeMap::new();
        for item in items {
            let Item::Handler(h) = item else {
                continue;
            };
            if !OUTCOMES.contains(&h.exit.name.as_str()) {
                self.unknown("H0517", h.exit.span, "outcome", &h.exit.name, OUTCOMES);
                continue;
            }
            if all.contains_key(&h.exit.name) {
                self.report(Diagnostic::error("H0215", h.exit.span, format!("`on {}` stands here twice", h.exit.name)));
            }
            let (_, calls) = self.messages(&h.body, Place::Tell, "a handler of the run");
            all.insert(h.exit.name.clone(), calls);
        }
        all
    }

    /// The doc comment right above a place; for a playbook with what the file says of itself.
    pub(super) fn doc_of(&self, span: Span, with_file: bool) -> String {
        let Some(module) = self.modules.first() else {
            return String::new();
        };
        let text = self.sources.get(span.file).map_or("", |f| f.text.as_str());
        let said = |c: &tree::Comment| c.text.trim_start_matches(['/', '!']).trim().to_owned();
        let mut lines = Vec::new();
        let mut at = span.start as usize;
        for c in module.file.comments.iter().rev().filter(|c| c.kind == CommentKind::Doc && c.own_line) {
            let end = c.span.end as usize;
            if end > at {
                continue;
            }
            if text.get(end..at).is_none_or(|between| !between.trim().is_empty()) {
                break;
            }
            lines.push(said(c));
            at = c.span.start as usize;
        }
        lines.reverse();
        if with_file {
            let mut all: Vec<String> =
                module.file.comments.iter().filter(|c| c.kind == CommentKind::File).map(said).collect();
            all.append(&mut lines);
            return all.join("\n");
        }
        lines.join("\n")
    }
}

fn step_info(x: &tree::Step) -> StepInfo<'_> {
    let mut causes = Vec::new();
    for item in &x.body.items {
        if let Item::Rank(rank) = item {
            causes.extend(rank.rows.iter().map(|r| (r.cause.name.clone(), Weight::State)));
        }
    }
    StepInfo { tree: x, lets: BTreeMap::new(), causes, fire: Weight::State, series: false, range_ms: 0, checked: false }
}

fn union(list: &[StepId], more: &std::collections::BTreeSet<StepId>) -> Vec<StepId> {
    let mut all: std::collections::BTreeSet<StepId> = list.iter().copied().collect();
    all.extend(more);
    all.into_iter().collect()
}

/// What an input can be: whatever a word on the command line can say.
fn input_type(t: &Type) -> bool {
    match t {
        Type::Bool | Type::Int | Type::Quantity(_) | Type::String | Type::Text(_) | Type::Time | Type::Enum(_) => true,
        Type::Unknown => true,
        Type::List(t) | Type::Optional(t) => input_type(t),
        _ => false,
    }
}
