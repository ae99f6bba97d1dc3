//! A folder with a playbook, a configuration and a service of its own, and healrun beside them.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fmt;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How a healrun process ended.
pub(crate) struct Ended {
    pub(crate) output: Output,
}

impl Ended {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout).unwrap_or_else(|e| panic!("{e}: {self}"))
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.output.status.signal()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nout: {}\nerr: {}", self.output.status, self.stdout(), self.stderr())
    }
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// healrun, in an environment of its own.
pub(crate) fn healrun(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healrun"));
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null());
    command
}

/// A folder in which a service can be healed.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// `environments` in YAML; the service is not running.
    pub(crate) fn new(environments: &str) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        // The service notes each of its starts; it is this test's own program, under another name.
        let program = std::env::current_exe().expect("my own path");
        let service = program.display();
        let playbook = include_str!("restart_api.heal").replace("8080", &port.to_string());
        let config = include_str!("healrun.yaml")
            .replace("ENVIRONMENTS", environments)
            .replace("PROGRAM", &service.to_string())
            .replace("THE_NUMBER", &port.to_string());
        std::fs::write(folder.path().join("p.heal"), playbook).expect("written");
        std::fs::write(folder.path().join("healrun.yaml"), config).expect("written");
        Place { folder }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = healrun(self.folder.path());
        let output = command.args(arguments).envs(environment.iter().copied()).output().expect("healrun runs");
        Ended { output }
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = healrun(self.folder.path());
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("healrun starts")
    }

    /// How often the service was started.
    pub(crate) fn starts(&self) -> usize {
        std::fs::read_to_string(self.folder.path().join("starts")).map_or(0, |text| text.lines().count())
    }

    pub(crate) fn wait_for_start(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.starts() == 0 {
            assert!(Instant::now() < until, "the service was not started");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.folder.path().join("api.pid")).unwrap_or_default();
        let pid = pid.split_whitespace().next().and_then(|p| p.parse().ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}
