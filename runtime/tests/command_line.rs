//! What people type, and what bad input gets: an exit code and a sentence, never a panic.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use support::{Ended, Place, code, healrun};

fn run(folder: &std::path::Path, arguments: &[&str]) -> Ended {
    Ended { output: healrun(folder).args(arguments).output().expect("healrun runs") }
}

/// The exit code, and what was said on standard error with the folder's name taken out.
fn said(folder: &std::path::Path, arguments: &[&str]) -> String {
    let ended = run(folder, arguments);
    let text = ended.stderr().replace(&folder.display().to_string(), "FOLDER");
    assert!(!text.contains("panicked"), "{ended}");
    format!("$ healrun {}\n{}exit {}\n", arguments.join(" "), text, code(&ended.output))
}

#[test]
fn what_init_writes_checks_and_is_formatted() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(code(&run(folder.path(), &["init"]).output), 0);
    for arguments in [&["check", ".", "--deny", "warnings"][..], &["fmt", "--check", "."]] {
        let ended = run(folder.path(), arguments);
        assert_eq!(code(&ended.output), 0, "{ended}");
    }
    let again = run(folder.path(), &["init"]);
    assert_eq!(code(&again.output), 2, "nothing is overwritten: {again}");
}

#[test]
fn wrong_usage_is_said_with_exit_2() {
    let place = Place::new("local: { autonomy: act }");
    let folder = place.folder();
    std::fs::write(folder.join("inputs.heal"), include_str!("support/inputs.heal")).expect("written");
    std::fs::write(folder.join("not_utf8.heal"), b"heal 1\nplaybook \xff {}\n").expect("written");
    std::fs::create_dir(folder.join("empty")).expect("made");
    let cases: Vec<String> = [
        &["check", "nowhere.heal"][..],
        &["check", "empty"],
        &["check", "not_utf8.heal"],
        &["run", "p.heal", "--env", "lokal"],
        &["run", "p.heal", "--env", "local", "-i", "x=1"],
        &["run", "p.heal", "--env", "local", "--exit-on", "sugested=0"],
        &["run", "inputs.heal", "--env", "local"],
        &["run", "inputs.heal", "--env", "local", "-i", "name", "-i", "ceiling=90%", "-i", "nmae=x"],
        &["run", "inputs.heal", "--env", "local", "-i", "name=a", "-i", "ceiling=5"],
        &["run", "inputs.heal", "--env", "local", "-i", "name=a", "-i", "speed=fats"],
        &["actions", "proces.restart"],
        &["explain", "H9999"],
        &["runs", "show", "x"],
        &["resume"],
        &["approve"],
    ]
    .iter()
    .map(|arguments| said(&folder, arguments))
    .collect();
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn a_program_gets_one_document_when_it_goes_wrong() {
    let place = Place::new("local: { autonomy: act }");
    let folder = place.folder();
    std::fs::write(folder.join("broken.heal"), "heal 1\nplaybook x { nonsense }\n").expect("written");
    std::fs::create_dir(folder.join("dir.db")).expect("made");
    let cases: &[(&[&str], &str, i32)] = &[
        (&["check", "nowhere.heal"], "invalid", 2),
        (&["graph", "broken.heal"], "invalid", 2),
        (&["plan", "broken.heal", "--env", "local"], "invalid", 2),
        (&["run", "p.heal", "--env", "lokal"], "invalid", 2),
        (&["run", "p.heal", "--env", "local", "-i", "x=1"], "invalid", 2),
        (&["run", "p.heal", "--env", "local", "--state", "dir.db"], "state", 74),
        (&["runs", "show", "x"], "state", 74),
        (&["explain", "H9999"], "invalid", 2),
        (&["run", "p.heal", "--nonsense"], "invalid", 2),
    ];
    for (arguments, outcome, exit) in cases {
        let ended = run(&folder, &[arguments, &["--format", "json"][..]].concat());
        assert_eq!(code(&ended.output), *exit, "{ended}");
        let json = ended.json();
        assert_eq!(
            (&json["schema"], &json["outcome"], &json["exit_code"]),
            (&1.into(), &(*outcome).into(), &(*exit).into())
        );
        let error = &json["errors"][0];
        assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()), "{ended}");
        assert_eq!(error["code"].is_string(), arguments[1] == "broken.heal", "{ended}");
        assert!(!ended.stderr().is_empty(), "{ended}");
    }
}

#[test]
fn a_huge_file_is_refused_without_being_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = std::fs::File::create(folder.path().join("huge.heal")).expect("made");
    file.set_len(100 << 20).expect("sparse");
    let ended = run(folder.path(), &["check", "huge.heal"]);
    assert_eq!(code(&ended.output), 2, "{ended}");
    assert!(ended.stdout().contains("H0001"), "{ended}");
}

