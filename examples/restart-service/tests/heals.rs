//! The playbook as it stands, but for its port, against a real process.
//!
//! It needs the `healrun` program beside the service: `cargo test --workspace` builds it.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

struct World {
    folder: PathBuf,
    port: u16,
}

impl World {
    fn new() -> World {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("restart-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let port = free.port();
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in ["restart_api.heal", "healrun.yaml"] {
            let text = std::fs::read_to_string(own.join(file)).expect("the example");
            let text =
                text.replace("8080", &port.to_string()).replace("../../target/debug/api", env!("CARGO_BIN_EXE_api"));
            std::fs::write(folder.join(file), text).expect("its copy");
        }
        World { folder, port }
    }

    fn run(&self, state: &str) -> (Option<i32>, Value) {
        let output = Command::new(Path::new(env!("CARGO_BIN_EXE_api")).with_file_name("healrun"))
            .arg("run")
            .arg(self.folder.join("restart_api.heal"))
            .args(["--env", "local", "--format", "json", "--state"])
            .arg(self.folder.join(state))
            .output()
            .expect("healrun is built by cargo test --workspace");
        let report = serde_json::from_slice(&output.stdout);
        let words = String::from_utf8_lossy(&output.stderr);
        (output.status.code(), report.unwrap_or_else(|e| panic!("{e}: {words}")))
    }

    fn pid(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.join("api.pid")).ok().map(|text| text.trim().to_owned())
    }

    fn kill(&self) {
        let Some(pid) = self.pid() else { return };
        let _ = Command::new("kill").args(["-9", &pid]).status();
        let until = Instant::now() + Duration::from_secs(5);
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn a_dead_service_is_brought_back_and_a_living_one_left_alone() {
    let world = World::new();
    let (code, report) = world.run("state.db");
    assert_eq!((code, &report["outcome"]), (Some(0), &"healed".into()), "never started: {report:#}");
    let first = world.pid();

    let (code, report) = world.run("state.db");
    assert_eq!((code, &report["outcome"]), (Some(0), &"healthy".into()), "it lives: {report:#}");
    assert_eq!(world.pid(), first);

    world.kill();
    let (code, report) = world.run("state.db");
    assert_eq!((code, &report["outcome"]), (Some(23), &"blocked".into()), "the same remedy again so soon: {report:#}");
    assert_eq!(report["told"], true, "{report:#}");

    // A healrun that knows of no earlier remedy.
    let (code, report) = world.run("other.db");
    assert_eq!((code, &report["outcome"]), (Some(0), &"healed".into()), "it was killed: {report:#}");
    assert_ne!(world.pid(), first);
    assert!(TcpStream::connect(("127.0.0.1", world.port)).is_ok(), "the service outlives healrun");
}
