//! `limits { … }`: what was not written holds its default (R28, L51), and two rules over whole remediations.

use super::bounds;
use super::checker::{Binding, Checker, Named};
use super::evidence::Weight;
use crate::catalogue::{Effect, Risk, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Limits, Plan, StepBody, TargetDef};
use crate::syntax::tree::{self, BlockKind, Item};
use std::collections::BTreeMap;

/// Older evidence is read again before a change (L46).
const FRESH_MS: u64 = 120_000;
/// Reads at the same time (L52).
const PARALLEL: u32 = 4;

impl<'a> Checker<'a> {
    pub(super) fn limits(&mut self, items: &'a [Item], targets: &[TargetDef]) -> Limits {
        let mut limits = Limits {
            deadline_ms: 3_600_000,
            deadline_written: false,
            blast_radius: BTreeMap::new(),
            rate: None,
            lock: Vec::new(),
            lock_wait_ms: 0,
            fresh_ms: FRESH_MS,
            cool_down_ms: None,
            parallel: PARALLEL,
            written_guards: false,
        };
        let mut first: Option<&'a tree::Block> = None;
        for item in items {
            let Item::Block(b) = item else {
                continue;
            };
            if b.kind != BlockKind::Limits {
                continue;
            }
            if let Some(first) = first {
                self.report(
                    Diagnostic::error("H0215", b.span, "`limits` stands here twice").label(first.span, "first here"),
                );
                continue;
            }
            first = Some(b);
            self.limits_block(b, &mut limits, targets);
        }
        limits
    }

    fn limits_block(&mut self, b: &'a tree::Block, limits: &mut Limits, targets: &[TargetDef]) {
        for item in &b.body.items {
            if !matches!(item, Item::Setting(_)) {
                self.misplaced(item, "`limits`");
            }
        }
        let keys = &["deadline", "blast_radius", "rate", "lock", "lock_wait", "fresh", "cool_down", "parallel"];
        let settings = self.settings(&b.body.items, keys, "`limits`");
        if let Some(ms) = self.duration_of(&settings, "deadline") {
            limits.deadline_ms = ms;
            limits.deadline_written = true;
        }
        limits.rate = self.quota_of(&settings, "rate");
        limits.lock_wait_ms = self.duration_or_none_of(&settings, "lock_wait").unwrap_or(0);
        limits.fresh_ms = self.duration_of(&settings, "fresh").unwrap_or(FRESH_MS);
        limits.cool_down_ms = self.duration_or_none_of(&settings, "cool_down");
        limits.parallel = self.count_of(&settings, "parallel", 1, 64).unwrap_or(PARALLEL);
        if let Some(s) = settings.get("lock") {
            self.lock(&s.value, limits, targets);
        }
        if let Some(s) = settings.get("blast_radius") {
            self.blast_radius(&s.value, limits);
        }
        limits.written_guards = settings.get("rate").is_some() || settings.get("lock").is_some();
    }

    /// `lock = app`, `lock = [app, database]`
    fn lock(&mut self, e: &'a tree::Expr, limits: &mut Limits, targets: &[TargetDef]) {
        match &e.kind {
            tree::ExprKind::List(all) => all.iter().for_each(|x| self.lock(x, limits, targets)),
            tree::ExprKind::Name(n) if targets.iter().any(|t| t.name == n.name) => limits.lock.push(n.name.clone()),
            tree::ExprKind::Name(n) => match self.names.get(&n.name) {
                // Its constructor was reported already.
                Some(Named { binding: Binding::Let(Some(Type::Unknown)), .. }) => {}
                _ => self.unknown("H0201", n.span, "target", &n.name, targets.iter().map(|t| t.name.as_str())),
            },
            _ => self.report(
                Diagnostic::error("H0301", e.span, "a lock is a target of this playbook").help("as in `lock = app`"),
            ),
        }
    }

    /// `blast_radius = { deployment: 1 }`
    fn blast_radius(&mut self, e: &'a tree::Expr, limits: &mut Limits) {
        let tree::ExprKind::Record(entries) = &e.kind else {
            self.report(
                Diagnostic::error("H0301", e.span, "a blast radius counts targets by their kind")
                    .help("as in `{ deployment: 1 }`"),
            );
            return;
        };
        let cat = self.cat;
        let nouns: Vec<&str> = cat.targets.values().map(|t| t.noun.as_str()).collect();
        for entry in entries {
            if !nouns.contains(&entry.key.as_str()) {
                self.unknown("H0209", entry.key_span, "kind of target called", &entry.key, nouns.iter().copied());
                continue;
            }
            let value = self.constant_number(&entry.value, &Type::Int, &format!("`{}`", entry.key));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            if let Some(n) = value {
                limits.blast_radius.insert(entry.key.clone(), n.clamp(0.0, 1e9) as u64);
            }
        }
    }

    /// Text alone never justifies a change above low risk (R7).
    pub(super) fn text_alone(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let StepBody::Remediate(r) = &step.body else {
                continue;
            };
            let Some(when) = step.when.as_ref().filter(|_| r.risk > Risk::Low) else {
                continue;
            };
            if self.weight(when) != Weight::Text {
                continue;
            }
            let mut d = Diagnostic::error("H0410", step.span, format!("`{}` would act on text alone", step.name))
                .label(when.span, "rests on logs or labels only")
                .note("anyone who can write a log line could start this change, again and again")
                .help("ask for a second kind of evidence as well: a metric, the state of an API or a file, an exit status, a probe");
            let why = r.calls.iter().max_by_key(|c| c.risk).map(|c| c.action.clone()).unwrap_or_default();
            d = d.note(format!("the risk of `{why}` is above low, which is the most that text justifies"));
            self.report(d);
        }
    }

    /// What may do anything needs an approval that is always asked for (L35).
    pub(super) fn destroy(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let StepBody::Remediate(r) = &step.body else {
                continue;
            };
            let Some(call) = r.calls.iter().find(|c| c.effect == Effect::Destroy) else {
                continue;
            };
            let always = r.approval.as_ref().is_some_and(|a| {
                [Risk::Low, Risk::Medium, Risk::High].iter().all(|risk| bounds::asks_at(a, *risk) == Some(true))
            });
            if always {
                continue;
            }
            let assertable = self.cat.actions.get(&call.action).is_some_and(|d| d.assertable);
            let mut d = Diagnostic::error(
                "H0404",
                call.span,
                format!("`{}` may do anything, so somebody must say yes each time", call.action),
            );
            if let Some(when) = r.approval.as_ref().and_then(|a| a.when.as_ref()) {
                d = d.label(when.span, "this approval is not always asked for");
            }
            d = d.help(if assertable {
                "say what it does with `effect: change`, or add `approval { from = group(\"…\") }`"
            } else {
                "add `approval { from = group(\"…\") }` to the step"
            });
            self.report(d);
        }
    }
}
