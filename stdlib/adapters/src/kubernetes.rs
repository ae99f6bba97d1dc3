//! To come.
use crate::connections::Connections;
use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::*;
use std::sync::Arc;
pub(crate) struct Kubernetes;
impl Kubernetes {
    pub(crate) fn new(_: &Connections) -> Self {
        Self
    }
    pub(crate) async fn get(&self, _: KubernetesGet) -> Result<HttpAnswer, ErrorInfo> {
        Err(ErrorInfo::permanent("todo", ""))
    }
    pub(crate) async fn write(&self, _: KubernetesWrite, _: &Arc<Departure>) -> Result<HttpAnswer, ErrorInfo> {
        Err(ErrorInfo::permanent("todo", ""))
    }
}
