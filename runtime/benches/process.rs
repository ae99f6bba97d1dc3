//! What people and pipelines wait for: `healrun check` as a whole process, on a thousand lines, with the files in the
//! page cache and no state file.
//!
//! The goal is a median under 20 ms. `start` is the floor beside it: the same process saying its version.
#![allow(missing_docs, clippy::expect_used, clippy::panic, reason = "a benchmark")]

use divan::Bencher;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../playbooks/rollback_bad_release");

fn main() {
    divan::main();
}

/// One file of so many lines: the shipped playbook, again and again, each under a name of its own. What it uses stands
/// beside it, as in the repository.
fn playbook(lines: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{lines}"));
    copy(Path::new(SHIPPED), &folder);
    let file = folder.join("rollback_bad_release.heal");
    let example = std::fs::read_to_string(&file).expect("the shipped playbook");
    let (head, playbook) = example.split_once("\nplaybook ").expect("a playbook");
    let mut text = head.to_owned();
    let mut count = 0;
    while text.lines().count() < lines {
        count += 1;
        let named = playbook.replace("rollback_bad_release", &format!("rollback_{count}"));
        let named = named.replace("scenario \"", &format!("scenario \"{count}: "));
        text.push_str(&format!("\nplaybook {named}"));
    }
    std::fs::write(&file, text).expect("written");
    file
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the shipped folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

fn healrun() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healrun"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).env_remove("HEALRUN_STATE");
    command
}

fn run(mut command: Command) {
    let status = command.status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn start(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let mut command = healrun();
        command.arg("--version");
        run(command);
    });
}

#[divan::bench(args = [100, 1_000], sample_count = 50, sample_size = 1)]
fn check(bencher: Bencher<'_, '_>, lines: usize) {
    let file = playbook(lines);
    bencher.bench(|| {
        let mut command = healrun();
        command.arg("check").arg(&file);
        run(command);
    });
}
