//! Who may answer what, in the words that people read.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where its setup fails")]

use super::*;
use crate::store::{NewRun, RunStatus};
use heal_engine::command::{AskRequest, CallId};
use heal_engine::event::{Autonomy, EVENT_VERSION, Event, Opened};
use heal_lang::catalogue::Risk;
use heal_lang::plan::NodeId;

const PRINT: &str = "3f9a1c0de8b7a6955f4e3d2c1b0a99887766554433221100ffeeddccbbaa9988";

fn asked() -> AskRequest {
    AskRequest {
        call: CallId(1),
        request: "req".to_owned(),
        node: NodeId(0),
        fingerprint: PRINT.to_owned(),
        changes: vec!["switch /srv/current from v42 to v41".to_owned()],
        groups: vec!["oncall".to_owned()],
        people: vec!["grace".to_owned()],
        need: 1,
        not_requester: false,
        until: 0,
    }
}

/// A store with a run of `ada`'s that asks this until 60 s.
fn store(ask: &AskRequest) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(&folder.path().join("state.db")).expect("it opens");
    let opened = Opened {
        run_key: "k".to_owned(),
        playbook: "p".to_owned(),
        plan_hash: "h".to_owned(),
        policy_hash: String::new(),
        engine_epoch: 1,
        inputs: std::collections::BTreeMap::new(),
        environment: "local".to_owned(),
        autonomy: Autonomy::Act,
        risk_floor: Risk::Low,
        mode: "live".to_owned(),
        trigger: std::collections::BTreeMap::new(),
        park_after_ms: 0,
        seed: 1,
        tier: "A".to_owned(),
        requester: Some("ada".to_owned()),
    };
    let event = Event {
        v: EVENT_VERSION,
        run: "r".to_owned(),
        seq: 1,
        at: 1_000,
        now: 0,
        epoch: 1,
        kind: EventKind::Opened(Box::new(opened)),
    };
    let run = NewRun {
        id: "r".to_owned(),
        playbook: "p".to_owned(),
        run_key: "k".to_owned(),
        environment: "local".to_owned(),
        plan_hash: "h".to_owned(),
        context: "{}".to_owned(),
        opened: 1_000,
    };
    let made = store.write(|tx| {
        tx.add_run(&run)?;
        tx.append(&event, b"c")?;
        tx.ask("r", ask, 1_000, 60_000)
    });
    made.expect("written");
    (folder, store)
}

fn by(name: &str, groups: &[&str], approve: bool) -> Answer {
    Answer {
        by: name.to_owned(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        method: "local".to_owned(),
        approve,
        fingerprint: None,
        at: 2_000,
    }
}

fn said(result: Result<Decision, Failure>) -> String {
    match result {
        Ok(decision) => format!("{} said {}", decision.by, if decision.approve { "yes" } else { "no" }),
        Err(failure) => {
            assert_eq!(failure.exit, 2);
            failure.to_string()
        }
    }
}

#[test]
fn only_those_who_were_asked_may_answer() {
    let (_folder, mut store) = store(&asked());
    insta::assert_snapshot!(said(answer(&mut store, "req", by("mallory", &["dev"], true))), @r"
    mallory is not among those who may answer: group oncall, grace
      help: `groups:` in healrun.yaml names people by their user name
    ");
    assert!(store.decisions_after("r", 0).expect("read").is_empty(), "nothing was recorded");
    assert_eq!(said(answer(&mut store, "req", by("bob", &["oncall"], true))), "bob said yes");
    let kept = store.decisions_after("r", 0).expect("read");
    assert_eq!((kept.len(), kept[0].fingerprint.as_str()), (1, PRINT));
}

#[test]
fn whoever_started_the_run_may_not_answer_where_that_is_excluded() {
    let own = AskRequest { not_requester: true, groups: Vec::new(), people: Vec::new(), ..asked() };
    let (_folder, mut store) = store(&own);
    insta::assert_snapshot!(said(answer(&mut store, "req", by("ada", &[], true))), @r"
    ada started the run, and may not answer for it
      help: somebody else answers with: healrun approve req
    ");
    assert_eq!(said(answer(&mut store, "req", by("bob", &[], true))), "bob said yes");
}

#[test]
fn an_answer_to_something_else_is_none() {
    let (_folder, mut store) = store(&asked());
    let mut other = by("grace", &[], true);
    other.fingerprint = Some("3f9a1c0dffff".to_owned());
    insta::assert_snapshot!(said(answer(&mut store, "req", other.clone())), @r"
    the request is for 3f9a1c0de8b7a6955f4e3d2c1b0a99887766554433221100ffeeddccbbaa9988, not for 3f9a1c0dffff
      help: what would be done has changed: look at it again
    ");
    other.fingerprint = Some(PRINT[..8].to_owned());
    assert_eq!(said(answer(&mut store, "req", other)), "grace said yes");
}

#[test]
fn one_person_is_not_two() {
    let two = AskRequest { need: 2, ..asked() };
    let (_folder, mut store) = store(&two);
    assert_eq!(said(answer(&mut store, "req", by("grace", &[], true))), "grace said yes");
    insta::assert_snapshot!(said(answer(&mut store, "req", by("grace", &[], true))), @r"
    grace has already approved the request req
      help: it needs 2 people
    ");
    assert_eq!(said(answer(&mut store, "req", by("bob", &["oncall"], true))), "bob said yes");
    insta::assert_snapshot!(
        said(answer(&mut store, "req", by("eve", &["oncall"], false))),
        @"the request req was already approved by bob and grace"
    );
}

#[test]
fn a_request_that_is_over_takes_no_answer_and_says_why() {
    let grace = || by("grace", &[], true);
    let (_folder, mut expired) = store(&asked());
    let late = Answer { at: 60_000, ..grace() };
    insta::assert_snapshot!(
        said(answer(&mut expired, "req", late)), @"the request req expired at 1970-01-01T00:01:00Z"
    );
    expired.write(|tx| tx.withdraw("req", 3_000)).expect("written");
    insta::assert_snapshot!(
        said(answer(&mut expired, "req", grace())), @"the request req was withdrawn at 1970-01-01T00:00:03Z"
    );
    expired.write(|tx| tx.ask("r", &asked(), 1_000, 60_000)).expect("asked again");
    assert_eq!(said(answer(&mut expired, "req", by("grace", &[], false))), "grace said no");
    insta::assert_snapshot!(
        said(answer(&mut expired, "req", grace())),
        @"the request req was already refused by grace at 1970-01-01T00:00:02Z"
    );

    let (_folder, mut over) = store(&asked());
    over.write(|tx| tx.leave("r", RunStatus::Closed)).expect("written");
    insta::assert_snapshot!(said(answer(&mut over, "req", grace())), @"the run r is over");
    insta::assert_snapshot!(said(answer(&mut over, "other", grace())), @"there is no request `other`");
}

#[test]
fn what_is_listed_as_open_can_be_answered() {
    let (_folder, mut store) = store(&asked());
    let open = |store: &Store, now| store.open_requests(None, now).expect("read").len();
    assert_eq!((open(&store, 2_000), open(&store, 60_000)), (1, 0));
    answer(&mut store, "req", by("grace", &[], true)).expect("taken");
    assert_eq!(open(&store, 2_000), 0);
}
