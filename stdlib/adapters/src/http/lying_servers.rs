//! Servers that are dead, slow, huge, wrong or hostile: each a typed error, in time.

use crate::carrier::Carrier;
use crate::connections::Connections;
use crate::departure::Departure;
use crate::transport::lying::{LONG, Reply, Server, ok, serve, to};
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::{
    Answer, ChangeRequest, Endpoint, HeaderText, HttpAnswer, HttpBody, HttpRequest, ReadRequest,
};
use heal_stdlib::value::Secret;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn carrier() -> Carrier {
    let mut connections = Connections::new(".".into(), ".".into());
    connections.allow = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    connections.redact = Arc::new(|text| text.replace("hunter2hunter2", "***"));
    Carrier::new(connections)
}

fn get(url: String) -> HttpRequest {
    HttpRequest {
        method: "GET".to_owned(),
        endpoint: Endpoint::Url(url),
        query: vec![],
        headers: vec![],
        body: None,
        max_bytes: 1000,
        follow: true,
    }
}

fn post(url: String) -> HttpRequest {
    let body = HttpBody::Text { content_type: "text/plain".to_owned(), text: "do it".to_owned() };
    HttpRequest { method: "POST".to_owned(), body: Some(body), ..get(url) }
}

async fn ask(request: HttpRequest, within: Duration) -> Result<HttpAnswer, ErrorInfo> {
    heard(carrier().read(ReadRequest::Http(request), within).await)
}

