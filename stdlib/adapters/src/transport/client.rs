//! Builds clients: no redirects and no retries of their own, addresses looked at after the name was resolved.

use super::gate::{GateLayer, Stopped};
use super::hosts::never_ip;
use crate::departure::Departure;
use crate::failure;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::ErrorInfo;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::Arc;
use url::{Host, Url};

/// What kind of client a URL needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    /// TLS: the system's roots are read only for those, and a machine without any can still ask over plain HTTP.
    secure: bool,
    /// This machine: no proxy of the environment stands between.
    local: bool,
}

impl Route {
    pub(crate) fn of(url: &Url) -> Self {
        let local = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        Self { secure: url.scheme() == "https", local }
    }
}

/// A client. With a departure it is for one change: its connection must stand in time.
///
/// A proxy of the environment (`HTTPS_PROXY`, `NO_PROXY`) is used as everywhere; it then resolves names in our place, and
/// the check of addresses is its business.
pub(crate) fn client(route: Route, departure: Option<&Arc<Departure>>) -> Result<reqwest::Client, ErrorInfo> {
    super::crypto();
    let mut builder = reqwest::Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("healrun/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(Careful));
    if route.local {
        builder = builder.no_proxy();
    }
    if !route.secure {
        builder = builder.tls_certs_only([]);
    }
    if departure.is_some() {
        builder = builder.connector_layer(GateLayer(departure.cloned()));
    }
    builder.build().map_err(|error| {
        ErrorInfo::permanent("tls", format!("could not prepare a secure connection: {}", super::errors::chain(&error)))
    })
}

/// Resolves as the system does, and leaves out the addresses that are never asked: a name may point anywhere (R72).
struct Careful;

impl Resolve for Careful {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await.map_err(|error| {
                let message = format!("the name {host} could not be resolved: {error}");
                Stopped(failure::unsent(ErrorClass::Transient, "dns", message))
            })?;
            let all: Vec<SocketAddr> = found.collect();
            let good: Vec<SocketAddr> = all.iter().copied().filter(|at| !never_ip(at.ip())).collect();
            if good.is_empty() {
                let (code, message) = match all.is_empty() {
                    true => ("dns", format!("the name {host} has no address")),
                    false => ("address_refused", format!("{host} leads to a link-local address: it is never asked")),
                };
                return Err(Stopped(ErrorInfo::permanent(code, message)).into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}
