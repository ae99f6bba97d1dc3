//! Tree to plan: names, types, units, effects, silence, bounds.
//!
//! May use everything else in this crate. Reports all findings of a file at once: what was reported already has the
//! type [`crate::catalogue::Type::Unknown`], which goes with everything, so that one mistake is one report.
//!
//! The way through a playbook ([`compile`]): `modules` loads what it uses → `playbook` declares its names and
//! checks inputs, targets, triggers and limits → `step` checks the steps in the order of their references, with
//! `expr` for everything that has a value → `flow` unrolls the graph → `bounds` → `silence` → the plan.

mod allow;
mod bounds;
mod checker;
mod constant;
mod declarations;
mod evidence;
mod expr;
mod flow;
mod ladders;
mod limits;
mod modules;
mod operators;
mod options;
mod order;
mod outside;
mod patterns;
mod playbook;
mod policy;
mod profile;
mod quantity;
mod scenario;
mod settings;
mod silence;
mod step;
mod suggest;
mod tell;
mod types;
mod walk;

pub(crate) use bounds::human;
pub(crate) use constant::text as plain_text;
pub use options::{
    AnyQuery, AnyScript, Defaults, Environment, Options, QueryChecker, QueryError, QueryFacts, ScriptChecker,
};
pub use scenario::{CheckedExpectation, CheckedScenario, Happening, HappeningKind};

use crate::catalogue::Catalogue;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Plan;
use crate::source::{FileId, Loader, Sources};

/// What a compilation gives.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// One for each playbook of the root file (or the one asked for), in order; none where there is an error.
    pub plans: Vec<Plan>,
    /// The scenarios of the root file, in order; only those without an error of their own.
    pub scenarios: Vec<CheckedScenario>,
    /// All findings, in order of file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether any finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Parses the root file and all it uses, checks them, and compiles the playbooks to plans.
///
/// Files that are used are added to `sources`. A plan exists only if nothing at all is wrong: a mistake in a scenario
/// or in a second playbook of the file withholds every plan, because a file is reviewed and run as a whole.
pub fn compile(
    sources: &mut Sources,
    root: FileId,
    loader: &dyn Loader,
    catalogue: &Catalogue,
    scripts: &dyn ScriptChecker,
    options: &Options<'_>,
) -> Checked {
    let mut diagnostics = Vec::new();
    let loaded = modules::load(sources, root, loader, options, &mut diagnostics);
    let mut checked = Checked::default();
    if let Some(loaded) = &loaded {
        let mut results = checker::check_root(sources, loader, catalogue, scripts, options, loaded);
        allow::apply(sources, &loaded.modules, &mut results.diagnostics);
        loaded.shift(&mut results.diagnostics);
        diagnostics.append(&mut results.diagnostics);
        checked.scenarios = results.scenarios;
        checked.plans = results.plans;
    }
    diagnostics.sort_by_key(|d| d.labels.first().map(|l| (l.span.file, l.span.start, l.span.end)));
    // The same finding twice (a `fn` that is used twice, a rule that two phases know) is said once.
    diagnostics.dedup_by(|a, b| {
        a.code == b.code
            && a.message == b.message
            && a.labels.first().map(|l| (l.span.file, l.span.range()))
                == b.labels.first().map(|l| (l.span.file, l.span.range()))
    });
    checked.diagnostics = diagnostics;
    if checked.has_errors() {
        checked.plans.clear();
    }
    checked
}
