//! The limits of a process against servers that are really dead, slow or back again.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where its setup fails")]

use super::*;
use heal_adapters::Connections;
use heal_stdlib::request::{Endpoint, HttpRequest};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc;

const LONG: Duration = Duration::from_secs(30);

/// A clock that goes on when it is told to.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn set(&self, ms: u64) {
        self.0.store(ms, Ordering::Relaxed);
    }

    fn gate(&self, limits: NodeLimits) -> Gate {
        let mut connections = Connections::new(std::env::temp_dir(), std::env::temp_dir());
        connections.allow.push("127.0.0.1".to_owned());
        let hand = Arc::clone(&self.0);
        Gate::with_clock(Readers::new(connections), limits, Arc::new(move || hand.load(Ordering::Relaxed)))
    }
}

fn get(at: SocketAddr) -> ReadRequest {
    ReadRequest::Http(HttpRequest {
        method: "GET".to_owned(),
        endpoint: Endpoint::Url(format!("http://{at}/")),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        max_bytes: 1_000,
        follow: false,
    })
}

fn code(answer: &Answer) -> &str {
    match answer {
        Answer::Failed(error) => &error.code,
        Answer::Http(_) => "answered",
        other => panic!("{other:?}"),
    }
}

async fn look(gate: &Gate, at: SocketAddr) -> Answer {
    gate.passage(Want::Look, 1).read(get(at), LONG).await
}

/// A server that takes connections and drops them without a word, until it is told to work. Counts what came.
fn broken() -> (SocketAddr, Arc<AtomicUsize>, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("its address");
    let (connections, works) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, good) = (Arc::clone(&connections), Arc::clone(&works));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            if good.load(Ordering::SeqCst) {
                answer(stream);
            }
        }
    });
    (at, connections, works)
}

fn answer(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

#[tokio::test]
async fn a_dead_server_is_left_alone_then_tried_once_and_asked_again_when_it_is_back() {
    let (at, connections, works) = broken();
    let hand = Hand::default();
    let gate = hand.gate(NodeLimits::default());
    let mut failures = 0;
    let refused = loop {
        let answer = look(&gate, at).await;
        if code(&answer) == "endpoint_open" {
            break answer;
        }
        assert_ne!(code(&answer), "answered");
        failures += 1;
    };
    assert_eq!(failures, 10);
    let seen = connections.load(Ordering::SeqCst);
    let Answer::Failed(error) = refused else { panic!("refused") };
    assert_eq!((error.class, error.sent, error.retry_after_ms), (ErrorClass::Transient, Sent::No, Some(10_000)));
    assert_eq!(error.message, format!("{at} was not asked: its last requests failed; it is tried again in 10s"));
    for _ in 0..5 {
        assert_eq!(code(&look(&gate, at).await), "endpoint_open");
    }
    assert_eq!(connections.load(Ordering::SeqCst), seen, "no connection was attempted");

    hand.set(10_000);
    assert_ne!(code(&look(&gate, at).await), "endpoint_open", "one trial");
    assert!(connections.load(Ordering::SeqCst) > seen, "the trial is a real one");
    assert_eq!(code(&look(&gate, at).await), "endpoint_open", "it failed");

    works.store(true, Ordering::SeqCst);
    hand.set(20_000);
    assert_eq!(code(&look(&gate, at).await), "answered");
    assert_eq!(code(&look(&gate, at).await), "answered");
}

#[tokio::test]
async fn a_change_its_probe_and_a_look_for_presence_reach_a_server_that_looks_are_kept_from() {
    let (at, connections, works) = broken();
    let gate = Hand::default().gate(NodeLimits::default());
    while code(&look(&gate, at).await) != "endpoint_open" {}
    works.store(true, Ordering::SeqCst);
    let seen = connections.load(Ordering::SeqCst);
    for want in [Want::Must, Want::Presence] {
        assert_eq!(code(&gate.passage(want, 1).read(get(at), LONG).await), "answered");
    }
    assert_eq!(connections.load(Ordering::SeqCst), seen + 2);
}

/// A server that answers a connection when it is told to.
fn slow() -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<()>, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("its address");
    let (came, comes) = tokio::sync::mpsc::unbounded_channel();
    let (go, goes) = mpsc::channel();
    std::thread::spawn(move || {
        let mut waiting = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            waiting.push(stream);
            let _ = came.send(());
            if waiting.len() == 3 {
                // Both slots of the test, and what does not need one.
                for stream in waiting.drain(..).rev() {
                    let _ = goes.recv();
                    answer(stream);
                }
            }
        }
    });
    (at, comes, go)
}

