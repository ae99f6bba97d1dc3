//! Everything this library declares, put together. The one list of actions and functions.

use crate::action::{Args, ChangeAction, Function, ReadAction};
use crate::value::Value;
use crate::{actions, functions, vocabulary};
use heal_lang::catalogue::{ActionDecl, Catalogue, FunctionDecl};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What the checker is handed.
#[must_use]
pub fn catalogue() -> Catalogue {
    Catalogue {
        actions: action_decls().into_iter().map(|d| (d.name.clone(), d)).collect(),
        functions: function_decls().into_iter().map(|d| (d.name.clone(), d)).collect(),
        methods: vocabulary::methods::methods(),
        records: [
            vocabulary::records(),
            vocabulary::triggers::records(),
            actions::process::records(),
            actions::file::records(),
            actions::http::records(),
            actions::kubernetes::records(),
            actions::github::records(),
            functions::anomaly::records(),
            functions::changepoint::records(),
            functions::compare::records(),
            functions::forecast::records(),
            functions::logs::records(),
            functions::rootcause::records(),
        ]
        .into_iter()
        .flatten()
        .map(|d| (d.name.clone(), d))
        .collect(),
        enums: [
            vocabulary::enums(),
            actions::file::enums(),
            actions::data::enums(),
            actions::kubernetes::enums(),
            actions::github::enums(),
        ]
        .into_iter()
        .flatten()
        .map(|d| (d.name.clone(), d))
        .collect(),
        texts: [actions::process::texts(), actions::kubernetes::texts()]
            .into_iter()
            .flatten()
            .map(|d| (d.name.clone(), d))
            .collect(),
        targets: [
            actions::process::targets(),
            actions::file::targets(),
            actions::kubernetes::targets(),
            actions::github::targets(),
        ]
        .into_iter()
        .flatten()
        .map(|d| (d.name.clone(), d))
        .collect(),
        triggers: vocabulary::triggers::triggers().into_iter().map(|d| (d.name.clone(), d)).collect(),
        faults: vocabulary::faults::faults().into_iter().map(|d| (d.name.clone(), d)).collect(),
    }
}

/// An action by its file.
struct Entry {
    decl: fn() -> ActionDecl,
    read: Option<fn() -> Box<dyn ReadAction>>,
    change: Option<fn() -> Box<dyn ChangeAction>>,
}

macro_rules! entry {
    (reads $module:path) => {{
        use $module as it;
        Entry { decl: it::decl, read: Some(|| Box::new(it::Action)), change: None }
    }};
    (changes $module:path) => {{
        use $module as it;
        Entry { decl: it::decl, read: None, change: Some(|| Box::new(it::Action)) }
    }};
    (asserted $module:path) => {{
        use $module as it;
        Entry { decl: it::decl, read: Some(|| Box::new(it::Action)), change: Some(|| Box::new(it::Action)) }
    }};
}

/// All actions. One that may be asserted to read (L35) is both.
static ACTIONS: [Entry; 31] = [
    entry!(asserted crate::actions::process::run),
    entry!(reads crate::actions::process::status),
    entry!(changes crate::actions::process::restart),
    entry!(reads crate::actions::file::facts),
    entry!(reads crate::actions::file::logs),
    entry!(reads crate::actions::file::releases),
    entry!(changes crate::actions::file::switch_release),
    entry!(reads crate::actions::http::get),
    entry!(asserted crate::actions::http::request),
    entry!(reads crate::actions::http::probe),
    entry!(reads crate::actions::http::scrape),
    entry!(reads crate::actions::data::series),
    entry!(reads crate::actions::prometheus::instant),
    entry!(reads crate::actions::prometheus::range),
    entry!(reads crate::actions::kubernetes::pods),
    entry!(reads crate::actions::kubernetes::logs),
    entry!(reads crate::actions::kubernetes::events),
    entry!(reads crate::actions::kubernetes::rollout_history),
    entry!(reads crate::actions::kubernetes::resources),
    entry!(changes crate::actions::kubernetes::rollout_undo),
    entry!(changes crate::actions::kubernetes::rollout_restart),
    entry!(changes crate::actions::kubernetes::scale),
    entry!(changes crate::actions::kubernetes::set_resources),
    entry!(reads crate::actions::github::runs),
    entry!(reads crate::actions::github::failed_jobs),
    entry!(reads crate::actions::github::job_log),
    entry!(changes crate::actions::github::rerun_failed_jobs),
    entry!(changes crate::actions::github::comment),
    entry!(changes crate::actions::notify::console),
    entry!(changes crate::actions::notify::webhook),
    entry!(changes crate::actions::notify::pagerduty),
];

