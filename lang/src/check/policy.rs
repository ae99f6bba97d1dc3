//! Policies: parsed and checked here, enforced elsewhere (L63): rule paths must name something, or a rule that was
//! meant to forbid forbids nothing.

use super::checker::{Checker, Frame, Place};
use super::modules::Loaded;
use super::options::Options;
use super::profile::Scripts;
use crate::catalogue::{Catalogue, Effect};
use crate::diagnostic::Diagnostic;
use crate::source::Sources;
use crate::syntax::tree::{self, Path, PolicyRule};

/// Checks all policies of the root file.
pub(super) fn check(
    sources: &Sources,
    cat: &Catalogue,
    options: &Options<'_>,
    loaded: &Loaded,
    scripts: &Scripts,
) -> Vec<Diagnostic> {
    let mut c = Checker::new(sources, cat, options, loaded, scripts);
    let Some(root) = loaded.modules.first() else {
        return Vec::new();
    };
    for item in &root.file.items {
        if let tree::Top::Policy(p) = item {
            for rule in &p.rules {
                c.rule(rule);
            }
        }
    }
    c.diagnostics
}

impl<'a> Checker<'a> {
    fn rule(&mut self, rule: &'a PolicyRule) {
        match rule {
            PolicyRule::Forbid { path, .. } | PolicyRule::Allow { path, .. } => self.rule_path(path),
            PolicyRule::Limit { path, quota, .. } => {
                self.rule_path(path);
                self.within(Frame::new(Place::Constant, None), |c| c.quota(quota, "a limit"));
            }
            PolicyRule::Window { path, call, .. } => {
                self.rule_path(path);
                if call.path.text() != "calendar" {
                    self.unknown("H0706", call.path.span, "kind of window called", &call.path.text(), ["calendar"]);
                }
            }
            PolicyRule::Approval { path, when, body, .. } => {
                self.rule_path(path);
                self.approval(when.as_ref(), body);
            }
            PolicyRule::Setting(s) => {
                if !["note", "owner", "autonomy"].contains(&s.key.name.as_str()) {
                    self.unknown(
                        "H0706",
                        s.key.span,
                        "setting of a policy called",
                        &s.key.name,
                        ["note", "owner", "autonomy"],
                    );
                }
            }
        }
    }

    /// An action, a family of actions, a class of effect, or one of the words that policies know.
    fn rule_path(&mut self, path: &Path) {
        let text = path.text();
        let cat = self.cat;
        let family = |f: &str| cat.actions.keys().any(|n| n.split('.').next() == Some(f));
        let classes = ["read", "tell", "change", "destroy", "asserted", "local_guards", "all"];
        if cat.actions.contains_key(&text) || family(&text) || classes.contains(&text.as_str()) {
            if let Some(decl) = cat.actions.get(&text).filter(|d| d.effect == Effect::Read && !d.assertable) {
                self.report(Diagnostic::warning(
                    "H0704",
                    path.span,
                    format!("`{}` only looks; a rule about it changes nothing", decl.name),
                ));
            }
            return;
        }
        let mut families: Vec<&str> = cat.actions.keys().filter_map(|n| n.split('.').next()).collect();
        families.dedup();
        let known = cat.actions.keys().map(String::as_str).chain(families).chain(classes);
        self.unknown("H0704", path.span, "action or family of actions", &text, known.collect::<Vec<_>>());
    }
}
