//! Ladders and their rungs (L41), and remediations that nothing starts (L18).

use super::checker::{Checker, Frame, Place};
use crate::diagnostic::Diagnostic;
use crate::plan::{Ladder, LadderId, Step, StepId};
use crate::syntax::tree::{self, Item};
use std::collections::BTreeMap;

impl<'a> Checker<'a> {
    pub(super) fn ladders(&mut self, items: &'a [Item]) -> Vec<Ladder> {
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
    pub(super) fn join_ladders(&mut self, steps: &mut [Step], ladders: &mut [Ladder], items: &'a [Item]) {
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
}

fn union(list: &[StepId], more: &std::collections::BTreeSet<StepId>) -> Vec<StepId> {
    let mut all: std::collections::BTreeSet<StepId> = list.iter().copied().collect();
    all.extend(more);
    all.into_iter().collect()
}