fn action_decls() -> Vec<ActionDecl> {
    ACTIONS.iter().map(|e| (e.decl)()).collect()
}

fn entry(name: &str) -> Option<&'static Entry> {
    static BY_NAME: OnceLock<BTreeMap<String, &'static Entry>> = OnceLock::new();
    BY_NAME.get_or_init(|| ACTIONS.iter().map(|e| ((e.decl)().name, e)).collect()).get(name).copied()
}

/// The action of that name, where it looks (or may be asserted to).
#[must_use]
pub fn read_action(name: &str) -> Option<Box<dyn ReadAction>> {
    entry(name)?.read.map(|make| make())
}

/// The action of that name, where it changes or speaks.
#[must_use]
pub fn change_action(name: &str) -> Option<Box<dyn ChangeAction>> {
    entry(name)?.change.map(|make| make())
}

/// A pure function as its two halves.
struct Pure {
    decl: fn() -> FunctionDecl,
    call: fn(&Args, i64) -> Value,
}

impl Function for Pure {
    fn decl(&self) -> FunctionDecl {
        (self.decl)()
    }
    fn call(&self, args: &Args, now_ms: i64) -> Value {
        (self.call)(args, now_ms)
    }
}

macro_rules! pure {
    ($($module:path),* $(,)?) => { [$({ use $module as it; &Pure { decl: it::decl, call: it::call } as &'static dyn Function }),*] };
}

/// All functions.
fn functions() -> &'static [&'static dyn Function] {
    static ALL: [&dyn Function; 39] = pure![
        functions::approvers,
        functions::backoff::constant,
        functions::backoff::exponential,
        functions::anomaly::auto,
        functions::anomaly::cusum,
        functions::anomaly::ewma,
        functions::anomaly::flatline,
        functions::anomaly::holt,
        functions::anomaly::novelty,
        functions::anomaly::page_hinkley,
        functions::anomaly::peers,
        functions::anomaly::rcf,
        functions::anomaly::seasonal,
        functions::anomaly::zscore,
        functions::changepoint::all,
        functions::changepoint::last,
        functions::changepoint::recent,
        functions::compare::before_after,
        functions::compare::drift,
        functions::compare::lag,
        functions::forecast::at,
        functions::forecast::crossing,
        functions::forecast::units,
        functions::logs::blame,
        functions::logs::templates,
        functions::rootcause::component,
        functions::rootcause::rank,
        functions::number::abs,
        functions::number::ceil,
        functions::number::floor,
        functions::number::modulo,
        functions::number::round,
        functions::series::last,
        functions::series::max,
        functions::series::mean,
        functions::series::min,
        functions::series::rate,
        functions::series::ratio,
        functions::time::parse,
    ];
    &ALL
}

/// The function of that name.
#[must_use]
pub fn function(name: &str) -> Option<&'static dyn Function> {
    static BY_NAME: OnceLock<BTreeMap<String, &'static dyn Function>> = OnceLock::new();
    BY_NAME.get_or_init(|| functions().iter().map(|f| (f.decl().name, *f)).collect()).get(name).copied()
}

/// Where a word stands in its ordered enum.
#[must_use]
pub fn word_order(name: &str, word: &str) -> Option<usize> {
    static ENUMS: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    ENUMS
        .get_or_init(|| catalogue().enums.into_values().filter(|e| e.ordered).map(|e| (e.name, e.values)).collect())
        .get(name)?
        .iter()
        .position(|w| w == word)
}

fn function_decls() -> Vec<FunctionDecl> {
    functions().iter().map(|f| f.decl()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use heal_lang::catalogue::{Effect, ParamDecl, ResultDecl, Type};

    /// Every name that a type holds is declared.
    fn known(c: &Catalogue, typ: &Type) -> bool {
        match typ {
            Type::Record(n) => c.records.contains_key(n),
            Type::Enum(n) => c.enums.contains_key(n),
            Type::Text(n) => c.texts.contains_key(n),
            Type::Target(n) => n == "*" || c.targets.contains_key(n),
            Type::List(t) | Type::Map(t) | Type::Secret(t) | Type::Optional(t) | Type::Range(t) => known(c, t),
            Type::Lambda(a, b) => known(c, a) && known(c, b),
            _ => true,
        }
    }

    fn params(c: &Catalogue, of: &str, params: &[ParamDecl]) {
        assert!(params.iter().filter(|p| p.subject).count() <= 1, "{of} has one subject at most (L11)");
        for p in params {
            assert!(known(c, &p.typ), "{of} takes {} of an undeclared type {}", p.name, p.typ);
            assert!(!p.subject || params[0].name == p.name, "{of}: the subject comes first");
        }
    }

    #[test]
    fn every_name_is_declared_once() {
        let c = catalogue();
        assert_eq!(c.actions.len(), action_decls().len(), "two actions of one name");
        assert_eq!(c.functions.len(), function_decls().len(), "two functions of one name");
        for (name, d) in &c.actions {
            params(&c, name, &d.params);
            if let ResultDecl::Type(t) = &d.result {
                assert!(known(&c, t), "{name} returns an undeclared type {t}");
            }
            assert!(!d.examples.is_empty(), "{name} has no example");
        }
        for (name, d) in &c.functions {
            params(&c, name, &d.params);
            assert!(!d.examples.is_empty(), "{name} has no example");
        }
        for (name, d) in &c.records {
            for (field, f) in &d.fields {
                assert!(known(&c, &f.typ), "{name}.{field} is of an undeclared type {}", f.typ);
            }
        }
        for (name, d) in &c.faults {
            params(&c, name, &d.params);
        }
        for d in c.triggers.values() {
            params(&c, &d.name, &d.params);
            assert!(d.binds.values().all(|t| known(&c, t)));
        }
    }

    #[test]
    fn what_an_action_may_do_is_the_trait_that_it_implements() {
        for (name, d) in catalogue().actions {
            let (reads, changes) = (read_action(&name), change_action(&name));
            assert_eq!(reads.is_some(), d.effect == Effect::Read || d.assertable, "{name}");
            assert_eq!(changes.is_some(), d.effect >= Effect::Tell, "{name}");
            assert!(reads.is_none_or(|a| a.decl() == d) && changes.is_none_or(|a| a.decl() == d), "{name}");
        }
        assert!(read_action("process.restart").is_none() && change_action("http.probe").is_none());
    }

    #[test]
    fn a_change_says_its_class_its_target_and_its_undo() {
        for (name, d) in catalogue().actions {
            if d.effect >= Effect::Tell {
                assert!(d.class.is_some() && d.undo.is_some(), "{name}");
            }
            if d.effect == Effect::Change {
                let target = d.target.as_deref().unwrap_or_default();
                let p = d.params.iter().find(|p| p.name == target);
                assert!(matches!(p.map(|p| &p.typ), Some(Type::Target(_))), "{name} names no target");
            }
            assert_eq!(
                d.expects,
                d.expects && d.params.iter().any(|p| p.name == "expect" && p.default.is_none()),
                "{name}"
            );
            if let Some(p) = &d.timeout_from {
                assert!(d.params.iter().any(|q| &q.name == p), "{name}");
            }
        }
    }
}
