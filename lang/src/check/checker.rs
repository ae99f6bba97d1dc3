//! The state of a check: what is in scope, and what was found.

use super::evidence::Weight;
use super::modules::{Found, Loaded, Module};
use super::options::{Options, ScriptChecker};
use super::patterns::Patterns;
use super::scenario::{self, CheckedScenario};
use super::suggest;
use crate::catalogue::{Catalogue, Type};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::{Before, Expr, Plan, ReadCall, ReadId, Retry, ScriptDef, StepId};
use crate::source::{Loader, Sources, Span};
use crate::syntax::tree::{self, StepKind};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What a name of the playbook stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Binding {
    Input(Type),
    Secret,
    Target(String),
    /// A let of the playbook; `None` until it was checked.
    Let(Option<Type>),
    Step(StepId),
    Ladder,
}

impl Binding {
    /// In words, for messages.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Binding::Input(_) => "an input",
            Binding::Secret => "a secret",
            Binding::Target(_) => "a target",
            Binding::Let(_) => "a `let` of the playbook",
            Binding::Step(_) => "a step",
            Binding::Ladder => "a ladder",
        }
    }
}

/// A name with its place.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) binding: Binding,
    pub(super) span: Span,
}

/// What is known of a let of a step.
#[derive(Clone, Debug)]
pub(super) struct LetInfo {
    pub(super) typ: Type,
    pub(super) weight: Weight,
    pub(super) span: Span,
    /// The reads of its step that it needs, in the end.
    pub(super) reads: BTreeSet<ReadId>,
}

/// What is known of a step.
pub(super) struct StepInfo<'a> {
    pub(super) tree: &'a tree::Step,
    pub(super) lets: BTreeMap<String, LetInfo>,
    /// Of a diagnose: its causes, with what their row rests on once it was checked.
    pub(super) causes: Vec<(String, Weight)>,
    /// Of a detect: what its firing rests on.
    pub(super) fire: Weight,
    /// Any of its reads answers with a series, and how far they look back.
    pub(super) series: bool,
    pub(super) range_ms: u64,
    /// Its lets have their types.
    pub(super) checked: bool,
}

/// Where an expression stands; decides what it may mention and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A let, default or target of the playbook: pure, from inputs.
    Playbook,
    /// The bindings of a trigger: its names are in scope, absent labels start no run.
    Trigger,
    /// `when` of a step or a ladder: judged before the step's own reads.
    When,
    /// The body of a step of that kind.
    Body(StepKind),
    /// `undo { … }` after a change.
    Undo,
    /// `approval when …`: `risk` is in scope.
    Approval,
    /// `escalate` and handlers: soft references only.
    Tell,
    /// `defaults.escalate`: only `run`.
    DefaultTell,
    /// The body of a `fn`, checked on its own.
    Fn,
    /// A setting or a scenario: constants.
    Constant,
}

/// A parameter of a lambda or of an inlined `fn`, or the name of a `for`.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub(super) name: String,
    /// Unique within the plan.
    pub(super) unique: String,
    pub(super) typ: Type,
}

/// The expression context: swapped whole when another place is entered.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) place: Place,
    pub(super) step: Option<StepId>,
    /// Lets of this step, or of an `escalate`, that are already there.
    pub(super) lets: BTreeMap<String, LetInfo>,
    pub(super) locals: Vec<Local>,
    /// Arguments of the `fn`s that are being inlined, outermost first.
    pub(super) binds: Vec<(String, Rc<Expr>)>,
    /// Paths that are known to be there (`exists` narrows).
    pub(super) facts: Vec<String>,
    pub(super) reads: Vec<ReadCall>,
    pub(super) befores: Vec<Before>,
    /// Names that the trigger binds.
    pub(super) trigger: BTreeMap<String, Type>,
    pub(super) needs: BTreeSet<StepId>,
    pub(super) soft: BTreeSet<StepId>,
    /// The let that is being checked.
    pub(super) current_let: Option<String>,
    /// Inside a lambda; reads cannot be lifted out of one.
    pub(super) in_lambda: bool,
    /// Inside the body of a `fn` of that module: its names, not the playbook's.
    pub(super) module: Option<usize>,
    /// The `fn`s that are being inlined.
    pub(super) stack: Vec<(usize, String)>,
    /// Of reads: one attempt, and how often; `true` where the step wrote its `retry`.
    pub(super) timeout_ms: Option<u64>,
    pub(super) retry: Option<Retry>,
}

impl Frame {
    pub(super) fn new(place: Place, step: Option<StepId>) -> Self {
        Self {
            place,
            step,
            lets: BTreeMap::new(),
            locals: Vec::new(),
            binds: Vec::new(),
            facts: Vec::new(),
            reads: Vec::new(),
            befores: Vec::new(),
            trigger: BTreeMap::new(),
            needs: BTreeSet::new(),
            soft: BTreeSet::new(),
            current_let: None,
            in_lambda: false,
            module: None,
            stack: Vec::new(),
            timeout_ms: None,
            retry: None,
        }
    }
}

