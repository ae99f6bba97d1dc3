//! A playbook: its names, inputs, targets, triggers and limits; then its steps; then the plan.

use super::checker::{Binding, Checker, Named, Place, StepInfo};
use super::evidence::Weight;
use super::{flow, order, outside, walk};
use crate::catalogue::Risk;
use crate::diagnostic::Diagnostic;
use crate::plan::{Bounds, LetDef, PLAN_SCHEMA, Plan, Step, StepId, TellCall};
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
        outside::check(self, &plan);
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
    pub(super) fn draw_circle(
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