#[test]
fn a_state_file_that_cannot_be_used_ends_with_74() {
    let place = Place::new("local: { autonomy: act }");
    let folder = place.folder();
    std::fs::write(folder.join("corrupt.db"), vec![b'x'; 8192]).expect("written");
    std::fs::create_dir(folder.join("dir.db")).expect("made");
    for state in ["corrupt.db", "dir.db", "/proc/nowhere/state.db"] {
        let ended = run(&folder, &["run", "p.heal", "--env", "local", "--state", state]);
        assert_eq!(code(&ended.output), 74, "{state}: {ended}");
        assert!(ended.stderr().contains("the state file"), "{ended}");
    }
    assert_eq!(std::fs::read(folder.join("corrupt.db")).expect("read"), vec![b'x'; 8192], "left as it was");
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = healrun(folder.path())
        .args(["actions", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("healrun starts");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("read");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((code(&output), output.stderr.len()), (0, 0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_job_gets_outputs_and_a_summary() {
    let place = Place::new("local: {}");
    let folder = place.folder();
    let (outputs, summary) = (folder.join("outputs"), folder.join("summary"));
    let ended = place.run_with(
        &["run", "p.heal", "--env", "local", "--state", "state.db"],
        &[
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_OUTPUT", &outputs.display().to_string()),
            ("GITHUB_STEP_SUMMARY", &summary.display().to_string()),
            ("GITHUB_SERVER_URL", "https://github.example.com"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ID", "42"),
        ],
    );
    assert_eq!(code(&ended.output), 20, "{ended}");
    let written = std::fs::read_to_string(outputs).expect("written");
    assert!(written.contains("outcome=suggested\nexit_code=20\n"), "{written}");
    let summary = std::fs::read_to_string(summary).expect("written");
    assert!(summary.contains("https://github.example.com/acme/shop/actions/runs/42"), "{summary}");
    assert!(ended.stderr().contains("::error title=healrun restart_api::suggested"), "{ended}");
}

#[test]
fn a_fork_is_refused() {
    let place = Place::new("local: { autonomy: act }");
    let event = place.folder().join("event.json");
    std::fs::write(&event, r#"{"pull_request":{"head":{"repo":{"full_name":"mallory/shop"}}}}"#).expect("written");
    let ended = place.run_with(
        &["run", "p.heal", "--env", "local"],
        &[
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", &event.display().to_string()),
            ("GITHUB_REPOSITORY", "acme/shop"),
        ],
    );
    assert_eq!(code(&ended.output), 2, "{ended}");
    assert_eq!(place.starts(), 0);
}

#[test]
fn an_alert_binds_the_inputs() {
    let place = Place::new("local: {}");
    let folder = place.folder();
    std::fs::write(folder.join("inputs.heal"), include_str!("support/inputs.heal")).expect("written");
    std::fs::write(folder.join("alert.json"), include_str!("support/alert.json")).expect("written");
    let ended = run(&folder, &["plan", "inputs.heal", "--trigger", "alert.json", "--format", "json", "--env", "local"]);
    assert_eq!(code(&ended.output), 0, "{ended}");
    let evidence = ended.json()["steps"][0]["evidence"].as_str().expect("evidence").to_owned();
    assert!(evidence.contains("checkout"), "{evidence}");
    let resolved = include_str!("support/alert.json").replacen("\"firing\"", "\"resolved\"", 1);
    std::fs::write(folder.join("resolved.json"), resolved).expect("written");
    let ended = run(&folder, &["run", "inputs.heal", "--trigger", "resolved.json", "--env", "local"]);
    assert_eq!(code(&ended.output), 2, "{ended}");
}

#[test]
fn a_journal_replayed_gives_the_commands_it_gave() {
    use healrun::{driver, store::Store};
    let place = Place::new("local: {}");
    let ended = place.run(&["run", "p.heal", "--env", "local", "--format", "json"]);
    let store = Store::open_existing(&place.folder().join(".healrun/state.db")).expect("it opens");
    let run = store.run(ended.json()["run_id"].as_str().expect("an id")).expect("read").expect("there");
    let (plan, rows) = (store.plan(&run.plan_hash).expect("kept"), store.journal(&run.id).expect("whole"));
    assert!(rows.len() > 5);
    let replayed = driver::replay::<heal_engine::mode::Live>(plan.into(), &rows).expect("the same commands");
    assert!(replayed.run.is_closed() && replayed.closed.is_some());
    assert!(store.check_ledger().expect("whole") >= 2);
}

#[test]
fn an_input_that_holds_a_secret_is_refused_before_anything_is_stored() {
    let place = Place::new("local: {}");
    let playbook = "heal 1\nplaybook p {\n  secret token from env(\"MY_TOKEN\")\n  input note: string\n  detect down {\n    let it = http.probe(\"http://127.0.0.1:1/\")\n    fire when not it.ok\n  }\n  escalate { notify.webhook(\"http://127.0.0.1:1/\", token: token, summary: note) }\n}\n";
    std::fs::write(place.folder().join("s.heal"), playbook).expect("written");
    let note = "note=see SeCrEt-Value-12345 there";
    let ended = place.run_with(&["run", "s.heal", "--env", "local", "-i", note], &[("MY_TOKEN", "SeCrEt-Value-12345")]);
    assert_eq!(code(&ended.output), 2, "{ended}");
    assert!(ended.stderr().contains("input `note` holds the value of secret `token`"), "{ended}");
    assert!(!ended.stderr().contains("SeCrEt-Value"), "{ended}");
    assert!(!place.folder().join(".healrun/state.db").exists());
}

#[test]
fn a_report_that_cannot_be_written_is_no_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let output = healrun(folder.path()).arg("actions").stdout(full).output().expect("healrun runs");
    assert_eq!(code(&output), 74);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}