/// The check of one playbook (or of what stands outside of any).
pub(super) struct Checker<'a> {
    pub(super) sources: &'a Sources,
    pub(super) cat: &'a Catalogue,
    pub(super) options: &'a Options<'a>,
    pub(super) modules: &'a [Module],
    pub(super) defaults: Option<&'a Module>,
    pub(super) patterns: &'a Patterns,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) names: BTreeMap<String, Named>,
    pub(super) steps: Vec<StepInfo<'a>>,
    /// The words of `enum(…)` inputs, by `input.NAME`.
    pub(super) enums: BTreeMap<String, Vec<String>>,
    pub(super) frame: Frame,
    pub(super) uses: BTreeSet<String>,
    pub(super) assertions: Vec<(String, Span)>,
    pub(super) hosts: BTreeSet<String>,
    pub(super) scripts: BTreeMap<String, ScriptDef>,
    /// Script code by the span of its declaration, loaded and checked once.
    pub(super) script_code: &'a BTreeMap<(usize, String), ScriptDef>,
    /// Range selectors of the queries in playbook lets, inputs and texts, by the text's place.
    pub(super) ranges: BTreeMap<(u16, u32), u64>,
    /// How far the playbook's lets look back.
    pub(super) let_ranges: BTreeMap<String, u64>,
    /// What the ladders' conditions need, hard and soft.
    pub(super) ladder_refs: Vec<(BTreeSet<StepId>, BTreeSet<StepId>)>,
    /// `fn`s whose mistakes were reported where they stand: their calls are not to be looked into.
    pub(super) broken_fns: BTreeSet<(usize, String)>,
    /// For unique names of locals.
    pub(super) counter: u32,
    /// Expressions made so far; a limit keeps nested `fn`s from growing without end.
    pub(super) made: usize,
}

/// Typed expressions in one plan at most.
pub(super) const MOST_EXPRESSIONS: usize = 50_000;

impl<'a> Checker<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        cat: &'a Catalogue,
        options: &'a Options<'a>,
        loaded: &'a Loaded,
        script_code: &'a BTreeMap<(usize, String), ScriptDef>,
    ) -> Self {
        Self {
            sources,
            cat,
            options,
            modules: &loaded.modules,
            defaults: loaded.defaults.as_ref(),
            patterns: &loaded.patterns,
            diagnostics: Vec::new(),
            names: BTreeMap::new(),
            steps: Vec::new(),
            enums: BTreeMap::new(),
            frame: Frame::new(Place::Constant, None),
            uses: BTreeSet::new(),
            assertions: Vec::new(),
            hosts: BTreeSet::new(),
            scripts: BTreeMap::new(),
            script_code,
            ranges: BTreeMap::new(),
            let_ranges: BTreeMap::new(),
            ladder_refs: Vec::new(),
            broken_fns: BTreeSet::new(),
            counter: 0,
            made: 0,
        }
    }

    pub(super) fn report(&mut self, mut d: Diagnostic) {
        d.message = with_articles(&d.message);
        for label in &mut d.labels {
            label.text = with_articles(&label.text);
        }
        self.diagnostics.push(d);
    }

    /// Whether an error was reported.
    pub(super) fn failed(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// Enters another place for the time of `f`; the frame it leaves behind comes back with the result.
    pub(super) fn within<T>(&mut self, frame: Frame, f: impl FnOnce(&mut Self) -> T) -> (T, Frame) {
        let outer = std::mem::replace(&mut self.frame, frame);
        let result = f(self);
        let inner = std::mem::replace(&mut self.frame, outer);
        (result, inner)
    }

    /// A name for a local that no other has.
    pub(super) fn unique(&mut self, name: &str) -> String {
        self.counter += 1;
        format!("{name}#{}", self.counter)
    }

    /// The words of an enum and whether they are ordered.
    pub(super) fn words(&self, name: &str) -> Option<(Vec<String>, bool)> {
        if let Some(words) = self.enums.get(name) {
            return Some((words.clone(), false));
        }
        if let Some(decl) = self.cat.enums.get(name) {
            return Some((decl.values.clone(), decl.ordered));
        }
        (name == "risk").then(|| (["low", "medium", "high"].map(str::to_owned).to_vec(), true))
    }

    pub(super) fn step_kind(&self, id: StepId) -> StepKind {
        self.steps.get(id.0 as usize).map_or(StepKind::Detect, |s| s.tree.kind)
    }

    pub(super) fn step_name(&self, id: StepId) -> String {
        self.steps.get(id.0 as usize).map(|s| s.tree.name.name.clone()).unwrap_or_default()
    }

    /// The step of that name.
    pub(super) fn step_id(&self, name: &str) -> Option<StepId> {
        match self.names.get(name)?.binding {
            Binding::Step(id) => Some(id),
            _ => None,
        }
    }

    /// "there is no …", with the name that was probably meant.
    pub(super) fn unknown<'n>(
        &mut self,
        code: &'static str,
        span: Span,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let mut d = Diagnostic::error(code, span, format!("there is no {what} `{name}`"));
        if let Some(near) = suggest::nearest(name, known.iter().copied()) {
            d = d.fix(span, near, format!("did you mean `{near}`?"));
        } else if (1..=12).contains(&known.len()) {
            let are = if known.len() == 1 { "is" } else { "are" };
            d = d.help(format!("there {are} {}", suggest::list(known.iter().copied())));
        }
        self.report(d);
    }
}