fn heard(answer: Answer) -> Result<HttpAnswer, ErrorInfo> {
    match answer {
        Answer::Http(answer) => Ok(answer),
        Answer::Failed(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

/// Sends a change whose bytes may leave until `send_by`, by a clock that stands at 5.
async fn act(request: HttpRequest, within: Duration, send_by: u64) -> (Result<HttpAnswer, ErrorInfo>, Option<u64>) {
    let departure = Arc::new(Departure::new(Arc::new(|| 5), send_by));
    let answer = carrier().change(ChangeRequest::Http(request), within, &departure).await;
    (heard(answer), departure.left_at())
}

async fn code_of(reply: fn() -> Reply, within: Duration) -> (ErrorClass, String) {
    let server = serve(move |_| reply()).await;
    let error = ask(get(format!("http://{}/x", server.at)), within).await.expect_err("an error");
    (error.class, error.code)
}

#[tokio::test]
async fn an_answer_is_told_whatever_its_status() {
    let server = serve(|_| Reply::Text("HTTP/1.1 503 No\r\nRetry-After: 7\r\ncontent-length: 2\r\n\r\nno".to_owned()));
    let answer = ask(get(format!("http://{}/x", server.await.at)), LONG).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_str(), answer.headers["retry-after"].as_str()), (503, "no", "7"));
}

#[tokio::test]
async fn nobody_there_is_refused_and_nothing_was_sent() {
    let at = TcpListener::bind("127.0.0.1:0").await.and_then(|l| l.local_addr()).expect("a port that is free now");
    let error = ask(get(format!("http://{at}/")), LONG).await.expect_err("refused");
    assert_eq!((error.class, error.code.as_str(), error.sent), (ErrorClass::Transient, "refused", Sent::No));
    let (error, left) = act(post(format!("http://{at}/")), LONG, 9).await;
    let error = error.expect_err("refused");
    assert_eq!((error.class, error.code.as_str(), error.sent), (ErrorClass::Transient, "refused", Sent::No));
    assert_eq!(left, None);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_told_as_that() {
    let mut connections = Connections::new(".".into(), ".".into());
    connections.allow = vec!["no-such-host.invalid".to_owned()];
    let request = ReadRequest::Http(get("http://no-such-host.invalid/".to_owned()));
    let error = heard(Carrier::new(connections).read(request, LONG).await).expect_err("no such name");
    assert_eq!((error.code.as_str(), error.sent), ("dns", Sent::No));
}

#[tokio::test]
async fn a_connection_cut_anywhere_is_a_reset() {
    let reset = (ErrorClass::Transient, "reset".to_owned());
    assert_eq!(code_of(|| Reply::Reset(""), LONG).await, reset);
    assert_eq!(code_of(|| Reply::Text(String::new()), LONG).await, reset);
    assert_eq!(code_of(|| Reply::Text("HTTP/1.1 200 OK\r\nconte".to_owned()), LONG).await, reset);
    assert_eq!(
        code_of(|| Reply::Text("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()), LONG).await,
        reset
    );
    assert_eq!(code_of(|| Reply::Reset("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), LONG).await, reset);
    let chunks = || Reply::Text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n".to_owned());
    assert_eq!(code_of(chunks, LONG).await, reset);
}

#[tokio::test]
async fn a_slow_server_is_given_up_in_time() {
    let timeout = (ErrorClass::Transient, "timeout".to_owned());
    let short = Duration::from_millis(300);
    assert_eq!(code_of(|| Reply::Hang(""), short).await, timeout);
    assert_eq!(code_of(|| Reply::Hang("HTTP/1.1 200 OK\r\nx: "), short).await, timeout);
    assert_eq!(code_of(|| Reply::Hang("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), short).await, timeout);
}

#[tokio::test]
async fn what_is_no_http_is_told_as_that() {
    let protocol = (ErrorClass::Permanent, "protocol".to_owned());
    assert_eq!(code_of(|| Reply::Text("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned()), LONG).await, protocol);
    assert_eq!(code_of(|| Reply::Text("HTTP/1.1 9999 What\r\n\r\n".to_owned()), LONG).await, protocol);
    assert_eq!(code_of(|| Reply::Flood("HTTP/1.1 200 OK\r\n", "x: yyyyyyyyyyyyyyyy\r\n"), LONG).await, protocol);
}

#[tokio::test]
async fn a_server_that_speaks_first_is_no_http_whoever_is_faster() {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n");
        }
    });
    for _ in 0..20 {
        let error = ask(get(format!("http://{at}/")), LONG).await.expect_err("no HTTP");
        // A connection that was cut before anything was read is a cut connection.
        assert!(matches!(error.code.as_str(), "protocol" | "reset"), "{error:?}");
        assert!(!error.message.contains("error sending request"), "{error:?}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_its_cap() {
    let server = serve(|_| Reply::Flood("HTTP/1.1 200 OK\r\n\r\n", "0123456789")).await;
    let answer = ask(get(format!("http://{}/", server.at)), LONG).await.expect("an answer");
    assert_eq!((answer.body.len(), answer.truncated), (1000, true));
}

#[tokio::test]
async fn a_compressed_answer_that_nobody_asked_for_is_not_opened() {
    let server = serve(|_| Reply::Flood("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", "\x1f\x0b")).await;
    let error = ask(get(format!("http://{}/", server.at)), LONG).await.expect_err("an error");
    assert_eq!(error.code, "encoding");
    assert!(!server.heard()[0].contains("accept-encoding"));
}

#[tokio::test]
async fn a_secret_that_the_server_echoes_is_scrubbed() {
    let echo = |_: &str| Reply::Text("HTTP/1.1 200 OK\r\nx: hunter2hunter2\r\n\r\nyou sent hunter2hunter2".to_owned());
    let server = serve(echo).await;
    let answer = ask(get(format!("http://{}/", server.at)), LONG).await.expect("an answer");
    assert_eq!((answer.body.as_str(), answer.headers["x"].as_str()), ("you sent ***", "***"));
}

#[tokio::test]
async fn a_redirect_is_followed_and_its_secrets_stay_behind() {
    let second = serve(|_| Reply::Text(ok("there"))).await;
    let at = second.at;
    let first = serve(move |path| match path {
        "/x" => to("/y"),
        _ => to(&format!("http://localhost:{}/z", at.port())),
    });
    let first = first.await;
    let mut request = get(format!("http://{}/x", first.at));
    request.headers = vec![
        ("authorization".to_owned(), HeaderText::Plain("Bearer abc".to_owned())),
        ("x-key".to_owned(), HeaderText::Secret(Secret::new("key", "abc".to_owned()))),
        ("x-plain".to_owned(), HeaderText::Plain("abc".to_owned())),
    ];
    let answer = ask(request, LONG).await.expect("an answer");
    assert_eq!(answer.body, "there");
    let names = ["authorization", "x-key", "x-plain"];
    let seen = |server: &Server| -> Vec<[bool; 3]> {
        let heard = server.heard();
        heard.iter().map(|request| names.map(|name| request.contains(name))).collect()
    };
    assert_eq!(seen(&first), [[true; 3], [true; 3]], "the same host sees them again");
    assert_eq!(seen(&second), [[false, false, true]], "another port is another host");
}

#[tokio::test]
async fn a_redirect_leads_nowhere_that_is_not_allowed() {
    for place in
        ["http://example.com/", "http://169.254.169.254/latest/", "file:///etc/passwd", "//[fe80::1]/", "http://"]
    {
        let server = serve(move |_| to(place)).await;
        let error = ask(get(format!("http://{}/", server.at)), LONG).await.expect_err("refused");
        assert_eq!((error.class, error.code.as_str()), (ErrorClass::Permanent, "redirect_refused"), "{place}");
    }
}

#[tokio::test]
async fn a_loop_of_redirects_ends() {
    let server = serve(|_| to("/again")).await;
    let error = ask(get(format!("http://{}/", server.at)), LONG).await.expect_err("an error");
    assert_eq!(error.code, "redirects");
    assert_eq!(server.heard().len(), 11);
}

#[tokio::test]
async fn a_redirect_that_nobody_wants_followed_is_the_answer() {
    let server = serve(|_| to("/y")).await;
    let request = HttpRequest { follow: false, ..get(format!("http://{}/", server.at)) };
    assert_eq!(ask(request, LONG).await.expect("an answer").status, 302);
}

#[tokio::test]
async fn a_host_that_is_not_allowed_names_the_permission() {
    let error = ask(get("http://example.com/".to_owned()), LONG).await.expect_err("refused");
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Denied, "host_not_allowed"));
    assert!(error.permission.is_some() && error.message.contains("http: allow"), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_is_no_error() {
    let server = serve(|path| match path {
        "/first" => Reply::Stay(ok("one")),
        _ => Reply::Text(ok("two")),
    });
    let at = server.await.at;
    let carrier = carrier();
    for (path, body) in [("first", "one"), ("last", "two"), ("again", "two"), ("again", "two")] {
        let request = ReadRequest::Http(get(format!("http://{at}/{path}")));
        assert_eq!(heard(carrier.read(request, LONG).await).expect("an answer").body, body);
    }
}

#[tokio::test]
async fn a_change_without_a_definite_answer_is_uncertain() {
    for reply in [|| Reply::Text(String::new()), || Reply::Reset(""), || Reply::Hang("HTTP/1.1 2")] {
        let server = serve(move |_| reply()).await;
        let (result, left) = act(post(format!("http://{}/", server.at)), Duration::from_secs(2), 9).await;
        let error = result.expect_err("uncertain");
        assert_eq!((error.class, error.sent, left), (ErrorClass::Uncertain, Sent::Maybe, Some(5)), "{error:?}");
        assert_eq!(server.heard().len(), 1, "it was sent once");
    }
}

#[tokio::test]
async fn the_status_of_a_change_counts_even_where_its_body_does_not_come() {
    for reply in [
        || Reply::Text("HTTP/1.1 201 Yes\r\ncontent-length: 9\r\n\r\nhalf".to_owned()),
        || Reply::Hang("HTTP/1.1 201 Yes\r\ncontent-length: 9\r\n\r\nhalf"),
    ] {
        let server = serve(move |_| reply()).await;
        let (result, _) = act(post(format!("http://{}/", server.at)), Duration::from_secs(2), 9).await;
        let answer = result.expect("a status");
        assert_eq!((answer.status, answer.body.as_str(), answer.truncated), (201, "half", true));
    }
}

#[tokio::test]
async fn nothing_leaves_after_send_by() {
    let server = serve(|_| Reply::Text(ok("done"))).await;
    let (result, left) = act(post(format!("http://{}/", server.at)), LONG, 4).await;
    let error = result.expect_err("too late");
    assert_eq!((error.code.as_str(), error.sent, left), ("send_by", Sent::No, None));
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn send_by_is_looked_at_when_the_connection_stands() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    // The clock itself takes the connection: had it been asked before there was one, it would wait for ever.
    let clock = move || {
        drop(listener.accept());
        7
    };
    let departure = Arc::new(Departure::new(Arc::new(clock), 6));
    let answer = carrier().change(ChangeRequest::Http(post(url)), LONG, &departure).await;
    assert_eq!(heard(answer).expect_err("too late").code, "send_by");
}

#[tokio::test]
async fn a_change_follows_only_what_says_that_nothing_was_done() {
    let server = serve(|path| match path {
        "/307" => Reply::Text("HTTP/1.1 307 X\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n".to_owned()),
        "/303" => Reply::Text("HTTP/1.1 303 X\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n".to_owned()),
        _ => Reply::Text(ok("done")),
    });
    let server = server.await;
    let (result, _) = act(post(format!("http://{}/307", server.at)), LONG, 9).await;
    assert_eq!(result.expect("an answer").body, "done");
    assert!(server.heard().last().is_some_and(|r| r.starts_with("POST /there") && r.ends_with("do it")));
    let (result, _) = act(post(format!("http://{}/303", server.at)), LONG, 9).await;
    assert_eq!(result.expect("an answer").status, 303);
}

#[tokio::test]
async fn a_body_is_not_sent_on_to_another_host() {
    let second = serve(|_| Reply::Text(ok("there"))).await;
    let at = second.at;
    let first =
        serve(move |_| Reply::Text(format!("HTTP/1.1 308 X\r\nlocation: http://{at}/\r\ncontent-length: 0\r\n\r\n")));
    let (result, _) = act(post(format!("http://{}/", first.await.at)), LONG, 9).await;
    assert_eq!(result.expect_err("refused").code, "redirect_refused");
    assert!(second.heard().is_empty());
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_as_that() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        // Not a word of TLS.
        let (mut stream, _) = listener.accept().await.expect("a client");
        let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n").await;
        let _ = stream.read(&mut [0]).await;
    });
    let error = ask(get(format!("https://{at}/")), LONG).await.expect_err("no TLS there");
    assert_eq!((error.class, error.code.as_str(), error.sent), (ErrorClass::Permanent, "tls", Sent::No));
}