#[tokio::test]
async fn slow_looks_take_their_slots_and_no_more_and_a_probe_does_not_wait_behind_them() {
    let (at, mut comes, go) = slow();
    let (other, ..) = {
        let parts = broken();
        parts.2.store(true, Ordering::SeqCst);
        parts
    };
    let hand = Hand::default();
    let gate = hand.gate(NodeLimits { bulkhead: 2, ..NodeLimits::default() });
    let mut looks = Vec::new();
    for _ in 0..2 {
        let gate = gate.clone();
        looks.push(tokio::spawn(async move { look(&gate, at).await }));
        comes.recv().await.expect("it asks");
    }
    // The third waits, although it would ask somebody else.
    let through = Arc::new(gate.passage(Want::Look, 1));
    let third = tokio::spawn({
        let through = Arc::clone(&through);
        async move { through.read(get(other), LONG).await }
    });
    tokio::task::yield_now().await;
    assert!(!third.is_finished());
    // What must go goes past all of them.
    let probe = tokio::spawn({
        let through = gate.passage(Want::Must, 1);
        async move { through.read(get(at), LONG).await }
    });
    comes.recv().await.expect("it asks too");
    go.send(()).expect("the server is there");
    assert_eq!(code(&probe.await.expect("no panic")), "answered");
    assert!(!third.is_finished());
    hand.set(1_234);
    go.send(()).expect("the server is there");
    go.send(()).expect("the server is there");
    assert_eq!(code(&third.await.expect("no panic")), "answered");
    assert_eq!(through.queued_ms(), 1_234);
    for look in looks {
        assert_eq!(code(&look.await.expect("no panic")), "answered");
    }
}

#[tokio::test]
async fn a_look_whose_time_ends_in_the_queue_says_what_it_waited_for() {
    let (at, mut comes, _go) = slow();
    let gate = Hand::default().gate(NodeLimits { bulkhead: 1, ..NodeLimits::default() });
    let first = tokio::spawn({
        let gate = gate.clone();
        async move { look(&gate, at).await }
    });
    comes.recv().await.expect("it asks");
    let answer = gate.passage(Want::Look, 1).read(get(at), Duration::ZERO).await;
    let Answer::Failed(error) = answer else { panic!("{answer:?}") };
    assert_eq!((error.code.as_str(), error.sent), ("busy", Sent::No));
    assert!(error.message.contains("all slots for http were taken"), "{}", error.message);
    // A look that is given up frees its slot.
    first.abort();
    assert!(first.await.is_err());
    assert_eq!(gate.node().ask(Address { adapter: "http", endpoint: None }, Want::Look, 1, 0), Pass::Go);
}

#[tokio::test]
async fn what_the_action_makes_of_an_answer_decides_whether_it_was_a_failure() {
    let (at, _, works) = broken();
    works.store(true, Ordering::SeqCst);
    let gate = Hand::default().gate(NodeLimits::default());
    let sick = ErrorInfo { class: ErrorClass::Transient, ..ErrorInfo::permanent("http_503", "GET / was answered 503") };
    for _ in 0..20 {
        let through = gate.passage(Want::Look, 1);
        assert_eq!(code(&through.read(get(at), LONG).await), "answered");
        through.ended(None);
    }
    for _ in 0..10 {
        let through = gate.passage(Want::Look, 1);
        assert_eq!(code(&through.read(get(at), LONG).await), "answered");
        through.ended(Some(&sick));
    }
    assert_eq!(code(&look(&gate, at).await), "endpoint_open");
}
