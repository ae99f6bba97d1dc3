//! Runs healrun as a user would, and reads what it says at the end.

use crate::scene::Scene;
use serde_json::Value;
use std::fs::OpenOptions;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// healrun with one state file.
pub(crate) struct Healrun {
    program: PathBuf,
    state: PathBuf,
    arguments: Vec<String>,
    voice: Voice,
}

/// Where healrun's words go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// To whoever plays the story, as healrun shows itself on a terminal.
    Shown,
    /// To a file in the scene's folder.
    Kept,
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
    /// healrun for the shop of a scene.
    pub(crate) fn new(program: &Path, scene: &Scene, voice: Voice) -> Healrun {
        let folder = &scene.folder;
        let input = |name: &str, value: String| ["-i".to_owned(), format!("{name}={value}")];
        let arguments = [
            input("shop", format!("http://{}", scene.shop)),
            input("link", scene.link().display().to_string()),
            input("log", folder.join("shop.log").display().to_string()),
        ];
        Healrun { program: program.to_owned(), state: folder.join("state.db"), arguments: arguments.concat(), voice }
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
        let fail = |e: std::io::Error| format!("{}: {e}", self.program.display());
        let (words, answer) = match self.voice {
            Voice::Shown => (Stdio::inherit(), Stdio::inherit()),
            Voice::Kept => {
                let file = self.state.with_file_name("healrun.log");
                let file = OpenOptions::new().create(true).append(true).open(file).map_err(fail)?;
                (Stdio::from(file.try_clone().map_err(fail)?), Stdio::from(file))
            }
        };
        let from = Instant::now();
        let status = command
            .args(["--env", "local", "--state"])
            .arg(&self.state)
            .stdin(Stdio::null())
            .stdout(answer)
            .stderr(words)
            .status()
            .map_err(fail)?;
        let took = from.elapsed();
        Ok(Ended { code: status.code(), signal: status.signal(), report: self.report()?, took })
    }

    /// The final JSON of the newest run, from the state file; null while it has not ended.
    fn report(&self) -> Result<Value, String> {
        let list = self.ask(&["runs", "list", "--limit", "1"])?;
        let Some(run) = list["runs"][0]["run_id"].as_str() else { return Ok(Value::Null) };
        let mut shown = self.ask(&["runs", "show", run])?;
        Ok(shown["report"].take())
    }

    fn ask(&self, arguments: &[&str]) -> Result<Value, String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .args(["--format", "json", "--state"])
            .arg(&self.state)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| format!("{}: {e}", self.program.display()))?;
        let words = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).map_err(|e| format!("healrun {arguments:?}: {e}: {words}"))
    }
}
