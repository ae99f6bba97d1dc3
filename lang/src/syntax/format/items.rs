//! The layout of files, blocks and their items.

use super::attach::{rule_span, scenario_item_span, whole};
use super::doc::Doc;
use super::{Layout, text};
use crate::source::Span;
use crate::syntax::tree::{
    After, AfterMode, BlockKind, Body, Expr, File, Input, Item, Let, Param, PolicyRule, ProfileKind, ScenarioItem,
    ScriptSource, Setting, Step, Top, Until,
};

impl Layout<'_> {
    pub(super) fn file(&self, file: &File) -> Doc {
        let mut items = Vec::new();
        if let Some(edition) = &file.edition {
            items.push((edition.span, text(&format!("heal {}", self.source(edition.span)))));
        }
        let mut spans: Vec<(Span, bool)> = items.iter().map(|(s, _)| (*s, false)).collect();
        for top in &file.items {
            let block = !matches!(top, Top::Use(_) | Top::Fn(_) | Top::Profile(_));
            spans.push((top.span(), block));
            items.push((top.span(), self.top(top)));
        }
        let mut docs = Vec::new();
        for (index, (span, item)) in items.into_iter().enumerate() {
            if index > 0 {
                docs.push(Doc::Hard);
                // Things of several lines stand apart, whatever the author thought; the edition leads what follows.
                let apart = |i: usize| spans.get(i).is_some_and(|(_, block)| *block);
                let after_edition = index == 1 && file.edition.is_some();
                if self.blank_before(span) || (apart(index) || apart(index - 1)) && !after_edition {
                    docs.push(Doc::Blank);
                }
            }
            let (leading, trailing) = self.comments(span);
            docs.extend([leading, item, trailing]);
        }
        if let Some(dangling) = self.dangling(whole(file)) {
            if !docs.is_empty() {
                docs.push(Doc::Hard);
                if self.dangling_apart(whole(file)) {
                    docs.push(Doc::Blank);
                }
            }
            docs.push(dangling);
        }
        Doc::All(docs)
    }

    fn top(&self, top: &Top) -> Doc {
        match top {
            Top::Use(x) => {
                Doc::All(vec![text("use "), self.string(&x.path, false), text(&format!(" as {}", x.name.name))])
            }
            Top::Playbook(x) => Doc::All(vec![text(&format!("playbook {} ", x.name.name)), self.body(&x.body, true)]),
            Top::Profile(x) => {
                let kind = match x.kind {
                    ProfileKind::Retry => "retry",
                    ProfileKind::Breaker => "breaker",
                    ProfileKind::Approval => "approval",
                };
                Doc::All(vec![text(&format!("{kind} {} ", x.name.name)), self.body(&x.body, false)])
            }
            Top::Fn(x) => {
                let mut docs = vec![text(&format!("fn {}", x.name.name)), self.params(&x.params)];
                if let Some(result) = &x.result {
                    docs.extend([text(" -> "), self.type_expr(result)]);
                }
                docs.push(Doc::Group(vec![text(" ="), Doc::Indent(vec![Doc::Line, self.expr(&x.body)])]));
                Doc::All(docs)
            }
            Top::Script(x) => {
                let source = match &x.source {
                    ScriptSource::Inline(code) => self.string(code, true),
                    ScriptSource::Call(call) => self.call(call),
                };
                Doc::All(vec![
                    text(&format!("script {}", x.name.name)),
                    self.params(&x.params),
                    text(" -> "),
                    self.type_expr(&x.result),
                    text(" = "),
                    source,
                ])
            }
            Top::Policy(x) => {
                let rules = x.rules.iter().map(|r| (rule_span(r), self.rule(r))).collect();
                Doc::All(vec![text(&format!("policy {} ", x.name.name)), self.block(x.span, rules, true)])
            }
            Top::Scenario(x) => {
                let items = x.items.iter().map(|i| (scenario_item_span(i), self.scenario_item(i))).collect();
                Doc::All(vec![
                    text("scenario "),
                    self.string(&x.title, false),
                    text(&format!(" for {} ", x.playbook.name)),
                    self.block(x.span, items, true),
                ])
            }
        }
    }

    fn params(&self, params: &[Param]) -> Doc {
        let mut docs = vec![Doc::Soft];
        for (index, param) in params.iter().enumerate() {
            docs.extend([text(&param.name.name), text(": "), self.type_expr(&param.typ)]);
            let last = index + 1 == params.len();
            docs.extend(if last { [Doc::IfBroken(","), Doc::Soft] } else { [text(","), Doc::Line] });
        }
        docs.pop();
        if params.is_empty() {
            return text("()");
        }
        Doc::Group(vec![text("("), Doc::Indent(docs), Doc::Soft, text(")")])
    }

    fn rule(&self, rule: &PolicyRule) -> Doc {
        match rule {
            PolicyRule::Forbid { path, when, .. } => {
                Doc::All(vec![text(&format!("forbid {}", path.text())), self.when(when.as_ref())])
            }
            PolicyRule::Allow { path, when, .. } => {
                Doc::All(vec![text(&format!("allow {}", path.text())), self.when(when.as_ref())])
            }
            PolicyRule::Limit { path, quota, .. } => {
                Doc::All(vec![text(&format!("limit {} to ", path.text())), self.expr(quota)])
            }
            PolicyRule::Window { path, call, .. } => {
                Doc::All(vec![text(&format!("window {} in ", path.text())), self.call(call)])
            }
            PolicyRule::Approval { path, when, body, .. } => Doc::All(vec![
                text(&format!("approval for {}", path.text())),
                self.when(when.as_ref()),
                text(" "),
                self.body(body, false),
            ]),
            PolicyRule::Setting(setting) => self.setting(setting),
        }
    }

    fn scenario_item(&self, item: &ScenarioItem) -> Doc {
        match item {
            ScenarioItem::World(path, _) => Doc::All(vec![text("world "), self.string(path, false)]),
            ScenarioItem::Given(body, _) => Doc::All(vec![text("given "), self.body(body, false)]),
            ScenarioItem::Fault { at, call, .. } => {
                Doc::All(vec![text("at "), self.expr(at), text(" fault "), self.call(call)])
            }
            ScenarioItem::Trigger { at, call, .. } => {
                Doc::All(vec![text("at "), self.expr(at), text(" trigger "), self.call(call)])
            }
            ScenarioItem::Expect(expr, _) => Doc::All(vec![text("expect "), self.expr(expr)]),
        }
    }

    fn body(&self, body: &Body, open: bool) -> Doc {
        let items = body.items.iter().map(|i| (i.span(), self.item(i))).collect();
        self.block(body.span, items, open)
    }

    /// `{ … }`: on one line where the author wrote it so and it fits, else each item on its own; `open` ones always.
    ///
    /// The span may begin before the brace; what counts is the place of the first item.
    fn block(&self, span: Span, items: Vec<(Span, Doc)>, open: bool) -> Doc {
        let dangling = self.dangling(span);
        let Some((first, _)) = items.first() else {
            return match dangling {
                None => text("{}"),
                Some(dangling) => {
                    Doc::All(vec![text("{"), Doc::Indent(vec![Doc::Hard, dangling]), Doc::Hard, text("}")])
                }
            };
        };
        let on_one_line = !open && !self.begins_line(*first);
        let gap = || if on_one_line { Doc::Line } else { Doc::Hard };
        let mut docs = Vec::new();
        for (index, (span, item)) in items.into_iter().enumerate() {
            if index > 0 {
                docs.push(Doc::IfFlat(";"));
            }
            docs.push(gap());
            if index > 0 && self.blank_before(span) {
                docs.push(Doc::Blank);
            }
            let (leading, trailing) = self.comments(span);
            docs.extend([leading, item, trailing]);
        }
        if let Some(dangling) = dangling {
            docs.push(Doc::Hard);
            if self.dangling_apart(span) {
                docs.push(Doc::Blank);
            }
            docs.push(dangling);
        }
        Doc::Group(vec![text("{"), Doc::Indent(docs), gap(), text("}")])
    }

    fn when(&self, when: Option<&Expr>) -> Doc {
        match when {
            Some(expr) => Doc::All(vec![text(" when "), self.expr(expr)]),
            None => Doc::All(Vec::new()),
        }
    }

    fn item(&self, item: &Item) -> Doc {
        match item {
            Item::Input(x) => self.input(x),
            Item::Secret(x) => Doc::All(vec![text(&format!("secret {} from ", x.name.name)), self.call(&x.from)]),
            Item::Target(x) => Doc::All(vec![text(&format!("target {} = ", x.name.name)), self.call(&x.call)]),
            Item::Trigger(x) => {
                let mut docs = vec![text("on "), self.call(&x.call)];
                if let Some(body) = &x.body {
                    docs.extend([text(" "), self.body(body, false)]);
                }
                Doc::All(docs)
            }
            Item::Let(x) => self.let_item(x),
            Item::Step(x) => self.step(x),
            Item::Each(x) => Doc::All(vec![
                text(&format!("for {} in ", x.name.name)),
                self.expr(&x.list),
                text(&format!(" at_most {} ", x.at_most)),
                self.body(&x.body, false),
            ]),
            Item::Rank(x) => {
                let rows = x
                    .rows
                    .iter()
                    .map(|row| {
                        let head = format!("{} {} when ", row.cause.name, row.confidence.text);
                        (row.span, Doc::All(vec![text(&head), self.expr(&row.when)]))
                    })
                    .collect();
                Doc::All(vec![text("rank "), self.block(x.span, rows, false)])
            }
            Item::Fire(e, _) => Doc::All(vec![text("fire when "), self.expr(e)]),
            Item::Clear(e, _) => Doc::All(vec![text("clear when "), self.expr(e)]),
            Item::Guard(e, _) => Doc::All(vec![text("guard "), self.expr(e)]),
            Item::Until(x) => self.until(x),
            Item::Ladder(x) => {
                let rungs = x.rungs.iter().map(|r| (r.span, text(&r.name))).collect();
                Doc::All(vec![
                    text(&format!("ladder {}", x.name.name)),
                    self.when(x.when.as_ref()),
                    text(" "),
                    self.block(x.span, rungs, false),
                ])
            }
            Item::RunUndo(_) => text("undo"),
            Item::RunEscalate(_) => text("escalate"),
            Item::Handler(x) => Doc::All(vec![text(&format!("on {} ", x.exit.name)), self.body(&x.body, false)]),
            Item::Block(x) => Doc::All(vec![
                text(block_word(x.kind)),
                self.when(x.when.as_ref()),
                text(" "),
                self.body(&x.body, false),
            ]),
            Item::Setting(x) => self.setting(x),
            Item::Action(x) => Doc::All(vec![self.call(&x.call), self.undo(x.undo.as_ref())]),
        }
    }

    fn input(&self, input: &Input) -> Doc {
        let mut docs = vec![text(&format!("input {}: ", input.name.name)), self.type_expr(&input.typ)];
        if let Some(call) = &input.from {
            docs.extend([text(" from "), self.call(call)]);
        }
        if let Some(default) = &input.default {
            docs.extend([text(" = "), self.expr(default)]);
        }
        if let Some(condition) = &input.condition {
            docs.extend([text(" where "), self.expr(condition)]);
        }
        Doc::All(docs)
    }

    fn let_item(&self, item: &Let) -> Doc {
        let mut docs = vec![text(&format!("let {}", item.name.name))];
        if let Some(typ) = &item.typ {
            docs.extend([text(": "), self.type_expr(typ)]);
        }
        docs.extend([text(" = "), self.expr(&item.value)]);
        if let Some(reason) = &item.skip {
            let skip = vec![Doc::Line, text("else skip "), self.string(reason, false)];
            docs.push(Doc::Indent(skip));
        }
        docs.push(self.undo(item.undo.as_ref()));
        Doc::Group(docs)
    }

    // An undo stands under its call, whatever its length: it is the first thing that a reader looks for.
    fn undo(&self, undo: Option<&Body>) -> Doc {
        match undo {
            Some(body) => Doc::Indent(vec![Doc::Hard, text("undo "), self.body(body, false)]),
            None => Doc::All(Vec::new()),
        }
    }

    fn step(&self, step: &Step) -> Doc {
        let mut docs = vec![text(&format!("{} {}", step.kind.word(), step.name.name))];
        if let Some(after) = &step.after {
            docs.push(text(&format!(" after {}", after_text(after))));
        }
        docs.extend([self.when(step.when.as_ref()), text(" "), self.body(&step.body, false)]);
        Doc::All(docs)
    }

    fn until(&self, until: &Until) -> Doc {
        let mut docs = vec![text("until "), self.expr(&until.condition)];
        if let Some(holds) = &until.holds {
            docs.extend([text(" holds "), self.expr(holds)]);
        }
        docs.extend([text(" within "), self.expr(&until.within)]);
        Doc::All(docs)
    }

    fn setting(&self, setting: &Setting) -> Doc {
        Doc::All(vec![text(&format!("{} = ", setting.key.name)), self.expr(&setting.value)])
    }
}

fn after_text(after: &After) -> String {
    let mut out = String::new();
    for (index, step) in after.steps.iter().enumerate() {
        if let Some(join) = index.checked_sub(1).and_then(|i| after.joins.get(i)) {
            out.push_str(match join {
                AfterMode::Or => " or ",
                AfterMode::And => " and ",
            });
        }
        out.push_str(&step.name);
    }
    out
}

fn block_word(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Limits => "limits",
        BlockKind::Retry => "retry",
        BlockKind::Breaker => "breaker",
        BlockKind::Approval => "approval",
        BlockKind::Escalate => "escalate",
        BlockKind::Undo => "undo",
    }
}
