//! Runs healrun as a user would, and reads what it says at the end.

use crate::scene::Scene;
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// healrun with one state file.
pub(crate) struct Healrun {
    program: PathBuf,
    state: PathBuf,
    arguments: Vec<String>,
    /// Where its own words go; the story's standard error when there is no file.
    words: Option<PathBuf>,
}

/// How a healrun process ended.
pub(crate) struct Ended {
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// The final JSON; null when there was none.
    pub(crate) report: Value,
    /// How long it ran.
    pub(crate) took: Duration,
}

impl Ended {
    /// A text field of the final JSON.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.report[name].as_str().unwrap_or("?")
    }
}

impl Healrun {
    /// healrun for the shop of a scene. `quiet` sends its words to a file in the scene's folder.
    pub(crate) fn new(program: &Path, scene: &Scene, quiet: bool) -> Healrun {
        let folder = &scene.folder;
        let input = |name: &str, value: String| ["-i".to_owned(), format!("{name}={value}")];
        let arguments = [
            input("shop", format!("http://{}", scene.shop)),
            input("link", scene.link().display().to_string()),
            input("log", folder.join("shop.log").display().to_string()),
        ];
        Healrun {
            program: program.to_owned(),
            state: folder.join("state.db"),
            arguments: arguments.concat(),
            words: quiet.then(|| folder.join("healrun.log")),
        }
    }

    /// One pass over the playbook. `kill_after` makes healrun kill itself right after that row of its journal is durable.
    pub(crate) fn run(&self, kill_after: Option<u32>) -> Result<Ended, String> {
        let playbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("shop.heal");
        let mut command = Command::new(&self.program);
        command.arg("run").arg(playbook).args(&self.arguments);
        if let Some(row) = kill_after {
            command.env("HEALRUN_KILL_AFTER_ROW", row.to_string());
        }
        self.finish(command)
    }

    /// Goes on with the run that a crash left open.
    pub(crate) fn resume(&self) -> Result<Ended, String> {
        let mut command = Command::new(&self.program);
        command.arg("resume");
        self.finish(command)
    }

    fn finish(&self, mut command: Command) -> Result<Ended, String> {
        let words = match &self.words {
            None => Stdio::inherit(),
            Some(file) => {
                let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
                Stdio::from(file.map_err(|e| format!("healrun's words: {e}"))?)
            }
        };
        let from = Instant::now();
        let output = command
            .args(["--env", "local", "--format", "json", "--state"])
            .arg(&self.state)
            .stdin(Stdio::null())
            .stderr(words)
            .output()
            .map_err(|e| format!("{}: {e}", self.program.display()))?;
        Ok(Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            report: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            took: from.elapsed(),
        })
    }
}
