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
