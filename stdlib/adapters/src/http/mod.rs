//! To come.
use crate::connections::Connections;
use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::*;
use std::sync::Arc;
pub(crate) struct Http;
impl Http {
    pub(crate) fn new(_: &Connections) -> Self {
        Self
    }
    pub(crate) async fn send(&self, _: HttpRequest, _: Option<&Arc<Departure>>) -> Result<HttpAnswer, ErrorInfo> {
        Err(ErrorInfo::permanent("todo", ""))
    }
}
