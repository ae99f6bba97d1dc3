//! Scenarios: what happens when, and what is expected. Played by heal-rehearsal; checked here (H07xx).

use super::checker::{Checker, Frame, Place};
use super::modules::Loaded;
use super::options::Options;
use super::playbook::OUTCOMES;
use super::profile::Scripts;
use super::types::Vars;
use super::{constant, expr};
use crate::catalogue::{Catalogue, Dim, Outside, ParamDecl, Type};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::NamedArg;
use crate::source::{Loader, Sources};
use crate::syntax::tree::{self, BinaryOp, Item, ScenarioItem, UnaryOp};

/// A scenario without mistakes.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedScenario {
    /// Its title.
    pub title: String,
    /// The playbook it tests.
    pub playbook: String,
    /// The world's file, as written; relative to the scenario's own file.
    pub world: String,
    /// Inputs given from the start.
    pub inputs: Vec<NamedArg>,
    /// In order of time, then of the text.
    pub happenings: Vec<Happening>,
    /// All must hold at the end.
    pub expectations: Vec<(CheckedExpectation, String)>,
}

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Milliseconds after the start.
    pub at_ms: u64,
    /// What.
    pub kind: HappeningKind,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum HappeningKind {
    /// A fault is injected.
    Fault {
        /// Its name in the catalogue.
        name: String,
        /// Every parameter with its value.
        args: Vec<NamedArg>,
    },
    /// A trigger arrives.
    Trigger {
        /// Its name in the catalogue.
        kind: String,
        /// Every parameter with its value.
        args: Vec<NamedArg>,
        /// `labels: { … }` and other facts that only a scenario gives.
        facts: Vec<NamedArg>,
    },
}

/// A condition over how a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckedExpectation {
    /// `outcome is healed`, `cause is bad_release`
    Is {
        /// `outcome`, or a diagnose step.
        subject: String,
        /// The word.
        word: String,
    },
    /// `time_to_repair < 10m`, `attempts == 2`: in seconds, or as a count.
    Compare {
        /// What is measured.
        subject: String,
        /// How.
        op: BinaryOp,
        /// With what.
        value: f64,
    },
    /// `changes == [kubernetes.rollout_undo]`
    Changes {
        /// `==` or `!=`
        op: BinaryOp,
        /// Full names of actions, in order.
        actions: Vec<String>,
    },
    /// `told`
    Holds(String),
    /// `not e`
    Not(Box<CheckedExpectation>),
    /// `a and b`
    And(Box<CheckedExpectation>, Box<CheckedExpectation>),
    /// `a or b`
    Or(Box<CheckedExpectation>, Box<CheckedExpectation>),
}

/// What can be measured, and its dimension.
const MEASURES: [(&str, Dim); 7] = [
    ("time_to_detect", Dim::Duration),
    ("time_to_repair", Dim::Duration),
    ("time_to_end", Dim::Duration),
    ("attempts", Dim::Number),
    ("pages", Dim::Number),
    ("runs", Dim::Number),
    ("exit_code", Dim::Number),
];

/// What is true or not.
const FACTS: [&str; 2] = ["told", "undone"];

/// Checks all scenarios of the root file.
pub(super) fn check(
    sources: &Sources,
    loader: &dyn Loader,
    cat: &Catalogue,
    options: &Options<'_>,
    loaded: &Loaded,
    scripts: &Scripts,
    playbooks: &[&tree::Playbook],
) -> (Vec<CheckedScenario>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut diagnostics = Vec::new();
    let Some(root) = loaded.modules.first() else {
        return (found, diagnostics);
    };
    for item in &root.file.items {
        let tree::Top::Scenario(s) = item else {
            continue;
        };
        let mut c = Checker::new(sources, cat, options, loaded, scripts);
        c.frame = Frame::new(Place::Constant, None);
        let checked = c.scenario(s, loader, &root.name, playbooks);
        let failed = c.diagnostics.iter().any(|d| d.severity == Severity::Error);
        diagnostics.append(&mut c.diagnostics);
        found.extend(checked.filter(|_| !failed));
    }
    (found, diagnostics)
}

