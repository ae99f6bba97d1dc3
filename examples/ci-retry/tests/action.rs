//! `action.yml` in real workflow runs, by act: a healthy look, and a run that waits for an approval and fails no step.
#![allow(clippy::expect_used, reason = "a test")]

#[path = "../../../stdlib/adapters/tests/parts/mod.rs"]
mod parts;

use std::path::Path;
use std::process::Command;

const WORKFLOW: &str = r#"
on: push
jobs:
  heal:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: look
        uses: ./
        with:
          playbook: PLAYBOOK.heal
          environment: local
          state: ${{ github.workspace }}/state.db
          program: PROGRAM
          inputs: |
            greeting=hello there
      - run: echo "it says outcome=${{ steps.look.outputs.outcome }} exit_code=${{ steps.look.outputs.exit_code }}"
"#;

const HEALTHY: &str = r#"heal 1
playbook healthy {
  input greeting: string
  detect wrong {
    let look = process.run(["test", greeting, "=", "hello there"], effect: read)
    fire when not look.ok
  }
  remediate nothing when wrong.fired { process.run(["true"], effect: change) }
  verify right after nothing { within = 2m }
  escalate { notify.console(summary: "wrong") }
}
"#;

const WAITING: &str = r#"heal 1
playbook waiting {
  input greeting: string
  detect wrong {
    let look = process.run(["false"], effect: read)
    fire when not look.ok
  }
  remediate something when wrong.fired {
    approval when true { from = group("sre"); within = 15m }
    process.run(["true"], effect: change)
  }
  verify right after something { within = 2m }
  escalate { notify.console(summary: "wrong") }
}
"#;

fn play(name: &str, playbook: &str) -> Option<String> {
    let act = parts::program("act", "act")?;
    let healrun = Path::new(env!("CARGO_BIN_EXE_ci-story")).with_file_name("healrun");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("action-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let repository = folder.join("repository");
    std::fs::create_dir_all(repository.join(".github/workflows")).expect("a folder");
    let write = |path: &str, text: &str| std::fs::write(repository.join(path), text).expect("a file");
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../action.yml");
    write("action.yml", &std::fs::read_to_string(action).expect("action.yml"));
    write("healrun.yaml", "environments: {local: {autonomy: act}}\ngroups: {sre: [somebody]}\n");
    write(&format!("{name}.heal"), playbook);
    let workflow = WORKFLOW.replace("PLAYBOOK", name).replace("PROGRAM", &healrun.display().to_string());
    write(".github/workflows/heal.yml", &workflow);
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["-c", "user.name=o", "-c", "user.email=o@example.test", "commit", "-qm", "first"],
    ] {
        let status = Command::new("git").args(arguments).current_dir(&repository).status();
        assert!(status.is_ok_and(|status| status.success()), "git {arguments:?}");
    }
    let output = Command::new(act)
        .args(["push", "-P", "ubuntu-latest=-self-hosted"])
        .current_dir(&repository)
        // act looks for its configuration and cache below these; the machine's own are none of the test's business.
        .env("HOME", &folder)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .output()
        .expect("act");
    let log = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    let _ = std::fs::remove_dir_all(&folder);
    Some(log)
}

#[test]
fn a_healthy_look_passes_and_says_so() {
    let Some(log) = play("healthy", HEALTHY) else { return };
    assert!(log.contains("it says outcome=healthy exit_code=0"), "{log}");
}

#[test]
fn a_run_that_waits_fails_no_step() {
    let Some(log) = play("waiting", WAITING) else { return };
    assert!(log.contains("it says outcome=waiting exit_code=0"), "{log}");
}

#[test]
fn the_workflows_and_the_action_are_well_formed() {
    let Some(actionlint) = parts::program("act", "actionlint") else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(actionlint).args(["-no-color"]).current_dir(root).output().expect("actionlint");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
