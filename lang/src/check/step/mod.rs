//! Steps: what each kind may hold, its settings, its values.

mod detect;
mod diagnose;
mod lets;
mod remediate;
mod verify;

use super::checker::{Checker, Frame, Place};
use crate::diagnostic::Diagnostic;
use crate::plan::{After, Detect, Diagnose, Expr, ExprKind, LetDef, Step, StepBody, StepId};
use crate::source::Span;
use crate::syntax::tree::{self, AfterMode, BlockKind, Item, ProfileKind, StepKind};

impl<'a> Checker<'a> {
    /// Checks a step whose references were checked before it, where there is no circle.
    pub(super) fn check_step(&mut self, id: StepId) -> Step {
        let t: &'a tree::Step = self.steps[id.0 as usize].tree;
        let after = self.after(t, id);
        let (when, when_frame) = self.within(Frame::new(Place::When, Some(id)), |c| {
            t.when.as_ref().map(|w| c.condition(w, "the condition of a step"))
        });
        if let (Some(when), StepKind::Verify) = (&when, t.kind) {
            self.report(
                Diagnostic::error("H0515", when.span, "a `verify` step takes no `when`")
                    .note("a change that is not verified is never called healed, so a verify follows every change it covers")
                    .help("leave it away, or write two verify steps after two remediations"),
            );
        }
        let mut frame = Frame::new(Place::Body(t.kind), Some(id));
        let owner = format!("a `{}` step", t.kind.word());
        if t.kind != StepKind::Remediate {
            self.read_settings(t, &mut frame);
        }
        let ((lets, body), frame) = self.within(frame, |c| match t.kind {
            StepKind::Detect => c.detect(t, &owner),
            StepKind::Diagnose => c.diagnose(t, &owner),
            StepKind::Remediate => c.remediate(t, &owner),
            StepKind::Verify => c.verify(t, &owner, after.as_ref()),
        });
        let mut needs = frame.needs;
        needs.extend(when_frame.needs);
        let mut soft = frame.soft;
        soft.extend(when_frame.soft);
        needs.remove(&id);
        soft.remove(&id);
        soft.retain(|s| !needs.contains(s));
        let series = frame.reads.iter().any(|r| self.is_series(r));
        let reads = frame.reads.iter().map(|r| self.read_range(r));
        let range_ms = reads.chain(lets.iter().map(|l| self.range_of(&l.value))).max().unwrap_or(0);
        let info = &mut self.steps[id.0 as usize];
        info.series = series;
        info.range_ms = range_ms;
        info.lets = frame.lets;
        info.checked = true;
        let mut body = body;
        if let StepBody::Diagnose(d) = &mut body {
            let mut named: Vec<StepId> = needs.iter().chain(&soft).copied().collect();
            named.extend(after.iter().flat_map(|a| a.steps.iter().copied()));
            named.sort_unstable();
            named.dedup();
            d.detects = named.into_iter().filter(|s| self.step_kind(*s) == StepKind::Detect).collect();
        }
        Step {
            id,
            name: t.name.name.clone(),
            kind: t.kind,
            doc: self.doc_of(t.span, false),
            span: t.head,
            after,
            needs: needs.into_iter().collect(),
            soft: soft.into_iter().collect(),
            when,
            lets,
            reads: frame.reads,
            body,
        }
    }