impl<'a> Checker<'a> {
    fn scenario(
        &mut self,
        s: &'a tree::Scenario,
        loader: &dyn Loader,
        from: &str,
        playbooks: &[&'a tree::Playbook],
    ) -> Option<CheckedScenario> {
        let playbook = playbooks.iter().find(|p| p.name.name == s.playbook.name).copied();
        if playbook.is_none() {
            let known: Vec<&str> = playbooks.iter().map(|p| p.name.name.as_str()).collect();
            self.unknown("H0703", s.playbook.span, "playbook in this file called", &s.playbook.name, known);
        }
        let mut checked = CheckedScenario {
            title: s.title.plain().unwrap_or_default(),
            playbook: s.playbook.name.clone(),
            world: String::new(),
            inputs: Vec::new(),
            happenings: Vec::new(),
            expectations: Vec::new(),
        };
        let mut world = false;
        for item in &s.items {
            match item {
                ScenarioItem::World(path, span) => {
                    if world {
                        self.report(Diagnostic::error("H0215", *span, "`world` stands here twice"));
                    }
                    world = true;
                    checked.world = path.plain().unwrap_or_default();
                    if checked.world.is_empty() || !loader.exists(from, &checked.world) {
                        self.report(
                            Diagnostic::error("H0702", path.span, format!("there is no world `{}`", checked.world))
                                .help("paths start at the folder of the file that names them"),
                        );
                    }
                }
                ScenarioItem::Given(body, _) => self.given(body, playbook, &mut checked.inputs),
                ScenarioItem::Fault { at, call, .. } => {
                    let at_ms = self.moment(at);
                    checked.happenings.extend(self.fault(at_ms, call));
                }
                ScenarioItem::Trigger { at, call, .. } => {
                    let at_ms = self.moment(at);
                    checked.happenings.extend(self.trigger_at(at_ms, call));
                }
                ScenarioItem::Expect(e, _) => {
                    let text = self.sources.slice(e.span).split_whitespace().collect::<Vec<_>>().join(" ");
                    if let Some(x) = self.expectation(e, playbook) {
                        checked.expectations.push((x, text));
                    }
                }
            }
        }
        if !world {
            self.report(
                Diagnostic::error("H0702", s.title.span, "this scenario plays in no world")
                    .help("name its file: `world \"./worlds/shop.yaml\"`"),
            );
        }
        if checked.expectations.is_empty() && !s.items.iter().any(|i| matches!(i, ScenarioItem::Expect(..))) {
            self.report(
                Diagnostic::warning("H0705", s.title.span, "this scenario expects nothing, so it always passes")
                    .help("add `expect outcome is healed`"),
            );
        }
        checked.happenings.sort_by_key(|h| h.at_ms);
        Some(checked)
    }

    fn moment(&mut self, at: &'a tree::Expr) -> u64 {
        self.constant_number(at, &Type::DURATION, "the time of an event").map_or(0, constant::milliseconds)
    }

    fn given(&mut self, body: &'a tree::Body, playbook: Option<&'a tree::Playbook>, inputs: &mut Vec<NamedArg>) {
        for item in &body.items {
            let Item::Setting(s) = item else {
                self.misplaced(item, "`given`");
                continue;
            };
            let Some(playbook) = playbook else {
                continue;
            };
            let all = playbook.body.items.iter().filter_map(|i| match i {
                Item::Input(x) => Some(x),
                _ => None,
            });
            let Some(input) = all.clone().find(|x| x.name.name == s.key.name) else {
                self.unknown("H0201", s.key.span, "input", &s.key.name, all.map(|x| x.name.name.as_str()));
                continue;
            };
            let typ = self.type_of(&input.typ, Some(&input.name.name));
            let value = self.demand(&s.value, &typ, &format!("the input `{}`", s.key.name));
            inputs.push(NamedArg { name: s.key.name.clone(), value });
        }
    }

    fn fault(&mut self, at_ms: u64, call: &'a tree::Call) -> Option<Happening> {
        let name = call.path.text();
        let cat = self.cat;
        let Some(decl) = cat.faults.get(&name) else {
            self.unknown("H0701", call.path.span, "fault", &name, cat.faults.keys().map(String::as_str));
            return None;
        };
        let bound = self.arguments(&format!("`{name}`"), &decl.params, &call.args, call.span, &[], Vars::new());
        Some(Happening { at_ms, kind: HappeningKind::Fault { name, args: bound.args } })
    }

    /// A trigger as it arrives: its own arguments, and the facts (labels) that the playbook reads from it.
    fn trigger_at(&mut self, at_ms: u64, call: &'a tree::Call) -> Option<Happening> {
        let kind = call.path.text();
        let cat = self.cat;
        let Some(decl) = cat.triggers.get(&kind) else {
            self.unknown("H0701", call.path.span, "trigger", &kind, cat.triggers.keys().map(String::as_str));
            return None;
        };
        let facts: Vec<ParamDecl> = decl
            .binds
            .values()
            .filter_map(|t| match t {
                Type::Record(r) => cat.records.get(r),
                _ => None,
            })
            .flat_map(|r| &r.fields)
            .filter(|(name, _)| !decl.params.iter().any(|p| p.name == **name))
            .map(|(name, field)| ParamDecl {
                name: name.clone(),
                typ: field.typ.clone(),
                default: Some(crate::catalogue::DefaultValue::None),
                subject: false,
                literal: false,
                outside: Outside::Data,
                doc: field.doc.clone(),
            })
            .collect();
        let own = decl.params.len();
        let params: Vec<ParamDecl> = decl.params.iter().cloned().chain(facts).collect();
        let bound = self.arguments(&format!("`{kind}`"), &params, &call.args, call.span, &[], Vars::new());
        let mut args = bound.args;
        let facts = args.split_off(own.min(args.len()));
        let given = |f: &NamedArg| !matches!(f.value.kind, crate::plan::ExprKind::None);
        Some(Happening {
            at_ms,
            kind: HappeningKind::Trigger { kind, args, facts: facts.into_iter().filter(given).collect() },
        })
    }

    fn expectation(&mut self, e: &'a tree::Expr, playbook: Option<&'a tree::Playbook>) -> Option<CheckedExpectation> {
        match &e.kind {
            tree::ExprKind::Group(inner) => self.expectation(inner, playbook),
            tree::ExprKind::Unary { op: UnaryOp::Not, operand } => {
                Some(CheckedExpectation::Not(Box::new(self.expectation(operand, playbook)?)))
            }
            tree::ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right, .. } => {
                let (a, b) = (self.expectation(left, playbook), self.expectation(right, playbook));
                let (a, b) = (Box::new(a?), Box::new(b?));
                Some(if *op == BinaryOp::And { CheckedExpectation::And(a, b) } else { CheckedExpectation::Or(a, b) })
            }
            tree::ExprKind::Binary { op: BinaryOp::Is, left, right, .. } => self.expect_is(left, right, playbook),
            tree::ExprKind::Binary { op, left, right, .. } if op.is_comparison() => {
                self.expect_compare(*op, left, right)
            }
            tree::ExprKind::Name(n) if FACTS.contains(&n.name.as_str()) => {
                Some(CheckedExpectation::Holds(n.name.clone()))
            }
            _ => {
                self.report(Diagnostic::error("H0705", e.span, "this is no expectation").help(
                    "as in `outcome is healed`, `time_to_repair < 10m`, `changes == [process.restart]` or `told`",
                ));
                None
            }
        }
    }

