//! Whole playbooks: the design's example and the first thing in the README.

mod support;

use support::{Files, check_with, rendered, with_escalate};

const EXAMPLE: &str = include_str!("syntax/good/rollback_bad_release.heal");
const RESTART: &str = include_str!("syntax/good/restart_api.heal");

fn files() -> Files {
    let mut files = Files::default();
    files.0.insert(
        "lib/profiles.heal".to_owned(),
        "heal 1\nbreaker rare_change { failures = 2; within = 1h; open_for = 30m }\n".to_owned(),
    );
    files.0.insert("worlds/shop.yaml".to_owned(), String::new());
    files
}

#[test]
fn the_example_of_the_design_is_a_plan() {
    let (sources, checked) = check_with(EXAMPLE, &files(), &support::with_environments());
    assert_eq!(rendered(&sources, &checked), "");
    assert_eq!(checked.plans.len(), 1);
    assert_eq!(checked.scenarios.len(), 1);
}

#[test]
fn the_first_playbook_of_the_readme_is_a_plan() {
    let (sources, checked) = check_with(RESTART, &files(), &with_escalate());
    assert_eq!(rendered(&sources, &checked), "");
    assert_eq!(checked.plans.len(), 1);
}

#[test]
fn the_worst_case_of_the_example_is_what_the_decisions_say() {
    let text = EXAMPLE.replace("fresh = 2m ", "parallel = 1\n    fresh = 2m ");
    let (sources, checked) = check_with(&text, &files(), &support::with_environments());
    assert_eq!(rendered(&sources, &checked), "");
    let bounds = &checked.plans[0].bounds;
    assert_eq!(bounds.duration_ms, (41 * 60 + 3) * 1000);
}

fn plan(text: &str) -> heal_lang::plan::Plan {
    let (sources, checked) = check_with(text, &files(), &with_escalate());
    assert_eq!(rendered(&sources, &checked), "");
    let mut plans = checked.plans;
    plans.remove(0)
}

#[test]
fn drawings_of_the_example() {
    use heal_lang::plan::graph;
    let plan = plan(EXAMPLE);
    insta::assert_snapshot!("example_terminal", graph::terminal(&plan));
    insta::assert_snapshot!("example_mermaid", graph::mermaid(&plan));
    insta::assert_snapshot!("example_dot", graph::dot(&plan));
}

#[test]
fn drawings_of_the_small_playbook() {
    use heal_lang::plan::graph;
    let plan = plan(RESTART);
    insta::assert_snapshot!("restart_terminal", graph::terminal(&plan));
    let mut json = graph::json(&plan);
    json["plan_hash"] = "[hash]".into();
    insta::assert_json_snapshot!("restart_json", json);
}

/// Texts that mean the same: laid out anew, with other comments, with other blank lines.
fn same_meaning(text: &str) -> Vec<String> {
    let formatted = heal_lang::syntax::format(text).unwrap_or_default();
    let commented =
        text.lines().map(|l| format!("{l}\n")).collect::<String>().replace("  detect ", "  // looks\n\n  detect ");
    let documented = text.replace("  verify ", "  /// Proves it.\n  verify ");
    vec![formatted, commented, documented]
}

#[test]
fn the_hash_ignores_layout_and_comments_and_nothing_else() {
    for text in [EXAMPLE, RESTART] {
        let first = plan(text);
        for other in same_meaning(text) {
            assert_eq!(plan(&other).hash, first.hash, "{other}");
        }
    }
    let first = plan(EXAMPLE);
    for (from, to) in
        [("5m", "6m"), ("> ceiling", ">= ceiling"), ("\"PAGERDUTY_KEY\"", "\"OTHER_KEY\""), ("95%", "94%")]
    {
        let changed = EXAMPLE.replacen(from, to, 1);
        assert_ne!(changed, EXAMPLE);
        assert_ne!(plan(&changed).hash, first.hash, "{from} -> {to}");
    }
}

#[test]
fn the_defaults_of_healrun_yaml_are_in_the_hash() {
    let hash = |escalate: &str, timeout_ms: u64| {
        let mut options = with_escalate();
        options.defaults.escalate = Some(escalate.to_owned());
        options.defaults.timeout_ms = timeout_ms;
        let (sources, mut checked) = check_with(RESTART, &files(), &options);
        assert_eq!(rendered(&sources, &checked), "");
        checked.plans.remove(0).hash
    };
    let first = hash("notify.console(summary: run.url)", 10_000);
    assert_ne!(first, hash("notify.console(summary: run.outcome)", 10_000));
    assert_ne!(first, hash("notify.console(summary: run.url)", 20_000));
}

#[test]
fn edges_lead_forward() {
    for text in [EXAMPLE, RESTART] {
        let plan = plan(text);
        assert!(!plan.edges.is_empty());
        assert!(plan.edges.iter().all(|e| e.from < e.to), "{:?}", plan.edges);
    }
}

#[test]
fn a_plan_survives_its_serialised_form() {
    let first = plan(EXAMPLE);
    let text = serde_json::to_string(&first).unwrap();
    let back: heal_lang::plan::Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(first, back);
    assert_eq!(back.hash_with(&support::catalogue()), first.hash);
}
