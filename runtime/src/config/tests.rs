use super::*;

fn parse(text: &str) -> Result<Config, yaml::YamlError> {
    Config::parse(text, PathBuf::from("/repo"))
}

fn refused(text: &str) -> String {
    let error = parse(text).expect_err("it should be refused");
    let place = error.line.map_or(String::new(), |(l, c)| format!("{l}:{c}: "));
    let help = error.help.map_or(String::new(), |h| format!("\n  help: {h}"));
    format!("{place}{}{help}", error.message)
}

const WHOLE: &str = "
environments:
  local: { autonomy: act, stable_after: 10s }
  production: { autonomy: approve, risk_floor: medium }
connections:
  prometheus: { url: 'http://127.0.0.1:9090', token_env: PROM_TOKEN }
  github: { repository: acme/shop, token_env: GITHUB_TOKEN }
  kubernetes: { kubeconfig: ./kubeconfig, context: test }
groups: { sre: [ada, grace] }
defaults:
  timeout: 5s
  retry: { attempts: 4, first: 500ms, max: 10s }
  escalate: |
    notify.console(\"${run.playbook}: ${run.outcome}\")
services:
  api: { pid_file: run/api.pid, start: [./api, --port, '8080'] }
state: /var/lib/healrun/state.db
guards: local
http: { allow: [127.0.0.1, shop.example.com] }
";

#[test]
fn everything_that_may_stand_in_it_is_read() {
    let config = parse(WHOLE).expect("it reads");
    let local = config.environment("local").expect("it is there");
    assert_eq!((local.autonomy, local.stable_after_ms), (Autonomy::Act, 10_000));
    let production = config.environment("production").expect("it is there");
    assert_eq!((production.autonomy, production.risk_floor), (Autonomy::Approve, Risk::Medium));
    assert_eq!(production.stable_after_ms, 3_600_000);
    assert_eq!(config.groups_of("ada"), ["sre"]);
    assert_eq!(config.defaults.timeout_ms, 5_000);
    assert_eq!(config.defaults.retry.as_ref().map(|r| r.attempts), Some(4));
    assert!(config.local_guards);
    assert_eq!(config.services["api"].start, ["./api", "--port", "8080"]);
    assert_eq!(config.state_path(None), PathBuf::from("/var/lib/healrun/state.db"));
    assert_eq!(config.state_path(Some(Path::new("x.db"))), PathBuf::from("x.db"));
}

#[test]
fn an_empty_file_is_all_defaults_and_suggests_only() {
    for text in ["", "# only a comment\n\n"] {
        let config = parse(text).expect("it reads");
        assert_eq!(config.environment("default").map(|e| e.autonomy), Ok(Autonomy::Suggest));
        assert_eq!(config.state_path(None), PathBuf::from("/repo/.healrun/state.db"));
    }
}

#[test]
fn what_is_not_understood_is_refused_at_its_place() {
    let cases = [
        "environmets:\n  local: { autonomy: act }\n",
        "environments:\n  local:\n    autonmy: act\n",
        "environments:\n  local: { autonomy: akt }\n",
        "environments:\n  local: { stable_after: 10 }\n",
        "environments:\n  local: { stable_after: 10min }\n",
        "connections:\n  prometheus: { token_env: X }\n",
        "services:\n  api: { pid_file: a, start: [] }\n",
        "services:\n  api: { pid_file: a, start: [x], stop: [kill, x] }\n",
        "services:\n  api: { pid_file: a, start: [x], stop: TREM }\n",
        "defaults:\n  retry: { attempts: 0 }\n",
        "defaults: { timeout: 0s }\n",
        "guards: none\n",
        "state: [a\n",
        "- a\n- b\n",
        "http: { allow: x, deny: y }\n",
        "groups: { sre: ada }\n",
        "environments:\n\tlocal: { autonomy: act }\n",
        "guards: {}\n",
        "environments:\n  local: { autonomy: [act] }\n",
        "environments:\n  local: { autonomy: act }\nstate: a.db\nenvironments:\n  other: {}\n",
        "environments:\n  local: { autonomy: act }\n  other: {}\n  local: { autonomy: observe }\n",
        "environments: { local: { autonomy: act }, local: { autonomy: observe } }\n",
        "environments:\n  local: { autonomy: act, autonomy: observe }\n",
        "environments:\n  a:\n    autonomy: act\n  b:\n    autonomy: act\n    autonomy: observe\n",
        "state: 'a.db\nguards: local\n",
        "environments: { local: {}\n",
        "state: a: b\n",
        "state: @x\n",
        "state: a.db\n  guards: local\n",
        "environments:\n  local:\n    autonomy: act\n   other: {}\n",
        "---\nstate: a\n---\nstate: b\n",
        "state: *x\n",
        "defaults:\n  retry: { attempts: -1 }\n",
        "defaults:\n  retry: { attempts: 2, factor: x, on: [trasient] }\n",
        "defaults: x\n",
    ];
    let shown: Vec<String> = cases.iter().map(|c| format!("{c}→ {}\n", refused(c))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn an_environment_that_is_not_there_is_refused_with_the_nearest() {
    let config = parse(WHOLE).expect("it reads");
    let failure = config.environment("lokal").expect_err("no such environment");
    assert_eq!(failure.exit, 2);
    assert_eq!(failure.help.as_deref(), Some("did you mean `local`?"));
}

#[test]
fn the_file_is_found_by_walking_up_from_the_playbook() {
    let root = tempfile::tempdir().expect("a folder");
    let deep = root.path().join("a/b");
    std::fs::create_dir_all(&deep).expect("folders");
    std::fs::write(root.path().join(FILE), "environments: { x: { autonomy: act } }").expect("written");
    let config = Config::find(&deep.join("p.heal")).expect("found");
    assert_eq!(config.folder, root.path());
    assert!(config.environments.contains_key("x"));
}
