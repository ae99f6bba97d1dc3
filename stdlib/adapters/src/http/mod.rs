//! HTTP: to allowed hosts alone, redirects included, and no secret to another host than it was meant for.

mod compose;
#[cfg(test)]
mod lying_servers;

use crate::connections::{Connections, HttpConnection, Redactor};
use crate::departure::Departure;
use crate::failure;
use crate::transport::{Hosts, Reading, Route, TO_TELL, classify, client, read};
use compose::Composed;
use heal_lang::plan::ErrorClass::Permanent;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{HttpAnswer, HttpRequest};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, LOCATION, PROXY_AUTHORIZATION};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// Most redirects of one request.
const MOST_HOPS: usize = 10;

/// The clients of this family.
pub(crate) struct Http {
    hosts: Hosts,
    connections: BTreeMap<String, HttpConnection>,
    redact: Redactor,
    /// For reads: they share connections. A change has a client of its own.
    clients: Mutex<BTreeMap<Route, Client>>,
}

impl Http {
    pub(crate) fn new(connections: &Connections) -> Self {
        Self {
            hosts: Hosts::new(&connections.allow, connections.http.values().map(|c| c.url.as_str())),
            connections: connections.http.clone(),
            redact: connections.redact.clone(),
            clients: Mutex::default(),
        }
    }

    /// Sends a request and follows where it leads, if it was asked to. Without a departure it is a read.
    pub(crate) async fn send(
        &self,
        request: HttpRequest,
        within: Duration,
        departure: Option<&Arc<Departure>>,
    ) -> Result<HttpAnswer, ErrorInfo> {
        let started = Instant::now();
        let change_until = departure.map(|_| started + within.saturating_sub(TO_TELL));
        let mut composed = compose::compose(&request, &self.connections)?;
        self.hosts.check(&composed.url)?;
        let mut own = BTreeMap::new();
        for _ in 0..=MOST_HOPS {
            let what = composed.shown();
            let route = Route::of(&composed.url);
            let client = match departure {
                // One client for all hops, so that a redirect to the same place uses the connection again.
                Some(_) if !own.contains_key(&route) => own.entry(route).or_insert(client(route, departure)?).clone(),
                Some(_) => own[&route].clone(),
                None => self.shared(route)?,
            };
            let response = client.execute(composed.request()).await.map_err(|error| classify(&what, &error))?;
            if request.follow && response.status().is_redirection() {
                let location = response.headers().get(LOCATION).map(|value| value.as_bytes().to_vec());
                let next = location.map(|to| self.next(&composed, response.status().as_u16(), &to)).transpose()?;
                if let Some(next) = next.flatten() {
                    composed = next;
                    continue;
                }
            }
            let reading =
                Reading { what: &what, max_bytes: request.max_bytes, redact: &self.redact, started, change_until };
            return read(response.into(), reading).await;
        }
        let message = format!("{}: more than {MOST_HOPS} redirects in a row", composed.shown());
        Err(failure::asked(Permanent, "redirects", message))
    }

    fn shared(&self, route: Route) -> Result<Client, ErrorInfo> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&route) {
            return Ok(client.clone());
        }
        let client = client(route, None)?;
        clients.insert(route, client.clone());
        Ok(client)
    }

    /// The request that a redirect asks for; none: the redirect itself is the answer.
    fn next(&self, from: &Composed, status: u16, location: &[u8]) -> Result<Option<Composed>, ErrorInfo> {
        let looks = matches!(from.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        // 307 and 308 say that nothing was done and the same is to be sent elsewhere. What the others make of a request
        // that is no look differs from client to client: that is for the action to see.
        let followed = matches!(status, 307 | 308) || (looks && matches!(status, 301..=303));
        if !followed {
            return Ok(None);
        }
        let bad = |why: &str| {
            let message = format!("{}: redirected to {why}", from.shown());
            failure::asked(Permanent, "redirect_refused", message)
        };
        let Ok(to) = std::str::from_utf8(location) else { return Err(bad("what is no URL")) };
        let Ok(url) = from.url.join(to) else { return Err(bad("what is no URL")) };
        self.hosts
            .check(&url)
            .map_err(|error| ErrorInfo { permission: error.permission.clone(), ..bad(&error.message) })?;
        let mut next = Composed { url, ..from.clone() };
        if !same_origin(&from.url, &next.url) {
            if next.body.is_some() {
                return Err(bad("another host, where its body is not sent"));
            }
            strip(&mut next.headers);
        }
        Ok(Some(next))
    }
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

/// Takes out what only the first host was to see: credentials, and every header that was given as a secret.
fn strip(headers: &mut HeaderMap) {
    for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    let secret: Vec<_> = headers.iter().filter(|(_, v)| v.is_sensitive()).map(|(name, _)| name.clone()).collect();
    for name in secret {
        headers.remove(name);
    }
}
