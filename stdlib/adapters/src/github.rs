//! GitHub, and servers with its API, through octocrab's request building and octocrab's rule for its token. Under it
//! stands our own client: no retries (octocrab's default sends a write that was answered 5xx four times), no redirects.

use crate::connections::{Connections, Github as Which, Redactor};
use crate::departure::Departure;
use crate::failure;
use crate::transport::{self, Reading, Route, classify, client, never};
use heal_lang::plan::ErrorClass::Permanent;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{GithubGet, GithubWrite, HttpAnswer};
use http_body_util::BodyExt;
use octocrab::service::middleware::{auth_header::AuthHeaderLayer, base_uri::BaseUriLayer};
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use reqwest::header::{HeaderValue, LOCATION};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tower::{BoxError, Service};
use url::Url;

/// Most redirects of one request.
const MOST_HOPS: usize = 5;
/// Most of an answer to a write.
const WRITTEN: u64 = 1024 * 1024;

/// The client of this family.
pub(crate) struct Github {
    which: Option<Which>,
    redact: Redactor,
    /// For reads: they share connections. A change has a client of its own.
    client: OnceCell<Octocrab>,
}

impl Github {
    pub(crate) fn new(connections: &Connections) -> Self {
        Self { which: connections.github.clone(), redact: connections.redact.clone(), client: OnceCell::new() }
    }

    pub(crate) async fn get(&self, get: GithubGet) -> Result<HttpAnswer, ErrorInfo> {
        let (which, base) = self.which()?;
        let octocrab = self.client.get_or_try_init(|| async { build(which, &base, None) }).await?;
        let route = route(&base, &get.path, &get.query)?;
        let what = format!("GET {}", get.path);
        let started = Instant::now();
        let response = octocrab._get(route).await.map_err(|error| classify(&what, &error))?;
        let reading =
            Reading { what: &what, max_bytes: get.max_bytes, redact: &self.redact, started, change_until: None };
        match location(&response) {
            None => transport::read(response, reading).await,
            Some(to) => follow(octocrab, &base, to, reading).await,
        }
    }

    pub(crate) async fn write(
        &self,
        write: GithubWrite,
        within: Duration,
        departure: &Arc<Departure>,
    ) -> Result<HttpAnswer, ErrorInfo> {
        let (which, base) = self.which()?;
        let started = Instant::now();
        let octocrab = build(which, &base, Some(departure))?;
        let what = format!("{} {}", write.method, write.path);
        let request = ::http::Request::builder().method(write.method.as_str()).uri(route(&base, &write.path, &[])?);
        let request = octocrab.build_request(request, write.body.as_ref());
        let request = request.map_err(|error| ErrorInfo::permanent("request", format!("{what}: {error}")))?;
        let response = octocrab.execute(request).await.map_err(|error| classify(&what, &error))?;
        let change_until = Some(started + within.saturating_sub(transport::TO_TELL));
        let reading = Reading { what: &what, max_bytes: WRITTEN, redact: &self.redact, started, change_until };
        transport::read(response, reading).await
    }

    fn which(&self) -> Result<(&Which, Url), ErrorInfo> {
        let Some(which) = &self.which else {
            let message = "there is no connection `github`; add it to `connections` in healrun.yaml";
            return Err(ErrorInfo::permanent("no_connection", message));
        };
        let base = Url::parse(&which.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(base) = base else {
            return Err(ErrorInfo::permanent("url", format!("`{}` is not the URL of a GitHub API", which.url)));
        };
        never(&base)?;
        Ok((which, base))
    }
}

/// octocrab over a client of ours. Its token goes to the server of `base` alone.
fn build(which: &Which, base: &Url, departure: Option<&Arc<Departure>>) -> Result<Octocrab, ErrorInfo> {
    let bad = |what: &str| ErrorInfo::permanent("request", format!("the GitHub connection has {what}"));
    let uri: ::http::Uri = base.as_str().parse().map_err(|_| bad("a URL that is none"))?;
    let token = which.token.as_ref().map(|token| HeaderValue::from_str(&format!("Bearer {}", token.reveal())));
    let token = token.transpose().map_err(|_| bad("a token with a line end or a control character in it"))?;
    let token = token.map(|mut value| {
        value.set_sensitive(true);
        value
    });
    let built = OctocrabBuilder::new_empty()
        .with_service(Wire(client(Route::of(base), departure)?))
        .with_layer(&BaseUriLayer::new(uri.clone()))
        .with_layer(&AuthHeaderLayer::new(token, uri.clone(), uri))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(octocrab) => Ok(octocrab),
        Err(never) => match never {},
    }
}

/// A path and query below the base. The page size has another name on Gitea and its kin, whose API is below `/api/v1`.
fn route(base: &Url, path: &str, query: &[(String, String)]) -> Result<String, ErrorInfo> {
    let whole = path.starts_with('/') && !path.contains(['?', '#', '\\']) && !path.split('/').any(|part| part == "..");
    if !whole {
        return Err(ErrorInfo::permanent("path", format!("`{path}` is not a path of the GitHub API")));
    }
    let gitea = base.path().trim_end_matches('/').ends_with("/api/v1");
    let name = |name: &'_ str| if gitea && name == "per_page" { "limit".to_owned() } else { name.to_owned() };
    let pairs = query.iter().map(|(n, value)| (name(n), value));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Ok(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}

fn location<B>(response: &::http::Response<B>) -> Option<Vec<u8>> {
    let leads = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    response.headers().get(LOCATION).filter(|_| leads).map(|value| value.as_bytes().to_vec())
}

/// Follows a read: a renamed repository on the same server, with the token; a log in some store, without it.
async fn follow(
    octocrab: &Octocrab,
    base: &Url,
    mut to: Vec<u8>,
    reading: Reading<'_>,
) -> Result<HttpAnswer, ErrorInfo> {
    let what = reading.what;
    let refused = |why: String| failure::asked(Permanent, "redirect_refused", format!("{what}: redirected to {why}"));
    let mut at = base.clone();
    for _ in 0..MOST_HOPS {
        let text = std::str::from_utf8(&to).map_err(|_| refused("what is no URL".to_owned()))?;
        at = at.join(text).map_err(|_| refused("what is no URL".to_owned()))?;
        never(&at).map_err(|error| refused(error.message))?;
        if at.scheme() != base.scheme() && at.scheme() != "https" {
            return Err(refused("a server without TLS".to_owned()));
        }
        let next = if at.origin() == base.origin() {
            let response = octocrab._get(at.as_str()).await.map_err(|error| classify(what, &error))?;
            match location(&response) {
                None => return transport::read(response, reading).await,
                Some(next) => next,
            }
        } else {
            let response = client(Route::of(&at), None)?.get(at.clone()).send().await;
            let response = ::http::Response::from(response.map_err(|error| classify(what, &error.without_url()))?);
            match location(&response) {
                None => return transport::read(response, reading).await,
                Some(next) => next,
            }
        };
        to = next;
    }
    Err(failure::asked(Permanent, "redirects", format!("{what}: more than {MOST_HOPS} redirects in a row")))
}

/// Carries octocrab's requests.
#[derive(Clone)]
struct Wire(reqwest::Client);

impl Service<::http::Request<OctoBody>> for Wire {
    type Response = ::http::Response<reqwest::Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ::http::Request<OctoBody>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let request = reqwest::Request::try_from(::http::Request::from_parts(parts, body))?;
            Ok(client.execute(request).await?.into())
        })
    }
}

#[cfg(test)]
mod tests;
