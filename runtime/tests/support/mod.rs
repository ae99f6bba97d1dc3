//! A folder with a playbook, a configuration and a service of its own, and healrun beside them.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
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

/// A healrun process at work, and what it says.
pub(crate) struct Watched {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Watched {
    pub(crate) fn new(mut command: Command) -> Watched {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("healrun starts");
        Watched::over(child)
    }

    fn over(mut child: Child) -> Watched {
        let stderr = child.stderr.take().expect("piped");
        Watched::listening(child, stderr)
    }

    pub(crate) fn listening(child: Child, stderr: impl Read + Send + 'static) -> Watched {
        let (to, lines) = channel();
        std::thread::spawn(move || {
            // A terminal whose last user is gone gives an error in place of an end.
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                if to.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
        Watched { child, lines, said: String::new() }
    }

    /// Waits until it says this on standard error.
    pub(crate) fn until(&mut self, text: &str) {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|e| panic!("it never said `{text}` ({e}):\n{}", self.said));
            self.said.push_str(&line);
            self.said.push('\n');
            if line.contains(text) {
                return;
            }
        }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).expect("sent");
    }

    pub(crate) fn end(mut self) -> Ended {
        let mut output = self.child.wait_with_output().expect("it ends");
        for line in self.lines {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        output.stderr = self.said.into_bytes();
        Ended { output }
    }
}

/// A port that nobody listens on and that no other test of this process was given.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        if GIVEN.lock().expect("not poisoned").insert(port) {
            return port;
        }
    }
}

/// A folder in which a service can be healed.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// `environments` in YAML; the service is not running.
    pub(crate) fn new(environments: &str) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
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

    /// A verify that is soon content.
    pub(crate) fn hasty(environments: &str) -> Place {
        let place = Place::new(environments);
        place.edit("p.heal", |text| {
            let probe = text.lines().find(|line| line.contains("http.probe")).expect("a probe").to_owned();
            let hasty = format!("    every = 500ms\n{probe}\n    until health.ok holds 4s within 2m");
            text.replace("    every = 500ms", &hasty).replace("    within = 2m\n", "")
        });
        place
    }

    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join(name);
        let text = std::fs::read_to_string(&path).expect("read");
        std::fs::write(&path, change(text)).expect("written");
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("written");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = healrun(self.folder.path());
        command.args(arguments);
        command
    }

    pub(crate) fn watch(&self, arguments: &[&str]) -> Watched {
        Watched::new(self.command(arguments))
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

/// Not a test: the service itself, as healrun starts it.
#[test]
#[ignore = "the service that the other tests heal"]
fn serve() {
    let Ok(port) = std::env::var("SERVE_PORT") else { return };
    let mut starts = std::fs::OpenOptions::new().create(true).append(true).open("starts").expect("opened");
    writeln!(starts, "started").expect("noted");
    let socket = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free");
    for mut stream in socket.incoming().flatten() {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
}
