//! A state file that goes away while a run is at work: an orderly end, and what is known is said (R41).
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use std::net::TcpListener;
use support::{Ended, Place, code};

const RUN: [&str; 8] = ["run", "p.heal", "--env", "local", "--state", "s.db", "--format", "json"];

/// The report on standard error: it is written nowhere else.
fn last_report(ended: &Ended) -> serde_json::Value {
    let said = ended.stderr();
    let line = said.lines().find_map(|line| line.strip_prefix("this report is written nowhere else: "));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no report: {ended}"))).expect("JSON")
}

#[test]
fn a_state_file_deleted_after_a_change_ends_with_25_and_a_page() {
    let place = Place::new("local: { autonomy: act }");
    let mut run = place.watch(&RUN);
    run.until("verifying");
    std::fs::remove_file(place.folder().join("s.db")).expect("removed");
    let ended = run.end();
    let json = ended.json();
    assert_eq!((code(&ended.output), json["outcome"].as_str()), (25, Some("unsafe")), "{ended}");
    let report = last_report(&ended);
    assert_eq!(json["report"], report);
    assert_eq!((report["world"].as_str(), report["told"].as_bool()), (Some("kept"), Some(true)), "{ended}");
    assert_eq!(report["changes"].as_array().map(Vec::len), Some(1), "{ended}");
    let page = "restart_api: unsafe, because the state file s.db: it was deleted while a run was writing to it";
    assert!(ended.stderr().replace(&format!("{}/", place.folder().display()), "").contains(page), "{ended}");
    assert!(!place.folder().join("s.db").exists(), "no new one is begun in its place");
}

#[test]
fn a_state_file_replaced_before_any_change_ends_with_74() {
    let place = Place::new("local: { autonomy: act }");
    // Takes the connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port();
    place.edit("p.heal", |text| {
        let (before, rest) = text.split_once("127.0.0.1:").expect("an address");
        let (_, after) = rest.split_once('/').expect("a path");
        format!("{before}127.0.0.1:{port}/{after}")
    });
    let run = place.watch(&RUN);
    let (_asked, _) = silent.accept().expect("healrun asks");
    let folder = place.folder();
    std::fs::copy(folder.join("s.db"), folder.join("other.db")).expect("copied");
    std::fs::rename(folder.join("other.db"), folder.join("s.db")).expect("replaced");
    let ended = run.end();
    assert_eq!((code(&ended.output), ended.json()["outcome"].as_str()), (74, Some("state")), "{ended}");
    assert!(ended.stderr().contains("it was replaced while a run was writing to it"), "{ended}");
    assert_eq!(last_report(&ended)["world"].as_str(), Some("untouched"));
    assert_eq!(place.starts(), 0);
}
