//! Hands each request to the module that carries its kind, and bounds its time.

use crate::addressed::{self, Addressed};
use crate::connections::Connections;
use crate::departure::Departure;
use crate::{console, failure, file, process};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Answer, ChangeRequest, ReadRequest};
use std::sync::Arc;
use std::time::Duration;

/// The connections, and the clients over them.
pub(crate) struct Carrier {
    connections: Connections,
    #[cfg(feature = "http")]
    http: crate::http::Http,
    #[cfg(feature = "kubernetes")]
    kubernetes: crate::kubernetes::Kubernetes,
    #[cfg(feature = "github")]
    github: crate::github::Github,
}

impl Carrier {
    pub(crate) fn new(connections: Connections) -> Self {
        Self {
            #[cfg(feature = "http")]
            http: crate::http::Http::new(&connections),
            #[cfg(feature = "kubernetes")]
            kubernetes: crate::kubernetes::Kubernetes::new(&connections),
            #[cfg(feature = "github")]
            github: crate::github::Github::new(&connections),
            connections,
        }
    }

    pub(crate) fn reads_from(&self, request: &ReadRequest) -> Option<Addressed> {
        addressed::read(&self.connections, request)
    }

    pub(crate) fn sends_to(&self, request: &ChangeRequest) -> Addressed {
        addressed::change(&self.connections, request)
    }

    pub(crate) async fn read(&self, request: ReadRequest, within: Duration) -> Answer {
        let what = name_of_read(&request);
        let limit = limit(within, matches!(request, ReadRequest::Process(_)));
        let result = tokio::time::timeout(limit, self.try_read(request, within)).await;
        failure::answer(result.unwrap_or_else(|_| Err(failure::timeout(what, within))))
    }

    async fn try_read(&self, request: ReadRequest, within: Duration) -> Result<Answer, ErrorInfo> {
        match request {
            #[cfg(feature = "http")]
            ReadRequest::Http(request) => self.http.send(request, within, None).await.map(Answer::Http),
            #[cfg(feature = "kubernetes")]
            ReadRequest::Kubernetes(get) => self.kubernetes.get(get).await.map(Answer::Http),
            #[cfg(feature = "github")]
            ReadRequest::Github(get) => self.github.get(get).await.map(Answer::Http),
            #[cfg(not(feature = "http"))]
            ReadRequest::Http(_) => Ok(failure::left_out("http")),
            #[cfg(not(feature = "kubernetes"))]
            ReadRequest::Kubernetes(_) => Ok(failure::left_out("kubernetes")),
            #[cfg(not(feature = "github"))]
            ReadRequest::Github(_) => Ok(failure::left_out("github")),
            ReadRequest::File(read) => file::read(&self.connections, read).await,
            ReadRequest::Process(read) => process::read(&self.connections, read, within).await,
            ReadRequest::Pause { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(Answer::Done)
            }
            ReadRequest::Evidence { path, text } => file::evidence(&self.connections, path, text).await,
            ReadRequest::Noted { target } => Ok(Answer::Noted((self.connections.noted)(&target))),
        }
    }

    pub(crate) async fn change(&self, request: ChangeRequest, within: Duration, departure: &Arc<Departure>) -> Answer {
        let what = name_of_change(&request);
        let limit = limit(within, matches!(request, ChangeRequest::Process(_)));
        let result = tokio::time::timeout(limit, self.try_change(request, within, departure)).await;
        let result = result.unwrap_or_else(|_| Err(failure::timeout(what, within)));
        failure::answer(result.map_err(|error| departure.judge(error)))
    }

    async fn try_change(
        &self,
        request: ChangeRequest,
        within: Duration,
        departure: &Arc<Departure>,
    ) -> Result<Answer, ErrorInfo> {
        match request {
            #[cfg(feature = "http")]
            ChangeRequest::Http(request) => self.http.send(request, within, Some(departure)).await.map(Answer::Http),
            #[cfg(feature = "kubernetes")]
            ChangeRequest::Kubernetes(write) => self.kubernetes.write(write, within, departure).await.map(Answer::Http),
            #[cfg(feature = "github")]
            ChangeRequest::Github(write) => self.github.write(write, within, departure).await.map(Answer::Http),
            #[cfg(not(feature = "http"))]
            ChangeRequest::Http(_) => Ok(failure::left_out("http")),
            #[cfg(not(feature = "kubernetes"))]
            ChangeRequest::Kubernetes(_) => Ok(failure::left_out("kubernetes")),
            #[cfg(not(feature = "github"))]
            ChangeRequest::Github(_) => Ok(failure::left_out("github")),
            ChangeRequest::File(change) => file::change(&self.connections, change, departure).await,
            ChangeRequest::Process(change) => process::change(&self.connections, change, within, departure).await,
            ChangeRequest::Console { text } => console::say(text, departure).await,
        }
    }
}

/// A command ends itself or is ended in its time; the answer to that is worth a second more.
fn limit(within: Duration, process: bool) -> Duration {
    if process { within + Duration::from_secs(1) } else { within }
}

fn name_of_read(request: &ReadRequest) -> &'static str {
    match request {
        ReadRequest::Http(_) => "the HTTP request",
        ReadRequest::Kubernetes(_) => "the request to Kubernetes",
        ReadRequest::Github(_) => "the request to GitHub",
        ReadRequest::File(_) => "the look at the file",
        ReadRequest::Process(_) => "the look at the process",
        ReadRequest::Pause { .. } => "the pause",
        ReadRequest::Evidence { .. } => "the write of the evidence",
        ReadRequest::Noted { .. } => "the look into the state store",
    }
}

fn name_of_change(request: &ChangeRequest) -> &'static str {
    match request {
        ChangeRequest::Http(_) => "the HTTP request",
        ChangeRequest::Kubernetes(_) => "the change in Kubernetes",
        ChangeRequest::Github(_) => "the change in GitHub",
        ChangeRequest::File(_) => "the change of the file",
        ChangeRequest::Process(_) => "the process",
        ChangeRequest::Console { .. } => "the text to the console",
    }
}
