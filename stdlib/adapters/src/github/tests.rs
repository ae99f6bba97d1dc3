//! What GitHub's servers may do to us.

use super::*;
use crate::carrier::Carrier;
use crate::transport::lying::{LONG, Reply, Server, ok, serve, to};
use heal_lang::plan::ErrorClass;
use heal_stdlib::request::{Answer, ChangeRequest, ReadRequest};
use heal_stdlib::value::Secret;

fn at(base: &str, path: &str) -> Result<String, String> {
    let query = [("per_page".to_owned(), "5".to_owned()), ("branch".to_owned(), "a b".to_owned())];
    route(&Url::parse(base).expect("a URL"), path, &query).map_err(|error| error.code)
}

#[test]
fn the_page_size_has_the_name_that_the_server_knows() {
    assert_eq!(at("https://api.github.com", "/repos/o/r").as_deref(), Ok("/repos/o/r?per_page=5&branch=a+b"));
    assert_eq!(at("http://h:3000/api/v1/", "/repos/o/r").as_deref(), Ok("/repos/o/r?limit=5&branch=a+b"));
}

#[test]
fn a_name_in_a_path_leads_nowhere_else() {
    for path in ["repos", "/repos/../../admin", "/repos?x", "/repos#x"] {
        assert_eq!(at("https://api.github.com", path), Err("path".to_owned()), "{path}");
    }
}

fn carrier(server: &Server) -> Carrier {
    let mut connections = Connections::new("/".into(), "/".into());
    let token = Some(Secret::new("github", "ghp_secret".to_owned()));
    connections.github = Some(Which { url: format!("http://{}/api/v1", server.at), token, repository: None });
    Carrier::new(connections)
}

async fn get_from(server: &Server, path: &str) -> Result<HttpAnswer, ErrorInfo> {
    let get = GithubGet { path: path.to_owned(), query: vec![], text: true, max_bytes: 1000 };
    told(carrier(server).read(ReadRequest::Github(get), LONG).await)
}

async fn post_to(server: &Server, path: &str, within: Duration) -> Result<HttpAnswer, ErrorInfo> {
    let write = GithubWrite { method: "POST".to_owned(), path: path.to_owned(), body: None };
    let departure = Arc::new(Departure::new(Arc::new(|| 0), 0));
    told(carrier(server).change(ChangeRequest::Github(write), within, &departure).await)
}

fn told(answer: Answer) -> Result<HttpAnswer, ErrorInfo> {
    match answer {
        Answer::Http(answer) => Ok(answer),
        Answer::Failed(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_log_in_a_store_is_fetched_without_the_token() {
    let store = serve(|_| Reply::Text(ok("the log"))).await;
    let at = store.at;
    let github = serve(move |_| to(&format!("http://{at}/container/log.txt?signature=x"))).await;
    let answer = get_from(&github, "/repos/o/r/actions/jobs/1/logs").await.expect("the log");
    assert_eq!((answer.status, answer.body.as_str()), (200, "the log"));
    assert!(github.heard()[0].starts_with("GET /api/v1/repos/o/r/actions/jobs/1/logs "), "{:?}", github.heard());
    assert!(github.heard()[0].contains("authorization: Bearer ghp_secret"));
    assert!(store.heard()[0].starts_with("GET /container/log.txt?signature=x "), "{:?}", store.heard());
    assert!(!store.heard()[0].contains("ghp_secret"));
}

#[tokio::test]
async fn a_repository_that_was_renamed_is_found_with_the_token() {
    let github = serve(|path| match path {
        "/api/v1/repos/o/old" => to("/api/v1/repositories/7"),
        _ => Reply::Text(ok("here")),
    });
    let github = github.await;
    assert_eq!(get_from(&github, "/repos/o/old").await.expect("an answer").body, "here");
    assert_eq!(github.heard().iter().filter(|r| r.contains("ghp_secret")).count(), 2);
}

#[tokio::test]
async fn no_redirect_leads_to_the_machines_own_identity_or_round_for_ever() {
    let github = serve(|_| to("http://169.254.169.254/latest/meta-data/")).await;
    assert_eq!(get_from(&github, "/logs").await.expect_err("refused").code, "redirect_refused");
    let github = serve(|_| to("/api/v1/again")).await;
    assert_eq!(get_from(&github, "/logs").await.expect_err("refused").code, "redirects");
}

#[tokio::test]
async fn a_write_that_a_server_could_not_take_is_sent_once() {
    for status in ["500 No", "502 No", "503 No", "429 Slow"] {
        let github = serve(move |_| Reply::Text(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"))).await;
        let answer = post_to(&github, "/repos/o/r/actions/runs/1/rerun-failed-jobs", LONG).await.expect("an answer");
        assert_eq!((answer.status.to_string().as_str(), github.heard().len()), (&status[..3], 1));
    }
}

#[tokio::test]
async fn a_write_without_an_answer_is_uncertain_and_sent_once() {
    for reply in [|| Reply::Reset(""), || Reply::Hang("")] {
        let github = serve(move |_| reply()).await;
        let error = post_to(&github, "/x", Duration::from_secs(2)).await.expect_err("nobody knows");
        assert_eq!((error.class, github.heard().len()), (ErrorClass::Uncertain, 1), "{error:?}");
    }
}

#[tokio::test]
async fn a_used_up_allowance_says_when_it_is_renewed() {
    let reply = "HTTP/1.1 403 No\r\ndate: Thu, 01 Jan 1970 00:10:00 GMT\r\nx-ratelimit-remaining: 0\r\n\
        x-ratelimit-reset: 660\r\ncontent-length: 0\r\n\r\n";
    let github = serve(move |_| Reply::Text(reply.to_owned())).await;
    let answer = get_from(&github, "/x").await.expect("an answer");
    assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (403, "60"));
}