/// `a int` as `an int`: types are put into sentences by their names.
fn with_articles(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for i in 1..words.len() {
        let is_type = words[i].starts_with("int") || words[i].contains('.');
        if words[i - 1] == "a" && is_type && words[i].starts_with(['a', 'e', 'i', 'o']) {
            words[i - 1] = "an";
        }
    }
    words.join(" ")
}

/// What the check of a root file gives.
#[derive(Default)]
pub(super) struct Results {
    pub(super) plans: Vec<Plan>,
    pub(super) scenarios: Vec<CheckedScenario>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Checks everything in the root file, and the functions and profiles of the files it uses.
pub(super) fn check_root(
    sources: &Sources,
    loader: &dyn Loader,
    cat: &Catalogue,
    scripts: &dyn ScriptChecker,
    options: &Options<'_>,
    loaded: &Loaded,
) -> Results {
    let mut results = Results::default();
    let Some(root) = loaded.modules.first() else {
        return results;
    };
    let (script_code, found) = super::profile::load_scripts(sources, loader, cat, scripts, options, loaded);
    results.diagnostics.extend(found);
    let mut outside = Checker::new(sources, cat, options, loaded, &script_code);
    outside.check_tops();
    results.diagnostics.append(&mut outside.diagnostics);
    let broken_fns = outside.broken_fns;

    let playbooks: Vec<&tree::Playbook> = root
        .file
        .items
        .iter()
        .filter_map(|i| match i {
            tree::Top::Playbook(p) => Some(p),
            _ => None,
        })
        .collect();
    if root.file.items.is_empty() {
        results.diagnostics.push(
            Diagnostic::error("H0010", Span { start: 0, end: 0, ..root.file.span }, "nothing stands in this file")
                .help("a playbook begins with `heal 1` and `playbook NAME { … }`; `healrun init` writes a first one"),
        );
    }
    let edition = root.file.edition.as_ref().map_or(1, |e| e.number);
    for (i, p) in playbooks.iter().enumerate() {
        if let Some(first) = playbooks[..i].iter().find(|f| f.name.name == p.name.name) {
            results.diagnostics.push(taken(&p.name.name, "a playbook", p.name.span, first.name.span));
        }
        if options.playbook.as_ref().is_some_and(|wanted| *wanted != p.name.name) {
            continue;
        }
        let mut checker = Checker::new(sources, cat, options, loaded, &script_code);
        checker.broken_fns.clone_from(&broken_fns);
        let plan = checker.playbook(p, edition);
        results.diagnostics.append(&mut checker.diagnostics);
        results.plans.extend(plan);
    }
    if let Some(wanted) = &options.playbook
        && !playbooks.iter().any(|p| p.name.name == *wanted)
    {
        let names: Vec<&str> = playbooks.iter().map(|p| p.name.name.as_str()).collect();
        let mut d = Diagnostic::error(
            "H0221",
            Span { start: 0, end: 0, ..root.file.span },
            format!("there is no playbook `{wanted}` in this file"),
        );
        d = d.help(match suggest::nearest(wanted, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it holds {}", suggest::list(names.iter().copied())),
        });
        results.diagnostics.push(d);
    }
    let (scenarios, mut found) = scenario::check(sources, loader, cat, options, loaded, &script_code, &playbooks);
    results.scenarios = scenarios;
    results.diagnostics.append(&mut found);
    results.diagnostics.append(&mut super::policy::check(sources, cat, options, loaded, &script_code));
    results
}

/// "the name is taken", with both places.
pub(super) fn taken(name: &str, first_is: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("H0202", span, format!("the name `{name}` is already taken"))
        .at("taken again here")
        .label(first, format!("{first_is} of this name"))
        .help("one name means one thing in a playbook; choose another")
}

impl Checker<'_> {
    /// Names declared twice at the top of a file, and each `fn` on its own.
    fn check_tops(&mut self) {
        for (index, module) in self.modules.iter().enumerate() {
            let mut seen: BTreeMap<&str, Found<'_>> = BTreeMap::new();
            for (name, found) in module.named() {
                if let Some(first) = seen.get(name) {
                    self.report(taken(name, "the first", found.span(), first.span()));
                } else {
                    seen.insert(name, found);
                }
                match found {
                    Found::Fn(f) => {
                        let before = self.diagnostics.len();
                        self.check_fn(index, f);
                        if self.diagnostics[before..].iter().any(|d| d.severity == Severity::Error) {
                            self.broken_fns.insert((index, name.to_owned()));
                        }
                    }
                    Found::Profile(p) => {
                        let (_, _) = self.within(Frame::new(Place::Constant, None), |c| c.profile(p));
                    }
                    Found::Script(_) | Found::Use(..) => {}
                }
            }
        }
    }
}
