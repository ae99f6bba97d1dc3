//! Every example of a declaration checks, and so does the design's playbook, word for word: declarations are read by the
//! checker as they are written here.
#![allow(clippy::expect_used, reason = "a test")]

use heal_lang::check::{Checked, Options, compile};
use heal_lang::diagnostic::render;
use heal_lang::source::{LoadError, Loader, SourceFile, Sources};
use heal_stdlib::catalogue::catalogue;
use heal_stdlib::promql::Queries;
use heal_stdlib::script::Scripts;

/// The design's profiles; any world exists.
struct Beside;

impl Loader for Beside {
    fn load(&self, _: &str, path: &str) -> Result<SourceFile, LoadError> {
        match path {
            "./lib/profiles.heal" => Ok(SourceFile {
                name: "lib/profiles.heal".to_owned(),
                text: include_str!("design/lib/profiles.heal").to_owned(),
            }),
            _ => Err(LoadError::NotFound),
        }
    }
    fn exists(&self, _: &str, path: &str) -> bool {
        path == "./worlds/shop.yaml"
    }
}

fn check(name: &str, text: &str) -> (Checked, String) {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let mut options = Options { queries: Some(&Queries), ..Options::default() };
    options.defaults.escalate = Some("notify.console(summary: \"${run.outcome}: see ${run.url}\")".to_owned());
    let checked = compile(&mut sources, file, &Beside, &catalogue(), &Scripts, &options);
    let findings = render(&checked.diagnostics, &sources, false);
    (checked, findings)
}

#[test]
fn the_designs_playbook_checks_word_for_word() {
    let (checked, findings) = check("rollback.heal", include_str!("design/rollback.heal"));
    assert!(!checked.has_errors(), "{findings}");
    assert_eq!(checked.plans.len(), 1);
    assert_eq!(checked.scenarios.len(), 1);
}

/// What the examples mention.
const TOP: &str = r#"
  input run_id: int = 1
  secret pagerduty_key from env("PAGERDUTY_KEY")
  target app = kubernetes.deployment("checkout", namespace: "shop")
  target api = process.service("api")
  target served = file.release_link("./current")
  target ci = github.run(run_id)
"#;

const SERIES: &str = r#"
    let errors = data.series("a.csv", metric: "errors", unit: ratio)
    let latency = data.series("a.csv", metric: "p99", unit: milliseconds)
    let orders = data.series("a.csv", metric: "orders")
    let failed = data.series("a.csv", metric: "failed")
    let all = data.series("a.csv", metric: "all")
    let queue = data.series("a.csv", metric: "queue", unit: count)
    let load = data.series("a.csv", metric: "load", unit: per_second)
    let used = data.series("a.csv", metric: "used", unit: ratio)
    let lines = file.logs("app.log", over: 1h)
    let passing = file.logs("pass.log", over: 1h)
    let releases = file.releases("./current")
    let restarted = releases.latest.at
    let web = rootcause.component("web", latency: latency, calls: ["db"])
    let db = rootcause.component("db", latency: latency)
"#;

fn reading(source: &str) -> String {
    format!("playbook p {{{TOP}\n  detect down {{{SERIES}\n    let x = {source}\n    fire when true\n  }}\n}}\n")
}

fn changing(source: &str) -> String {
    let lets = r#"
    let size = kubernetes.resources(app, container: "checkout")
    let limit = size.memory_limit else skip "no limit"
    let history = HISTORY
    let bad = history.latest
    let good = history.last_stable else skip "none"
"#;
    let history =
        if source.starts_with("file.") { "file.releases(\"./current\")" } else { "kubernetes.rollout_history(app)" };
    let lets = lets.replace("HISTORY", history);
    format!(
        "playbook p {{{TOP}\n  detect down {{\n    let up = http.probe(\"http://127.0.0.1:1/\")\n    fire when not up.ok\n  }}\n  \
         remediate r when down.fired {{{lets}\n    {source}\n  }}\n  verify v after r {{ within = 2m }}\n}}\n"
    )
}

fn telling(source: &str) -> String {
    format!(
        "playbook p {{{TOP}\n  detect down {{\n    let up = http.probe(\"http://127.0.0.1:1/\")\n    fire when not up.ok\n  }}\n  \
         escalate {{\n    {source}\n  }}\n}}\n"
    )
}

#[test]
fn every_example_checks() {
    use heal_lang::catalogue::Effect;
    let mut findings = String::new();
    let catalogue = catalogue();
    for (name, decl) in &catalogue.actions {
        for example in &decl.examples {
            let source = &example.source;
            let text = match decl.effect {
                Effect::Tell => telling(source),
                _ if source.contains("effect: change") => changing(source),
                Effect::Change => changing(source),
                _ => reading(source),
            };
            let (checked, found) = check(name, &text);
            if checked.has_errors() {
                findings += &found;
            }
        }
    }
    for (name, decl) in &catalogue.functions {
        // Those that stand only in a setting are in the design's playbook.
        if ["group", "constant", "exponential"].contains(&name.as_str()) {
            continue;
        }
        for example in &decl.examples {
            let (checked, found) = check(name, &reading(&example.source));
            if checked.has_errors() {
                findings += &found;
            }
        }
    }
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn a_limit_is_in_the_unit_of_its_series() {
    for (source, finding) in [
        ("forecast.crossing(latency, limit: 900ms, horizon: 2h)", None),
        ("forecast.crossing(errors, limit: 95%, horizon: 2h)", None),
        ("forecast.units(load, each: 120/s, horizon: 1h)", None),
        ("forecast.crossing(latency, limit: 95%, horizon: 2h)", Some("H0301")),
        ("forecast.crossing(errors, limit: 5, horizon: 2h)", Some("H0303")),
        ("forecast.units(load, each: 120ms, horizon: 1h)", Some("H0301")),
        ("forecast.at(load, horizon: 5)", Some("H0303")),
        ("compare.lag(load, with: latency, most: 5%)", Some("H0301")),
    ] {
        let (checked, found) = check("units", &reading(source));
        match finding {
            None => assert!(!checked.has_errors(), "{source}: {found}"),
            Some(code) => assert!(found.contains(code), "{source}: {found}"),
        }
    }
}
