//! Starts the real servers of this folder for a test, on ports of their own, and stops them when the test lets go.
//!
//! `README.md` says what there is. A missing part fails the test in CI; elsewhere the test is skipped, loudly.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a part of tests")]

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// A running part.
pub struct Part {
    scripts: PathBuf,
    folder: PathBuf,
    said: BTreeMap<String, String>,
}

/// Starts a part; none means that the test is to return, the skip was said.
pub fn start(name: &str) -> Option<Part> {
    start_with(name, |_| {}, &[])
}

/// Starts a part after `prepare` has put files into its folder, with more arguments for its `up`.
pub fn start_with(name: &str, prepare: impl FnOnce(&Path), arguments: &[&Path]) -> Option<Part> {
    let scripts = scripts(name);
    if is_missing(name, &scripts) {
        return None;
    }
    let base = free_ports();
    // The unit tests of a crate are not told that folder.
    let scratch = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = scratch.join(format!("{name}-{}-{base}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the part's folder");
    prepare(&folder);
    let output = Command::new(scripts.join("up"))
        .arg(&folder)
        .args(arguments)
        .env("PORT_BASE", base.to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("bash is there");
    // The value is made first: its drop stops what a half start left.
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().filter_map(|line| line.trim_start_matches("export ").split_once('='));
    let said = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let part = Part { scripts, folder, said };
    assert!(output.status.success(), "{name} did not start, see {}", part.folder.display());
    Some(part)
}

impl Part {
    /// What the part said about itself: `KUBECONFIG`, `BASE_URL`, `TOKEN`, `PROMETHEUS_URL`.
    pub fn var(&self, name: &str) -> &str {
        self.said.get(name).unwrap_or_else(|| panic!("the part said {:?}, no {name}", self.said))
    }

    /// Where the part keeps its state and logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs one of the part's own programs in its folder, as `kubedev kubectl …`, and gives back what it printed.
    pub fn program(&self, name: &str, arguments: &[&str]) -> String {
        let output = Command::new(self.folder.join("bin").join(name))
            .args(arguments)
            .current_dir(&self.folder)
            .envs(&self.said)
            .output()
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} {arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = Command::new(self.scripts.join("down")).arg(&self.folder).status();
        // A failed test leaves the logs for a look.
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A program of a part that is no server; none means that the test is to return, the skip was said.
pub fn program(name: &str, program: &str) -> Option<PathBuf> {
    let scripts = scripts(name);
    (!is_missing(name, &scripts)).then(|| cache(name, &scripts).join("bin").join(program))
}

/// The part's scripts, from whichever crate of the workspace this file was taken.
fn scripts(name: &str) -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|f| f.join("stdlib/adapters/tests/parts"));
    folders.find(|folder| folder.is_dir()).expect("this file lies there").join(name)
}

/// Where the part's programs were built.
fn cache(name: &str, scripts: &Path) -> PathBuf {
    let output = Command::new(scripts.with_file_name("cache")).arg(name).output().expect("bash is there");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// Says that a part is missing; in CI it must not be.
fn is_missing(name: &str, scripts: &Path) -> bool {
    let Some(missing) = missing(name, scripts) else { return false };
    let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    assert!(!ci, "{name}: {missing} is missing, and in CI it must be there");
    // Not by the print macros: the test harness would keep what they print of a passing test to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED: the real {name} is not there ({missing}): ./dev parts {name}");
    true
}

/// What a part lacks on this machine.
fn missing(name: &str, scripts: &Path) -> Option<String> {
    let (files, programs): (&[&str], &[&str]) = match name {
        "kubernetes" => (&["bin/kubedev", "bin/kwok", "stages"], &["openssl", "curl"]),
        "gitea" => (&["bin/gitea", "bin/runner", "source"], &["git", "curl"]),
        "prometheus" => (&[], &["prometheus", "promtool", "curl"]),
        "prism" => (&["installed"], &["node"]),
        "act" => (&["bin/act", "bin/actionlint"], &["git", "node"]),
        _ => panic!("no part is named {name}"),
    };
    let cache = cache(name, scripts);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = |program: &&&str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let file = files.iter().find(|file| !cache.join(file).exists());
    let program = programs.iter().find(|program| !found(program));
    file.or(program).map(|name| (*name).to_owned())
}

/// The first of ten ports that are free now, below those that the system hands out by itself.
fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let seed = std::process::id() % 1200;
    for _ in 0..1200 {
        let turn = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let base = 20_000 + u16::try_from((seed * 7 + turn) % 1200).expect("below 1200") * 10;
        if (base..base + 10).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return base;
        }
    }
    panic!("no ten free ports in a row");
}
