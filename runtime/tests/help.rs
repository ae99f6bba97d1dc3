//! The program starts and says what it can do. That this test is there also makes `cargo test --workspace` build the program,
//! which the stories under `examples/` play.
#![allow(clippy::expect_used, reason = "a test")]

use std::process::Command;

#[test]
fn help_names_every_command() {
    let output = Command::new(env!("CARGO_BIN_EXE_healrun")).arg("--help").output().expect("healrun starts");
    assert!(output.status.success());
    let help = String::from_utf8_lossy(&output.stdout);
    for command in ["check", "fmt", "graph", "plan", "run", "approve", "resume", "runs", "actions", "init"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command} is missing:\n{help}");
    }
}
