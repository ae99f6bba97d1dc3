//! The arrows of the house, proven from Cargo's own metadata: nothing points back, and no rehearsal reaches a client.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

/// Crates of the workspace and what each may depend on, in `[dependencies]` (the arrows of ARCHITECTURE.md).
const ARROWS: &[(&str, &[&str])] = &[
    ("heal-lang", &[]),
    ("heal-signal", &[]),
    ("heal-stdlib", &["heal-lang", "heal-signal"]),
    ("heal-engine", &["heal-lang"]),
    ("heal-adapters", &["heal-stdlib", "heal-engine", "heal-lang"]),
    ("heal-rehearsal", &["heal-engine", "heal-lang", "heal-stdlib", "heal-signal"]),
    ("healrun", &["heal-rehearsal", "heal-adapters", "heal-stdlib", "heal-engine", "heal-lang", "heal-signal"]),
];

/// Crates that speak to the outside: none of them may be reachable from the pure crates.
const CLIENTS: &[&str] = &[
    "kube",
    "kube-client",
    "octocrab",
    "reqwest",
    "hyper",
    "hyper-util",
    "tokio",
    "rusqlite",
    "rustls",
    "aws-config",
    "heal-adapters",
    "healrun",
    "mio",
    "socket2",
];

/// Crates that stay pure.
const PURE: &[&str] = &["heal-lang", "heal-signal", "heal-stdlib", "heal-engine", "heal-rehearsal"];

struct Graph {
    workspace: BTreeSet<String>,
    direct: BTreeMap<String, BTreeSet<String>>,
}

fn graph() -> Graph {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo metadata answers inside the workspace");
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (p.id.clone(), p.name.to_string())).collect();
    let workspace = metadata.workspace_members.iter().map(|id| names[id].clone()).collect();
    let resolve = metadata.resolve.expect("metadata has a resolved graph");
    let direct = resolve
        .nodes
        .iter()
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|d| d.dep_kinds.iter().any(|k| k.kind == cargo_metadata::DependencyKind::Normal))
                .map(|d| names[&d.pkg].clone())
                .collect();
            (names[&node.id].clone(), normal)
        })
        .fold(BTreeMap::<String, BTreeSet<String>>::new(), |mut all, (name, deps)| {
            all.entry(name).or_default().extend::<BTreeSet<String>>(deps);
            all
        });
    Graph { workspace, direct }
}

impl Graph {
    /// Every crate that `from` reaches, each with the crate that leads to it.
    fn reachable(&self, from: &str) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        let mut queue = vec![from.to_owned()];
        while let Some(next) = queue.pop() {
            for dep in self.direct.get(&next).into_iter().flatten() {
                if !seen.contains_key(dep) {
                    seen.insert(dep.clone(), next.clone());
                    queue.push(dep.clone());
                }
            }
        }
        seen
    }

    fn path(reachable: &BTreeMap<String, String>, from: &str, to: &str) -> String {
        let mut path = vec![to.to_owned()];
        while let Some(before) = reachable.get(path.last().map_or("", String::as_str)) {
            path.push(before.clone());
            if before == from {
                break;
            }
        }
        path.reverse();
        path.join(" → ")
    }
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let graph = graph();
    for (name, allowed) in ARROWS {
        assert!(graph.workspace.contains(*name), "{name} is a crate of the workspace");
        let ours = graph.direct[*name].iter().filter(|d| graph.workspace.contains(*d));
        for dep in ours {
            assert!(allowed.contains(&dep.as_str()), "{name} must not depend on {dep}");
        }
    }
}

#[test]
fn the_product_has_no_crate_that_the_arrows_do_not_name() {
    let graph = graph();
    let stories = ["heal-snapshot-tests", "bad-release-story", "ci-retry-story", "restart-service-story"];
    for name in &graph.workspace {
        assert!(
            ARROWS.iter().any(|(n, _)| n == name) || stories.contains(&name.as_str()),
            "{name} has no place in ARCHITECTURE.md"
        );
    }
}

#[test]
fn no_client_is_reachable_from_a_pure_crate() {
    let graph = graph();
    for name in PURE {
        let reachable = graph.reachable(name);
        for client in CLIENTS {
            assert!(
                !reachable.contains_key(*client),
                "{name} reaches {client}: {}",
                Graph::path(&reachable, name, client)
            );
        }
    }
}

#[test]
fn the_check_itself_can_fail() {
    let graph = graph();
    let reachable = graph.reachable("healrun");
    for client in ["kube", "octocrab", "reqwest"] {
        assert!(reachable.contains_key(client), "healrun is known to reach {client}");
    }
}
