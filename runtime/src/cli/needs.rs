//! Permissions, for the person who must grant them: one line for each thing, its verbs together.

use heal_lang::catalogue::Permission;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// One line for each, as `system  what`, sorted; the rules of one Kubernetes resource are one line.
pub(super) fn lines<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> Vec<(&'static str, String)> {
    let mut rules: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut scopes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    for permission in permissions {
        match permission {
            Permission::Kubernetes { group, resource, verbs } => {
                rules.entry((resource, group)).or_default().extend(verbs.iter().map(String::as_str));
            }
            Permission::Github { scope, level } => {
                scopes.entry(scope).or_default().insert(level);
            }
            Permission::Http { what } => {
                lines.insert(("network", what.clone()));
            }
            Permission::Local { what } => {
                lines.insert(("this machine", what.clone()));
            }
        }
    }
    for ((resource, group), verbs) in rules {
        let verbs: Vec<&str> = verbs.into_iter().collect();
        let group = if group.is_empty() { String::new() } else { format!(" of {group}") };
        lines.insert(("Kubernetes", format!("{} {resource}{group}", verbs.join(", "))));
    }
    for (scope, levels) in scopes {
        // `write` holds `read`.
        let level = if levels.contains("write") { "write" } else { "read" };
        lines.insert(("GitHub token", format!("{scope}: {level}")));
    }
    lines.into_iter().collect()
}

/// The lines as a block under a heading; nothing where nothing is needed.
pub(super) fn block<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> String {
    let lines = lines(permissions);
    let width = lines.iter().map(|(system, _)| system.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (system, what) in lines {
        let _ = writeln!(text, "  {system:width$}  {what}");
    }
    text
}
