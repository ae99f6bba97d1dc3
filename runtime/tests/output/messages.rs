//! What goes wrong outside of playbooks: each message names what was tried, what happened and what to do.

use super::shown;
use super::support::Place;
use rusqlite::Connection;
use std::path::Path;

fn place() -> Place {
    Place::new("local: {}")
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

#[test]
fn a_configuration_that_is_not_understood_is_refused_at_its_place() {
    let place = place();
    let folder = place.folder();
    let cases = [
        "environments:\n\tlocal: { autonomy: act }\n",
        "guards: {}\n",
        "environments:\n  local: { autonomy: act }\n  local: { autonomy: observe }\n",
        "connections:\n  prometheus: { token_env: X }\n",
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|text| {
            write(&folder, "healrun.yaml", text);
            format!("{text}{}", shown(&folder, &["check", "p.heal"]))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_state_file_that_cannot_be_used_says_why_and_what_to_do() {
    let place = place();
    let folder = place.folder();
    let first = place.run(&["run", "p.heal", "--env", "local", "--state", "good.db", "--format", "json"]);
    let run = first.json()["run_id"].as_str().expect("an id").to_owned();
    let copy = |name: &str, spoil: &dyn Fn(&Path)| {
        let path = folder.join(name);
        std::fs::copy(folder.join("good.db"), &path).expect("copied");
        spoil(&path);
    };
    let sql = |path: &Path, text: &str| {
        Connection::open(path).and_then(|db| db.execute_batch(text)).expect("changed");
    };
    copy("newer.db", &|path| sql(path, "pragma user_version = 7"));
    copy("other.db", &|path| sql(path, "pragma application_id = 1"));
    copy("no_table.db", &|path| sql(path, "drop table runs"));
    copy("context.db", &|path| sql(path, "update runs set context = '{', status = 'open', closed = null"));
    copy("plan.db", &|path| sql(path, "update plans set body = x'00'; update runs set status = 'open', closed = null"));
    copy("events.db", &|path| sql(path, "update events set body = x'00' where seq = 2"));
    copy("cut.db", &|path| {
        let file = std::fs::OpenOptions::new().write(true).open(path).expect("opened");
        file.set_len(20_000).expect("cut");
    });
    copy("garbled.db", &|path| {
        let mut bytes = std::fs::read(path).expect("read");
        bytes[4_096..12_288].fill(0x5a);
        std::fs::write(path, bytes).expect("written");
    });
    write(&folder, "text.db", "this is no database\n");
    write(&folder, "empty.db", "");
    std::fs::create_dir(folder.join("dir.db")).expect("made");
    let mut said: Vec<String> = [
        "newer.db",
        "other.db",
        "no_table.db",
        "cut.db",
        "garbled.db",
        "text.db",
        "empty.db",
        "dir.db",
        "nowhere.db",
        "/dev/null",
    ]
    .iter()
    .map(|state| shown(&folder, &["runs", "list", "--state", state]))
    .collect();
    for (command, state) in [("resume", "context.db"), ("resume", "plan.db"), ("show", "events.db")] {
        let arguments = match command {
            "show" => vec!["runs", "show", &run, "--state", state],
            _ => vec![command, "--state", state],
        };
        said.push(shown(&folder, &arguments));
    }
    said.push(shown(&folder, &["run", "p.heal", "--env", "local", "--state", "/dev/null"]));
    said.push(shown(&folder, &["run", "p.heal", "--env", "local", "--state", "p.heal/state.db"]));
    insta::assert_snapshot!(said.join("\n").replace(&run, "RUN"));
}

#[test]
fn a_trigger_that_is_no_alert_says_what_is_wrong_with_it() {
    let place = place();
    let folder = place.folder();
    write(&folder, "inputs.heal", include_str!("../support/inputs.heal"));
    let cases = [
        "",
        "not JSON",
        r#"{"version":"4","status":"firing","alerts":["#,
        "[]",
        "{}",
        r#"{"version":4,"status":"firing","alerts":[]}"#,
        r#"{"version":"3","status":"firing","alerts":[]}"#,
        r#"{"version":"4","status":"firing","alerts":{}}"#,
        r#"{"version":"4","status":"firing","alerts":[1]}"#,
        r#"{"version":"4","status":"firing","alerts":[{"labels":{}}]}"#,
        r#"{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"service":1}}]}"#,
        r#"{"version":"4","status":"firing","groupKey":3,"alerts":[]}"#,
        r#"{"version":"4","status":"resolved","alerts":[]}"#,
        r#"{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Other"}}]}"#,
        r#"{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"HighErrorRate"}}]}"#,
    ];
    let mut said: Vec<String> = cases
        .iter()
        .map(|text| {
            write(&folder, "trigger.json", text);
            format!(
                "{text}\n{}",
                shown(&folder, &["plan", "inputs.heal", "--env", "local", "--trigger", "trigger.json"])
            )
        })
        .collect();
    said.push(shown(&folder, &["plan", "inputs.heal", "--env", "local", "--trigger", "nowhere.json"]));
    said.push(shown(&folder, &["plan", "inputs.heal", "--env", "local", "--trigger", "."]));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn an_input_that_does_not_fit_says_what_would() {
    let place = place();
    let folder = place.folder();
    write(
        &folder,
        "whole.heal",
        "heal 1\nplaybook whole {\n  input n: int = 1\n  input speed: enum(fast, slow) = fast\n  detect more {\n    let root = file.facts(\"/\")\n    fire when root.exists and n > 3 and speed is fast\n  }\n}\n",
    );
    write(
        &folder,
        "words.heal",
        "heal 1\nplaybook words {\n  input speed: enum(fast, slow) = fast\n  detect more {\n    let root = file.facts(\"/\")\n    fire when root.exists and speed > 3 and speed\n  }\n}\n",
    );
    let whole = |given: &str| shown(&folder, &["plan", "whole.heal", "--env", "local", "-i", given]);
    let mut said = vec![whole("n=999999999999999999999"), whole("n=1.5"), whole("speed=fsat")];
    said.push(shown(&folder, &["check", "words.heal"]));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn init_writes_all_or_nothing_and_never_over_what_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let mut said = vec![shown(path, &["init", "new"]), shown(path, &["init", "new"])];
    std::fs::remove_file(path.join("new/healrun.yaml")).expect("removed");
    said.push(shown(path, &["init", "new"]));
    write(path, "file", "");
    said.push(shown(path, &["init", "file/new"]));
    insta::assert_snapshot!(said.join("\n"));
}

/// A process that may write no byte to a file stands for a disk that is full.
fn without_a_byte(folder: &Path, arguments: &str) -> String {
    let healrun = env!("CARGO_BIN_EXE_healrun");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec {healrun} {arguments} 2>&1");
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(folder).output().expect("a shell");
    format!("$ healrun {arguments}\n{}── {}\n", String::from_utf8_lossy(&output.stdout), output.status)
}

#[test]
fn a_full_disk_leaves_no_half_written_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let unformatted = "heal 1\nplaybook   p {\n}\n";
    write(folder.path(), "p.heal", unformatted);
    let said = [without_a_byte(folder.path(), "init new"), without_a_byte(folder.path(), "fmt p.heal")];
    assert_eq!(std::fs::read_dir(folder.path().join("new")).expect("a folder").count(), 0);
    assert_eq!(std::fs::read_to_string(folder.path().join("p.heal")).expect("read"), unformatted);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2);
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn an_empty_file_and_an_unknown_service_are_found_before_the_night() {
    let place = place();
    let folder = place.folder();
    write(&folder, "empty.heal", "");
    write(&folder, "only_a_comment.heal", "heal 1\n// to be written\n");
    write(&folder, "misspelt.heal", &include_str!("../support/restart_api.heal").replace("\"api\"", "\"apii\""));
    let cases = ["empty.heal", "only_a_comment.heal", "misspelt.heal"];
    insta::assert_snapshot!(cases.map(|file| shown(&folder, &["check", file])).join("\n"));
}
