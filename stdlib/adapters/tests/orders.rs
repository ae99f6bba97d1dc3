//! What leaves, leaves with an order, and only the engine makes one: here it makes one, for a run that ends without data
//! and calls a person.
#![allow(clippy::expect_used, clippy::panic, reason = "the driver below is a part of the tests")]

use heal_adapters::{Connections, Writers};
use heal_engine::Run;
use heal_engine::command::Command;
use heal_engine::event::{
    Autonomy, CallEnded, CallError, CallResult, ClaimReason, Claimed, EVENT_VERSION, Event, EventKind, Facts, Judged,
    Opened, Sent, Verdict,
};
use heal_engine::mode::{Live, LiveOrder};
use heal_lang::catalogue::Risk;
use heal_lang::check::{AnyScript, Options, compile};
use heal_lang::plan::{ErrorClass, Plan};
use heal_lang::source::{NoFiles, Sources};
use heal_stdlib::request::{Answer, ChangeRequest, FileChange, FileRead, ReadRequest};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const PLAYBOOK: &str = r#"heal 1
playbook watch {
  detect gone {
    let health = http.probe("http://127.0.0.1:1/health")
    fire when not health.ok
  }
  escalate { notify.console(summary: "it cannot be seen") }
}
"#;

const SECOND: Duration = Duration::from_secs(20);

fn plan() -> Plan {
    let mut sources = Sources::default();
    let root = sources.add("watch.heal", PLAYBOOK);
    let catalogue = heal_stdlib::catalogue::catalogue();
    let mut checked = compile(&mut sources, root, &NoFiles, &catalogue, &AnyScript, &Options::default());
    checked.plans.pop().unwrap_or_else(|| panic!("it does not check: {:#?}", checked.diagnostics))
}

/// Drives a run until it has an order.
fn order() -> LiveOrder {
    let mut run: Run<Live> = Run::new(Arc::new(plan()));
    let opened = Opened {
        run_key: "k".to_owned(),
        playbook: "watch".to_owned(),
        plan_hash: String::new(),
        policy_hash: String::new(),
        engine_epoch: 1,
        inputs: Facts::new(),
        environment: "local".to_owned(),
        autonomy: Autonomy::Act,
        risk_floor: Risk::Low,
        mode: "live".to_owned(),
        trigger: Facts::new(),
        park_after_ms: 0,
        seed: 1,
        tier: "A".to_owned(),
        requester: None,
    };
    let claimed = Claimed { owner: "here".to_owned(), lease_until: 0, why: ClaimReason::Fresh, owner_dead: false };
    let mut events = VecDeque::from([EventKind::Opened(Box::new(opened)), EventKind::Claimed(claimed)]);
    for seq in 1.. {
        let kind = events.pop_front().expect("the run ends with an order");
        let event = Event { v: EVENT_VERSION, run: "r".to_owned(), seq, at: 0, now: seq, epoch: 1, kind };
        for command in run.step(&event) {
            match command {
                Command::Tell(order) | Command::Act(order) => return order,
                Command::Read(read) => events.push_back(EventKind::CallEnded(Box::new(CallEnded {
                    call: read.call,
                    kind: read.kind,
                    node: Some(read.node),
                    intent: None,
                    attempt: read.attempt,
                    result: CallResult::Err(CallError {
                        class: ErrorClass::Permanent,
                        code: "refused".to_owned(),
                        message: "nobody there".to_owned(),
                        sent: Sent::No,
                        refused_definitely: true,
                        retry_after_ms: None,
                        permission: None,
                    }),
                    sent_at: None,
                    queued_ms: 0,
                    late: false,
                }))),
                Command::Judge { node, purpose, .. } => events.push_back(EventKind::Judged(Box::new(Judged {
                    node,
                    purpose,
                    verdict: Verdict::NoData,
                    causes: vec![],
                    confidence: None,
                    because: "nobody there".to_owned(),
                    skip: false,
                    facts: Facts::new(),
                    digest: String::new(),
                    sample: None,
                }))),
                _ => {}
            }
        }
    }
    unreachable!("numbers do not end")
}

fn switch(folder: &Path) -> ChangeRequest {
    std::os::unix::fs::symlink("v2", folder.join("current")).expect("a link");
    ChangeRequest::File(FileChange::SwitchLink {
        link: "current".to_owned(),
        to: "v1".to_owned(),
        expect: "v2".to_owned(),
        history: "v2 -> v1".to_owned(),
    })
}

#[tokio::test]
async fn an_order_is_carried_out_once_and_says_when_it_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = order();
    let now = order.call().send_by;
    let connections = Connections::new(folder.path().into(), folder.path().into());
    let (writers, readers) = Writers::new(connections, Arc::new(move || now));
    let delivery = writers.send(order, switch(folder.path()), SECOND).await;
    assert_eq!((delivery.answer, delivery.sent_at), (Answer::Done, Some(now)));
    let facts = readers.read(ReadRequest::File(FileRead::Facts { path: "current".to_owned() }), SECOND).await;
    assert!(matches!(&facts, Answer::File(Some(facts)) if facts.link.as_deref() == Some("v1")), "{facts:?}");
}

#[tokio::test]
async fn an_order_that_is_too_late_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = order();
    let late = order.call().send_by + 1;
    let connections = Connections::new(folder.path().into(), folder.path().into());
    let (writers, _) = Writers::new(connections, Arc::new(move || late));
    let delivery = writers.send(order, switch(folder.path()), SECOND).await;
    assert!(matches!(&delivery.answer, Answer::Failed(error) if error.code == "send_by"), "{delivery:?}");
    assert_eq!(delivery.sent_at, None);
    assert_eq!(std::fs::read_link(folder.path().join("current")).expect("a link"), Path::new("v2"));
}

#[tokio::test]
async fn a_person_is_told_on_standard_error() {
    let order = order();
    assert_eq!(order.call().action, "notify.console");
    let folder = tempfile::tempdir().expect("a folder");
    let connections = Connections::new(folder.path().into(), folder.path().into());
    let (writers, _) = Writers::new(connections, Arc::new(|| 0));
    let said = writers.send(order, ChangeRequest::Console { text: "it cannot be seen".to_owned() }, SECOND).await;
    assert_eq!(said.answer, Answer::Done);
}