    /// `after a or b`, `after a and b` (L17)
    fn after(&mut self, t: &'a tree::Step, id: StepId) -> Option<After> {
        let after = t.after.as_ref()?;
        let mode = after.joins.first().copied().unwrap_or(AfterMode::Or);
        if after.joins.iter().any(|j| *j != mode) {
            self.report(
                Diagnostic::error("H0502", after.span, "`or` and `and` are mixed in one `after`")
                    .help("`after a or b`: all have ended and one of them ran; `after a and b`: all ran"),
            );
        }
        let mut steps = Vec::new();
        for name in &after.steps {
            match self.step_id(&name.name) {
                Some(step) if step == id => {
                    self.report(Diagnostic::error(
                        "H0520",
                        name.span,
                        format!("`{}` cannot come after itself", name.name),
                    ));
                }
                Some(step) if steps.contains(&step) => {
                    self.report(Diagnostic::error("H0520", name.span, format!("`{}` is named twice", name.name)));
                }
                Some(step) => steps.push(step),
                None => {
                    if self.names.get(&name.name).is_some_and(|n| n.binding == super::checker::Binding::Ladder) {
                        let help = "name its rungs: `after restart or grow`";
                        self.report(
                            Diagnostic::error(
                                "H0520",
                                name.span,
                                format!("`{}` is a ladder, and `after` names steps", name.name),
                            )
                            .help(help),
                        );
                        continue;
                    }
                    let known: Vec<String> =
                        self.steps.iter().map(|s| s.tree.name.name.clone()).filter(|n| *n != t.name.name).collect();
                    self.unknown("H0219", name.span, "step", &name.name, known.iter().map(String::as_str));
                }
            }
        }
        (!steps.is_empty()).then_some(After { steps, mode })
    }

    /// What reading steps say of how they read.
    fn read_settings(&mut self, t: &'a tree::Step, frame: &mut Frame) {
        for item in &t.body.items {
            match item {
                Item::Setting(s) if s.key.name == "timeout" => frame.timeout_ms = self.duration(&s.value, "`timeout`"),
                Item::Setting(s) if s.key.name == "retry" => {
                    if let Some(p) = self.named_profile(s, ProfileKind::Retry) {
                        frame.retry = Some(self.retry(&p.body));
                    }
                }
                Item::Block(b) if b.kind == BlockKind::Retry => frame.retry = Some(self.retry(&b.body)),
                _ => {}
            }
        }
    }

    /// The one expression that a clause may have.
    fn once(&mut self, slot: &mut Option<Expr>, value: Expr, span: Span, what: &str) {
        if let Some(first) = slot {
            let first = first.span;
            self.report(
                Diagnostic::error("H0215", span, format!("{what} stands here twice")).label(first, "first here"),
            );
            return;
        }
        *slot = Some(value);
    }

    /// `true`, where a mistake was already reported or will be.
    fn never(span: Span) -> Expr {
        Expr { kind: ExprKind::Bool(false), typ: crate::catalogue::Type::Unknown, span }
    }

    fn detect(&mut self, t: &'a tree::Step, owner: &str) -> (Vec<LetDef>, StepBody) {
        self.settings(&t.body.items, &["timeout", "retry"], owner);
        let (lets, fire, clear) = self.detect_items(t, owner);
        let fire = fire.unwrap_or_else(|| {
            self.report(
                Diagnostic::error("H0505", t.head, format!("`{}` never says when it fires", t.name.name))
                    .help("add `fire when …`"),
            );
            Self::never(t.head)
        });
        let weight = self.weight(&fire);
        if let Some(id) = self.frame.step {
            self.steps[id.0 as usize].fire = weight;
        }
        (lets, StepBody::Detect(Detect { fire, clear }))
    }

    fn diagnose(&mut self, t: &'a tree::Step, owner: &str) -> (Vec<LetDef>, StepBody) {
        let settings = self.settings(&t.body.items, &["timeout", "retry", "accept", "margin"], owner);
        let accept = self.share_of(&settings, "accept").unwrap_or(0.8);
        let margin = self.share_of(&settings, "margin").unwrap_or(0.1);
        let (lets, rows) = self.diagnose_items(t, owner);
        if let Some(id) = self.frame.step {
            let causes = rows.iter().map(|(r, w)| (r.cause.clone(), *w)).collect();
            self.steps[id.0 as usize].causes = causes;
        }
        let rows = rows.into_iter().map(|(r, _)| r).collect();
        (lets, StepBody::Diagnose(Diagnose { detects: Vec::new(), accept, margin, rows }))
    }
}
