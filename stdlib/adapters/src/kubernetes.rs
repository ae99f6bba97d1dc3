//! Kubernetes, through kube's own configuration, sign-in and TLS. What is asked is data, so the requests go as they are.

use crate::connections::{Connections, Kubernetes as Which, Redactor};
use crate::departure::Departure;
use crate::failure;
use crate::transport::{self, GateLayer, Reading, classify};
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{HttpAnswer, KubernetesGet, KubernetesWrite};
use hyper_util::client::legacy::{Builder, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ClientBuilder, ConfigExt};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tower::{BoxError, Layer, ServiceBuilder};

/// Most of an answer to a write: the object as it is then.
const WRITTEN: u64 = 1024 * 1024;

/// The client of this family.
pub(crate) struct Kubernetes {
    which: Which,
    redact: Redactor,
    config: OnceCell<Config>,
    /// For reads: they share connections. A change has a client of its own.
    client: OnceCell<Client>,
}

impl Kubernetes {
    pub(crate) fn new(connections: &Connections) -> Self {
        let mut which = connections.kubernetes.clone();
        which.kubeconfig = which.kubeconfig.map(|path| connections.base.join(path));
        Self { which, redact: connections.redact.clone(), config: OnceCell::new(), client: OnceCell::new() }
    }

    pub(crate) async fn get(&self, get: KubernetesGet) -> Result<HttpAnswer, ErrorInfo> {
        let client = self.client.get_or_try_init(|| self.build(None)).await?;
        let accept = if get.text { "text/plain, */*" } else { "application/json" };
        let request = request("GET", &get.path, &get.query)?.header("accept", accept).body(Body::empty());
        self.send(client, request, &format!("GET {}", get.path), get.max_bytes, None).await
    }

    pub(crate) async fn write(
        &self,
        write: KubernetesWrite,
        within: Duration,
        departure: &Arc<Departure>,
    ) -> Result<HttpAnswer, ErrorInfo> {
        let until = Instant::now() + within.saturating_sub(transport::TO_TELL);
        let client = self.build(Some(departure)).await?;
        let request = request(&write.method, &write.path, &write.query)?
            .header("accept", "application/json")
            .header("content-type", &write.content_type)
            .body(Body::from(write.body.to_string().into_bytes()));
        self.send(&client, request, &format!("{} {}", write.method, write.path), WRITTEN, Some(until)).await
    }

    async fn send(
        &self,
        client: &Client,
        request: Result<::http::Request<Body>, ::http::Error>,
        what: &str,
        max_bytes: u64,
        change_until: Option<Instant>,
    ) -> Result<HttpAnswer, ErrorInfo> {
        let request = request.map_err(|error| ErrorInfo::permanent("request", format!("{what}: {error}")))?;
        let started = Instant::now();
        let response = client.send(request).await.map_err(|error| told(what, &error))?;
        transport::read(response, Reading { what, max_bytes, redact: &self.redact, started, change_until }).await
    }

    /// A client as kube builds it, without its retries: those are the engine's, which counts them.
    async fn build(&self, departure: Option<&Arc<Departure>>) -> Result<Client, ErrorInfo> {
        transport::crypto();
        let config = self.config.get_or_try_init(|| load(&self.which)).await?.clone();
        let gate = GateLayer(departure.cloned());
        // Sign-in may run a program and wait for it.
        let built = tokio::task::spawn_blocking(move || -> Result<_, kube::Error> {
            let mut tcp = HttpConnector::new();
            tcp.enforce_http(false);
            let http = Builder::new(TokioExecutor::new())
                .build::<_, Body>(gate.layer(config.rustls_https_connector_with_connector(tcp)?));
            let stack = ServiceBuilder::new()
                .layer(config.base_uri_layer())
                .option_layer(config.auth_layer()?)
                .layer(config.extra_headers_layer()?)
                .map_err(BoxError::from);
            Ok(ClientBuilder::new(stack.service(http), config.default_namespace))
        });
        let built = built.await.map_err(|error| ErrorInfo::permanent("internal", error.to_string()))?;
        // Here, because it starts a task.
        Ok(built.map_err(|error| told("sign in to Kubernetes", &error))?.build())
    }
}

async fn load(which: &Which) -> Result<Config, ErrorInfo> {
    let options = KubeConfigOptions { context: which.context.clone(), ..KubeConfigOptions::default() };
    let config = match &which.kubeconfig {
        Some(path) => match Kubeconfig::read_from(path) {
            Ok(file) => Config::from_custom_kubeconfig(file, &options).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        },
        // The pod's own account has no contexts.
        None if which.context.is_some() => Config::from_kubeconfig(&options).await.map_err(|error| error.to_string()),
        None => Config::infer().await.map_err(|error| error.to_string()),
    };
    config.map_err(|error| {
        let message = format!("no way to a Kubernetes cluster: {error}; see `connections: kubernetes` in healrun.yaml");
        ErrorInfo::permanent("kubeconfig", message)
    })
}

