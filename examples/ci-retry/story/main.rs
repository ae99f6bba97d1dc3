//! The story: a CI step that needs a server, healrun that judges its failure, and a count of the attempts from outside.
//!
//! It knows healrun by its command line alone. `ci-story --list` names the variants.
#![allow(clippy::print_stdout, reason = "a program that tells a story")]
#![allow(clippy::print_stderr, reason = "a program that tells a story")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A variant and the end that it must have.
struct Variant {
    name: &'static str,
    suite: &'static str,
    /// When the server comes up, after the job has started.
    server: Option<Duration>,
    exit: i32,
    outcome: &'static str,
    attempts: RangeInclusive<usize>,
}

const VARIANTS: [Variant; 4] = [
    Variant {
        name: "late-server",
        suite: "sum",
        server: Some(Duration::from_secs(5)),
        exit: 0,
        outcome: "healed",
        attempts: 2..=6,
    },
    Variant {
        name: "broken-test",
        suite: "mean",
        server: Some(Duration::ZERO),
        exit: 20,
        outcome: "not_healed",
        attempts: 1..=1,
    },
    Variant {
        name: "green-job",
        suite: "sum",
        server: Some(Duration::ZERO),
        exit: 0,
        outcome: "healthy",
        attempts: 1..=1,
    },
    Variant { name: "no-server", suite: "sum", server: None, exit: 20, outcome: "not_healed", attempts: 6..=6 },
];

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let as_json = arguments.first().is_some_and(|first| first == "--json");
    if as_json {
        arguments.remove(0);
    }
    let name = arguments.first().map_or("late-server", String::as_str);
    if name == "--list" {
        for variant in &VARIANTS {
            println!("{}", variant.name);
        }
        return ExitCode::SUCCESS;
    }
    let told = match VARIANTS.iter().find(|variant| variant.name == name) {
        Some(variant) => play(variant),
        None => Err("no such variant: see ci-story --list".to_owned()),
    };
    match told {
        Ok(summary) if as_json => println!("{summary}"),
        Ok(summary) => println!(
            "As it must be: {name}, {}, exit {}, {} attempts in {} s",
            summary["healrun"]["outcome"], summary["healrun"]["exit_code"], summary["attempts"], summary["seconds"]
        ),
        Err(why) => {
            eprintln!("ci-story {name}: {why}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Plays one variant to its end; the error says what was not as it must be.
fn play(variant: &Variant) -> Result<Value, String> {
    let own = std::env::current_exe().map_err(|e| format!("my own path: {e}"))?;
    let programs = own.parent().unwrap_or(Path::new("."));
    let folder = fresh_folder(programs, variant.name)?;
    let address = free_address()?;
    if let Some(after) = variant.server {
        std::thread::spawn(move || serve(address, after));
    }
    // The server of a green job is up before the job starts.
    std::thread::sleep(Duration::from_millis(200));

    let attempts = folder.join("attempts");
    let playbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("retry.heal");
    let from = Instant::now();
    let output = Command::new(programs.join("healrun"))
        .arg("run")
        .arg(playbook)
        .arg("-i")
        .arg(format!("step={}", programs.join("ci-step").display()))
        .arg("-i")
        .arg(format!("server={address}"))
        .arg("-i")
        .arg(format!("suite={}", variant.suite))
        .arg("-i")
        .arg(format!("attempts={}", attempts.display()))
        .args(["--env", "local", "--format", "json", "--state"])
        .arg(folder.join("state.db"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("healrun: {e} (cargo build -p healrun builds it)"))?;
    let took = from.elapsed();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let counted = std::fs::read_to_string(&attempts).unwrap_or_default().lines().count();

    let outcome = report["outcome"].as_str().unwrap_or("?");
    let code = output.status.code().unwrap_or(-1);
    if code != variant.exit || outcome != variant.outcome || !variant.attempts.contains(&counted) {
        return Err(format!(
            "{outcome}, exit {code} after {counted} attempts, not {}, {} after {:?}: {report:#}",
            variant.outcome, variant.exit, variant.attempts
        ));
    }
    Ok(json!({
        "story": variant.name,
        "seconds": took.as_secs(),
        "attempts": counted,
        "healrun": report,
    }))
}

/// A port that is free now and refuses until the server comes up. Nothing holds it meanwhile: a socket that is bound without
/// listening is beyond the standard library, and the system hands out such ports at random.
fn free_address() -> Result<SocketAddr, String> {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_err(|e| format!("a free port: {e}"))
}

/// The server that the job needs.
fn serve(address: SocketAddr, after: Duration) {
    std::thread::sleep(after);
    let Ok(socket) = TcpListener::bind(address) else {
        eprintln!("the port {address} was taken meanwhile");
        return;
    };
    for mut stream in socket.incoming().flatten() {
        let Ok(reading) = stream.try_clone() else { continue };
        let head = BufReader::new(reading).lines().map_while(Result::ok);
        if head.take_while(|line| !line.is_empty()).count() > 0 {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n3 4 5 12");
        }
    }
}

/// A folder under `target/stories` that no earlier run used.
fn fresh_folder(programs: &Path, name: &str) -> Result<PathBuf, String> {
    let target = programs.parent().unwrap_or(programs);
    let folder = target.join("stories").join(format!("ci-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(folder)
}
