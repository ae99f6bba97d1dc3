//! Whom a request addresses: what the limits of a process count by (R13).

use crate::connections::Connections;
use heal_stdlib::request::{ChangeRequest, Endpoint, HttpRequest, ProcessChange, ProcessRead, ReadRequest};

/// Whom a request addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// Which client carries it: `http`, `kubernetes`, `github`, `file`, `process`, `console`.
    pub adapter: &'static str,
    /// `host:port`, `kubernetes CONTEXT`, `program NAME`, `service NAME`; none: the machine itself.
    pub endpoint: Option<String>,
}

impl Addressed {
    fn to(adapter: &'static str, endpoint: impl Into<Option<String>>) -> Self {
        Self { adapter, endpoint: endpoint.into() }
    }
}

/// None: it concerns nobody but healrun itself.
pub(crate) fn read(connections: &Connections, request: &ReadRequest) -> Option<Addressed> {
    Some(match request {
        ReadRequest::Http(request) => Addressed::to("http", http(connections, request)),
        ReadRequest::Kubernetes(_) => kubernetes(connections),
        ReadRequest::Github(_) => github(connections),
        ReadRequest::File(_) => Addressed::to("file", None),
        ReadRequest::Process(ProcessRead::Run(line)) => Addressed::to("process", program(&line.argv)),
        ReadRequest::Process(ProcessRead::Service { name }) => Addressed::to("process", format!("service {name}")),
        ReadRequest::Pause { .. } | ReadRequest::Evidence { .. } | ReadRequest::Noted { .. } => return None,
    })
}

pub(crate) fn change(connections: &Connections, request: &ChangeRequest) -> Addressed {
    match request {
        ChangeRequest::Http(request) => Addressed::to("http", http(connections, request)),
        ChangeRequest::Kubernetes(_) => kubernetes(connections),
        ChangeRequest::Github(_) => github(connections),
        ChangeRequest::File(_) => Addressed::to("file", None),
        ChangeRequest::Process(ProcessChange::Run(line)) => Addressed::to("process", program(&line.argv)),
        ChangeRequest::Process(ProcessChange::RestartService { name, .. }) => {
            Addressed::to("process", format!("service {name}"))
        }
        ChangeRequest::Console { .. } => Addressed::to("console", None),
    }
}

/// Two connections to one server are one endpoint.
fn http(connections: &Connections, request: &HttpRequest) -> Option<String> {
    match &request.endpoint {
        Endpoint::Url(url) => authority(url),
        Endpoint::Connection { name, .. } => authority(&connections.http.get(name)?.url),
    }
}

fn github(connections: &Connections) -> Addressed {
    Addressed::to("github", connections.github.as_ref().and_then(|github| authority(&github.url)))
}

fn kubernetes(connections: &Connections) -> Addressed {
    let context = connections.kubernetes.context.as_deref().unwrap_or("(current context)");
    Addressed::to("kubernetes", format!("kubernetes {context}"))
}

fn program(argv: &[String]) -> Option<String> {
    argv.first().map(|name| format!("program {name}"))
}

#[cfg(feature = "wire")]
fn authority(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let port = url.port_or_known_default()?;
    Some(format!("{}:{port}", url.host_str()?.trim_end_matches('.')))
}

#[cfg(not(feature = "wire"))]
fn authority(_: &str) -> Option<String> {
    None
}

#[cfg(test)]
#[cfg(feature = "wire")]
mod tests {
    use super::*;
    use crate::connections::HttpConnection;

    fn get(endpoint: Endpoint) -> ReadRequest {
        ReadRequest::Http(HttpRequest {
            method: "GET".to_owned(),
            endpoint,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            max_bytes: 1,
            follow: false,
        })
    }

    #[test]
    fn a_connection_and_a_url_of_the_same_server_are_one_endpoint() {
        let mut connections = Connections::new("/base".into(), "/state".into());
        let url = "https://Prom.example.com/x".to_owned();
        connections.http.insert("prometheus".to_owned(), HttpConnection { url, token: None });
        let named = Endpoint::Connection { name: "prometheus".to_owned(), path: "/api".to_owned() };
        let expected = Some(Addressed::to("http", "prom.example.com:443".to_owned()));
        assert_eq!(read(&connections, &get(named)), expected);
        assert_eq!(read(&connections, &get(Endpoint::Url("https://prom.example.com./y".to_owned()))), expected);
        assert_eq!(read(&connections, &ReadRequest::Pause { ms: 1 }), None, "waiting addresses nobody");
    }
}