fn request(method: &str, path: &str, query: &[(String, String)]) -> Result<::http::request::Builder, ErrorInfo> {
    // An action fills names into paths: none of them may lead anywhere else.
    let whole = path.starts_with('/') && !path.contains(['?', '#', '%', '\\']) && !path.split('/').any(|p| p == "..");
    if !whole {
        return Err(ErrorInfo::permanent("path", format!("`{path}` is not a path of the Kubernetes API")));
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let uri = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    Ok(::http::Request::builder().method(method).uri(uri))
}

fn told(what: &str, error: &kube::Error) -> ErrorInfo {
    match error {
        kube::Error::Auth(error) => {
            let message = format!("{what}: could not sign in: {error}");
            failure::unsent(ErrorClass::Denied, "auth", message)
        }
        error => classify(what, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::Carrier;
    use crate::transport::lying::{LONG, Reply, Server, serve};
    use heal_stdlib::request::{Answer, ChangeRequest, ReadRequest};

    #[test]
    fn a_name_in_a_path_leads_nowhere_else() {
        for path in ["api", "/api/../x", "/a?b", "/a#b", "/a%2e%2e/b", "/a\\b"] {
            assert_eq!(request("GET", path, &[]).expect_err("refused").code, "path", "{path}");
        }
        let pairs = [("labelSelector".to_owned(), "a=b,c in (d)".to_owned())];
        let built = request("GET", "/api/v1/pods", &pairs).expect("a request").body(()).expect("a request");
        assert_eq!(built.uri(), "/api/v1/pods?labelSelector=a%3Db%2Cc+in+%28d%29");
    }

    #[tokio::test]
    async fn a_missing_kubeconfig_is_told_with_the_remedy() {
        let mut connections = Connections::new("/nowhere".into(), "/nowhere".into());
        connections.kubernetes.kubeconfig = Some("kube.yaml".into());
        let get = KubernetesGet { path: "/version".to_owned(), query: vec![], text: false, max_bytes: 10 };
        let error = Kubernetes::new(&connections).get(get).await.expect_err("no way");
        assert_eq!(error.code, "kubeconfig");
        assert!(error.message.contains("/nowhere/kube.yaml") && error.message.contains("healrun.yaml"), "{error:?}");
    }

    async fn server(reply: fn() -> Reply) -> (Server, tempfile::TempDir, Connections) {
        let server = serve(move |_| reply()).await;
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: \"http://{}\"}}}}]\n\
             users: [{{name: u, user: {{token: t0ken}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
            server.at
        );
        std::fs::write(folder.path().join("kubeconfig"), text).expect("a kubeconfig");
        let mut connections = Connections::new(folder.path().into(), folder.path().into());
        connections.kubernetes.kubeconfig = Some("kubeconfig".into());
        (server, folder, connections)
    }

    async fn patched(reply: fn() -> Reply, within: Duration) -> (Answer, usize) {
        let (server, _folder, connections) = server(reply).await;
        let write = KubernetesWrite {
            method: "PATCH".to_owned(),
            path: "/apis/apps/v1/namespaces/n/deployments/d".to_owned(),
            query: vec![],
            content_type: "application/json-patch+json".to_owned(),
            body: serde_json::json!([]),
        };
        let departure = Arc::new(Departure::new(Arc::new(|| 0), 0));
        let answer = Carrier::new(connections).change(ChangeRequest::Kubernetes(write), within, &departure).await;
        let heard = server.heard();
        assert!(
            heard.iter().all(|r| r.contains("Bearer t0ken") && r.contains("application/json-patch+json")),
            "{heard:?}"
        );
        (answer, heard.len())
    }

    #[tokio::test]
    async fn a_change_is_sent_once_whatever_comes_back() {
        let busy = || Reply::Text("HTTP/1.1 503 No\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n".to_owned());
        let (answer, sent) = patched(busy, LONG).await;
        assert!(matches!(&answer, Answer::Http(a) if a.status == 503) && sent == 1, "{answer:?}");
        for reply in [|| Reply::Reset(""), || Reply::Hang("")] {
            let (answer, sent) = patched(reply, Duration::from_secs(2)).await;
            let uncertain = matches!(&answer, Answer::Failed(e) if e.class == ErrorClass::Uncertain);
            assert!(uncertain && sent == 1, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn a_list_without_end_is_cut_at_its_cap() {
        let (_server, _folder, connections) = server(|| Reply::Flood("HTTP/1.1 200 OK\r\n\r\n", "{\"items\":[")).await;
        let get = KubernetesGet { path: "/api/v1/pods".to_owned(), query: vec![], text: false, max_bytes: 100 };
        let answer = Carrier::new(connections).read(ReadRequest::Kubernetes(get), LONG).await;
        assert!(matches!(&answer, Answer::Http(a) if a.truncated && a.body.len() == 100), "{answer:?}");
    }
}
