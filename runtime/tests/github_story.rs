//! The ready-made playbook `rerun_failed_jobs` against a real server with GitHub's paths and a real runner: a job that failed
//! because something was away for a moment runs again and passes; one that failed for a reason of its own does not.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

#[path = "support/folder.rs"]
mod folder;
#[path = "../../stdlib/adapters/tests/parts/mod.rs"]
mod parts;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

struct Story {
    gitea: parts::Part,
    repository: String,
}

impl Story {
    /// A repository whose only job runs this script.
    fn start(gitea: parts::Part, name: &str, script: &str) -> Story {
        let story = Story { gitea, repository: format!("owner/{name}") };
        story.api("POST", "/user/repos", &format!("{{\"name\":\"{name}\",\"auto_init\":false}}"));
        let folder = story.gitea.folder().join(format!("work-{name}"));
        std::fs::create_dir_all(folder.join(".github/workflows")).expect("a folder");
        let body: String = script.lines().map(|l| format!("          {l}\n")).collect();
        let workflow = format!(
            "name: ci\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{body}"
        );
        std::fs::write(folder.join(".github/workflows/ci.yml"), workflow).expect("a workflow");
        let root = story.gitea.var("BASE_URL").trim_end_matches("/api/v1").to_owned();
        let url = format!("{root}/{}.git", story.repository);
        for arguments in [
            &["init", "-q", "-b", "main"][..],
            &["add", "."],
            &["commit", "-qm", "first"],
            &["push", "-q", &url, "main"],
        ] {
            let output = Command::new("git")
                .args(["-c", "user.name=o", "-c", "user.email=o@example.test", "-c"])
                .arg(format!("http.extraHeader=Authorization: token {}", story.gitea.var("TOKEN")))
                .args(arguments)
                .current_dir(&folder)
                .output()
                .expect("git is there");
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        story
    }

    fn api(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let output = Command::new("curl")
            .args(["-sS", "-X", method, "-H", "content-type: application/json", "-H"])
            .arg(format!("authorization: token {}", self.gitea.var("TOKEN")))
            .args(if body.is_empty() { vec![] } else { vec!["-d", body] })
            .arg(format!("{}{path}", self.gitea.var("BASE_URL")))
            .output()
            .expect("curl is there");
        serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null)
    }

    /// The only run, once it has ended.
    fn ended_run(&self) -> serde_json::Value {
        let until = Instant::now() + Duration::from_secs(120);
        let pause = (Mutex::new(()), Condvar::new());
        loop {
            let run =
                self.api("GET", &format!("/repos/{}/actions/runs", self.repository), "")["workflow_runs"][0].clone();
            if run["status"] == "completed" {
                return run;
            }
            assert!(Instant::now() < until, "the run does not end: {run:#}");
            let guard = pause.0.lock().expect("ours");
            let _ = pause.1.wait_timeout(guard, Duration::from_millis(200));
        }
    }

    /// How many attempts the jobs of the run have had.
    fn attempts(&self, run: &serde_json::Value) -> i64 {
        let jobs = self.api("GET", &format!("/repos/{}/actions/runs/{}/jobs", self.repository, run["id"]), "");
        jobs["jobs"].as_array().into_iter().flatten().filter_map(|j| j["run_attempt"].as_i64()).max().unwrap_or(0)
    }

    fn healrun(&self, run: &serde_json::Value) -> (i32, serde_json::Value) {
        let folder = self.gitea.folder().join("playbook");
        folder::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../playbooks/rerun_failed_jobs"), &folder);
        let config = format!(
            "environments:\n  default: {{autonomy: act}}\nconnections:\n  github: {{url: \"{}\", repository: \"{}\", token_env: FORGE_TOKEN}}\n",
            self.gitea.var("BASE_URL"),
            self.repository
        );
        std::fs::write(folder.join("healrun.yaml"), config).expect("write healrun.yaml");
        let output = Command::new(env!("CARGO_BIN_EXE_healrun"))
            .args(["run", "rerun_failed_jobs.heal", "--format", "json", "-i", &format!("run_id={}", run["id"])])
            .args(["--state", "state.db"])
            .current_dir(&folder)
            .env("FORGE_TOKEN", self.gitea.var("TOKEN"))
            .stdin(Stdio::null())
            .output()
            .expect("healrun starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains(self.gitea.var("TOKEN")), "the token is never shown: {said}");
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}\n{said}", String::from_utf8_lossy(&output.stdout)));
        (output.status.code().unwrap_or(-1), json)
    }
}

#[test]
fn a_job_that_failed_for_a_moment_runs_again_and_passes() {
    let Some(gitea) = parts::start("gitea") else { return };
    // The step fails on its first attempt only: what it needs is there from then on.
    let flag = gitea.folder().join("there");
    let script = format!(
        "test -e {0} && exit 0\ntouch {0}\necho 'dial tcp 10.0.0.7:5432: connect: connection refused'\nexit 1",
        flag.display()
    );
    let story = Story::start(gitea, "moment", &script);
    let run = story.ended_run();
    assert_eq!(run["conclusion"], "failure");
    let (code, told) = story.healrun(&run);
    assert_eq!((code, told["outcome"].as_str()), (0, Some("healed")), "{told:#}");
    assert_eq!(told["changes"][0]["action"], "github.rerun_failed_jobs", "{told:#}");
    let run = story.ended_run();
    assert_eq!(run["conclusion"], "success");
    assert_eq!(story.attempts(&run), 2);
}

#[test]
fn a_job_that_failed_for_a_reason_of_its_own_is_left_alone_and_told() {
    let Some(gitea) = parts::start("gitea") else { return };
    let story = Story::start(gitea, "reason", "echo 'assertion failed: left == right'\nexit 1");
    let run = story.ended_run();
    let (code, told) = story.healrun(&run);
    assert_eq!((code, told["outcome"].as_str()), (20, Some("not_healed")), "{told:#}");
    assert_eq!(told["changes"].as_array().map(Vec::len), Some(0), "{told:#}");
    assert_eq!(told["told"], true, "{told:#}");
    assert_eq!(story.attempts(&story.ended_run()), 1);
}