    fn expect_is(
        &mut self,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
        playbook: Option<&'a tree::Playbook>,
    ) -> Option<CheckedExpectation> {
        let (tree::ExprKind::Name(subject), tree::ExprKind::Name(word)) = (&left.kind, &right.kind) else {
            self.report(
                Diagnostic::error("H0705", left.span, "`is` takes two words here").help("as in `outcome is healed`"),
            );
            return None;
        };
        let words: Vec<String> = if subject.name == "outcome" {
            OUTCOMES.iter().map(|o| (*o).to_owned()).collect()
        } else {
            let steps = playbook.into_iter().flat_map(|p| &p.body.items).filter_map(|i| match i {
                Item::Step(s) => Some(s),
                _ => None,
            });
            match steps.clone().find(|s| s.name.name == subject.name) {
                Some(step) => step_words(step),
                None => {
                    let known = steps.map(|s| s.name.name.as_str()).chain(["outcome"]);
                    self.unknown("H0705", subject.span, "step or measure called", &subject.name, known);
                    return None;
                }
            }
        };
        if !words.contains(&word.name) {
            self.unknown("H0705", word.span, "word for it called", &word.name, words.iter().map(String::as_str));
            return None;
        }
        Some(CheckedExpectation::Is { subject: subject.name.clone(), word: word.name.clone() })
    }

    fn expect_compare(
        &mut self,
        op: BinaryOp,
        left: &'a tree::Expr,
        right: &'a tree::Expr,
    ) -> Option<CheckedExpectation> {
        let tree::ExprKind::Name(subject) = &left.kind else {
            self.report(
                Diagnostic::error("H0705", left.span, "what is measured stands on the left")
                    .help("as in `time_to_repair < 10m`"),
            );
            return None;
        };
        if subject.name == "changes" {
            return self.expect_changes(op, right);
        }
        let Some((_, dim)) = MEASURES.iter().find(|(n, _)| *n == subject.name) else {
            let known = MEASURES.iter().map(|(n, _)| *n).chain(["changes", "outcome"]).chain(FACTS);
            self.unknown("H0705", subject.span, "measure called", &subject.name, known);
            return None;
        };
        let value = self.constant_number(right, &Type::Quantity(*dim), &format!("`{}`", subject.name))?;
        Some(CheckedExpectation::Compare { subject: subject.name.clone(), op, value })
    }

    fn expect_changes(&mut self, op: BinaryOp, right: &'a tree::Expr) -> Option<CheckedExpectation> {
        if !matches!(right.kind, tree::ExprKind::List(_)) {
            let value = self.constant_number(right, &Type::Int, "the number of changes")?;
            return Some(CheckedExpectation::Compare { subject: "changes".to_owned(), op, value });
        }
        let tree::ExprKind::List(items) = &right.kind else {
            return None;
        };
        if !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            self.report(Diagnostic::error("H0705", right.span, "lists of changes are compared with `==` or `!=`"));
            return None;
        }
        let cat = self.cat;
        let mut actions = Vec::new();
        for item in items {
            let full = expr::path_of(item).unwrap_or_default();
            if cat.actions.contains_key(&full) {
                actions.push(full);
            } else {
                self.unknown("H0705", item.span, "action", &full, cat.actions.keys().map(String::as_str));
            }
        }
        Some(CheckedExpectation::Changes { op, actions })
    }
}

/// What may stand after `step is`.
fn step_words(step: &tree::Step) -> Vec<String> {
    let mut words: Vec<String> = crate::plan::Exit::of(step.kind).iter().map(|e| e.word().to_owned()).collect();
    for item in &step.body.items {
        if let Item::Rank(rank) = item {
            words.extend(rank.rows.iter().map(|r| r.cause.name.clone()));
        }
    }
    words
}
