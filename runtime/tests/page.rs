//! A page reaches PagerDuty's API with its key, and the key is nowhere else.
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

const KEY: &str = "R0utingKeyOfThisTest-93f1";

/// Answers one request as PagerDuty does, and gives back what was asked.
fn pagerduty() -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut text = String::new();
        let mut buffer = [0; 4096];
        // The body is JSON: it is whole when its braces are.
        while !(text.contains("\r\n\r\n")
            && text.matches('{').count() == text.matches('}').count()
            && text.contains('{'))
        {
            let n = stream.read(&mut buffer).expect("bytes");
            assert!(n > 0, "the request ends early: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        let body = r#"{"status":"success","message":"Event processed","dedup_key":"x"}"#;
        let _ = write!(
            stream,
            "HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        text
    });
    (port, asked)
}

#[test]
fn a_page_reaches_pagerduty_and_its_key_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, asked) = pagerduty();
    let dead = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
    write("healrun.yaml", format!("connections:\n  pagerduty: {{url: \"http://127.0.0.1:{port}\"}}\n"));
    write(
        "p.heal",
        format!(
            "heal 1\nplaybook pages {{\n  secret key from env(\"PAGE_KEY\")\n  detect down {{\n    let health = http.probe(\"http://127.0.0.1:{dead}/\")\n    fire when not health.ok\n  }}\n  escalate {{ notify.pagerduty(key: key, summary: \"down: ${{run.outcome}}\", link: run.url) }}\n}}\n"
        ),
    );
    let output = Command::new(env!("CARGO_BIN_EXE_healrun"))
        .args(["run", "p.heal", "--format", "json", "--state", "s.db"])
        .current_dir(folder.path())
        .env("PAGE_KEY", KEY)
        .env("HEALRUN_LOG", "trace")
        .env_remove("CI")
        .stdin(Stdio::null())
        .output()
        .expect("healrun runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(20), "{out}{err}");
    let request = asked.join().expect("PagerDuty was asked");
    assert!(request.starts_with("POST /v2/enqueue ") && request.contains(KEY), "{request}");
    assert!(request.contains("down: not_healed"), "{request}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("a report");
    assert_eq!(report["told"], true, "{report:#}");
    for (name, text) in [("the report", out.into_owned()), ("standard error", err.into_owned())] {
        assert!(!text.contains(KEY), "{name} shows the key");
    }
    for entry in std::fs::read_dir(folder.path()).expect("the folder").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(KEY), "{} holds the key", entry.path().display());
    }
}
