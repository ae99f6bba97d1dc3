//! A small run, healed, as a person, a program and a CI job see it, and what is kept of it.

use super::support::Place;
use super::{shown, shown_with, tidy};

const RUN: [&str; 4] = ["run", "p.heal", "--env", "local"];

/// Stops the service and makes sure that it is gone.
fn kill(place: &Place) {
    let pid = std::fs::read_to_string(place.folder().join("api.pid")).expect("a pid file");
    let pid = pid.split_whitespace().next().and_then(|pid| pid.parse().ok()).and_then(rustix::process::Pid::from_raw);
    let pid = pid.expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("sent");
    // It is nobody's child here: its end is when nothing can be sent to it any more.
    while rustix::process::test_kill_process(pid).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn a_service_is_healed_left_alone_and_not_healed_again_at_once() {
    let place = Place::new("local: { autonomy: act }");
    let healed = tidy(&shown(&place.folder(), &RUN));
    let healthy = tidy(&shown(&place.folder(), &RUN));
    kill(&place);
    let blocked = tidy(&shown(&place.folder(), &RUN));
    insta::assert_snapshot!([healed, healthy, blocked].join("\n"));
}

#[test]
fn a_healed_run_for_programs() {
    let place = Place::new("local: { autonomy: act }");
    insta::assert_snapshot!(tidy(&shown(&place.folder(), &[&RUN[..], &["--format", "json"]].concat())));
}

#[test]
fn a_healed_run_as_a_ci_job_sees_it() {
    let place = Place::new("local: { autonomy: act }");
    let folder = place.folder();
    let (outputs, summary) = (folder.join("outputs"), folder.join("summary"));
    let environment = [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_OUTPUT", &outputs.display().to_string()),
        ("GITHUB_STEP_SUMMARY", &summary.display().to_string()),
        ("GITHUB_SERVER_URL", "https://github.example.com"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_RUN_ID", "42"),
    ];
    let run = shown_with(&folder, &RUN, &environment);
    let read = |path: &std::path::Path| std::fs::read_to_string(path).expect("written");
    let text = format!("{run}\n── GITHUB_OUTPUT\n{}\n── GITHUB_STEP_SUMMARY\n{}", read(&outputs), read(&summary));
    insta::assert_snapshot!(tidy(&text.replace(&folder.display().to_string(), "FOLDER")));
}

#[test]
fn what_is_kept_of_a_run_is_listed_and_shown() {
    let place = Place::new("local: {}");
    let folder = place.folder();
    let run =
        place.run(&[&RUN[..], &["--format", "json"]].concat()).json()["run_id"].as_str().expect("an id").to_owned();
    let said = [
        shown(&folder, &["runs", "list"]),
        shown(&folder, &["runs", "list", "--format", "json"]),
        shown(&folder, &["runs", "show", &run]),
    ];
    insta::assert_snapshot!(tidy(&said.join("\n")));
}

#[test]
fn an_approval_is_asked_for_given_and_used() {
    let place = Place::new("local: { autonomy: approve }");
    let folder = place.folder();
    let said = [
        shown(&folder, &RUN),
        shown(&folder, &["runs", "list"]),
        shown(&folder, &["approve"]),
        shown(&folder, &["resume"]),
    ];
    insta::assert_snapshot!(tidy(&said.join("\n")));
}
