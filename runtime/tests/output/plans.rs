//! `plan`, `graph` and `check` of everything that we ship, against a world in which nobody answers.

use super::{shown_with, tidy};
use std::path::{Path, PathBuf};

/// A copy of a shipped folder, with every address in it led to a port where nobody listens.
struct Shipped {
    folder: tempfile::TempDir,
    playbook: &'static str,
}

impl Shipped {
    fn new(of: &str, playbook: &'static str) -> Shipped {
        let folder = tempfile::tempdir().expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of);
        for name in files(&from, Path::new("")) {
            let text = std::fs::read_to_string(from.join(&name)).expect("a file of the repository");
            let text = text
                .replace(":8080", &format!(":{free}"))
                .replace(":9090", &format!(":{free}"))
                .replace(
                    "repository: OWNER/REPOSITORY",
                    &format!("repository: acme/shop\n    url: http://127.0.0.1:{free}"),
                )
                // Long enough to be scraped, short enough for a test.
                .replace("every: 1s, for: 30s", "every: 1s, for: 2s");
            let to = folder.path().join(&name);
            std::fs::create_dir_all(to.parent().expect("it has a folder")).expect("made");
            std::fs::write(to, text).expect("written");
        }
        Shipped { folder, playbook }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn shown(&self, command: &str, arguments: &[&str]) -> String {
        let arguments = [&[command, self.playbook], arguments].concat();
        let environment = [("PAGERDUTY_KEY", "not-a-key-of-anybody"), ("GITHUB_TOKEN", "not-a-token-of-anybody")];
        tidy(&shown_with(self.path(), &arguments, &environment))
    }

    /// The plan in both forms.
    fn plans(&self, arguments: &[&str]) -> String {
        let json = [arguments, &["--format", "json"]].concat();
        format!("{}\n{}", self.shown("plan", arguments), self.shown("plan", &json))
    }

    /// The graph in every form.
    fn graphs(&self) -> String {
        ["text", "dot", "mermaid", "json"].map(|form| self.shown("graph", &["--format", form])).join("\n")
    }
}

/// Playbooks and their configuration below a folder.
fn files(root: &Path, below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(below)).expect("a folder of the repository").flatten() {
        let name = below.join(entry.file_name());
        match entry.path().extension().and_then(|e| e.to_str()) {
            _ if entry.path().is_dir() => found.extend(files(root, &name)),
            Some("heal" | "yaml") => found.push(name),
            _ => {}
        }
    }
    found
}

#[test]
fn rollback_bad_release() {
    let shipped = Shipped::new("playbooks/rollback_bad_release", "rollback_bad_release.heal");
    insta::assert_snapshot!("rollback_bad_release_plan", shipped.plans(&["-i", "service=checkout"]));
    insta::assert_snapshot!("rollback_bad_release_graph", shipped.graphs());
}

#[test]
fn rerun_failed_jobs() {
    let shipped = Shipped::new("playbooks/rerun_failed_jobs", "rerun_failed_jobs.heal");
    insta::assert_snapshot!("rerun_failed_jobs_plan", shipped.plans(&["-i", "run_id=5"]));
    insta::assert_snapshot!("rerun_failed_jobs_graph", shipped.graphs());
}

#[test]
fn the_example_bad_release() {
    let shipped = Shipped::new("examples/bad-release", "shop.heal");
    insta::assert_snapshot!("bad_release_plan", shipped.plans(&["--env", "local"]));
    insta::assert_snapshot!("bad_release_graph", shipped.graphs());
}

#[test]
fn the_example_ci_retry() {
    use std::os::unix::fs::PermissionsExt;
    let shipped = Shipped::new("examples/ci-retry", "retry.heal");
    let step = shipped.path().join("step.sh");
    std::fs::write(&step, "#!/bin/sh\necho 'connect to 127.0.0.1: connection refused' >&2\nexit 7\n").expect("written");
    std::fs::set_permissions(&step, std::fs::Permissions::from_mode(0o755)).expect("set");
    let step = format!("step={}", step.display());
    let inputs = ["--env", "local", "-i", &step, "-i", "server=x", "-i", "suite=y", "-i", "attempts=z"];
    let unasked = shipped.shown("plan", &inputs);
    let asserted = shipped.plans(&[&inputs[..], &["--allow-asserted"]].concat());
    insta::assert_snapshot!("ci_retry_plan", format!("{unasked}\n{asserted}"));
    insta::assert_snapshot!("ci_retry_graph", shipped.graphs());
}

#[test]
fn the_example_triage() {
    let shipped = Shipped::new("examples/ci-retry", "triage.heal");
    let log =
        "$ make test\ncurl: (7) Failed to connect to 127.0.0.1 port 9: Connection refused\nmake: *** [test] Error 7\n";
    std::fs::write(shipped.path().join("job.log"), log).expect("written");
    insta::assert_snapshot!("triage_plan", shipped.plans(&["--env", "local", "-i", "log=job.log"]));
    insta::assert_snapshot!("triage_graph", shipped.graphs());
}

#[test]
fn the_example_restart_service() {
    let shipped = Shipped::new("examples/restart-service", "restart_api.heal");
    insta::assert_snapshot!("restart_service_plan", shipped.plans(&["--env", "local"]));
    insta::assert_snapshot!("restart_service_graph", shipped.graphs());
}

#[test]
fn findings_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("mistakes.heal"),
        "heal 1\nplaybook mistakes {\n  input ceiling: ratio = 5\n  detect slow {\n    let took = http.prob(\"http://127.0.0.1:1/\")\n    fire when took.latency > ceiling\n  }\n}\n",
    )
    .expect("written");
    let arguments = |form| ["check", "mistakes.heal", "--format", form];
    let shown = ["text", "json", "sarif", "github"].map(|form| tidy(&shown_with(folder.path(), &arguments(form), &[])));
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_there_is_to_call_and_what_a_code_means() {
    let folder = tempfile::tempdir().expect("a folder");
    let show = |arguments: &[&str]| shown_with(folder.path(), arguments, &[]);
    let pages = ["process.restart", "kubernetes.rollout_undo", "http.probe", "series.rate"];
    insta::assert_snapshot!("actions", pages.map(|name| show(&["actions", name])).join("\n"));
    let explained = [show(&["explain", "H0509"]), show(&["explain", "h0509", "--format", "json"])];
    insta::assert_snapshot!("explain", explained.join("\n"));
}
