//! To come.
use crate::connections::Connections;
use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::*;
pub(crate) async fn read(_: &Connections, _: ProcessRead, _: std::time::Duration) -> Result<Answer, ErrorInfo> {
    Err(ErrorInfo::permanent("todo", ""))
}
pub(crate) async fn change(
    _: &Connections,
    _: ProcessChange,
    _: std::time::Duration,
    _: &Departure,
) -> Result<Answer, ErrorInfo> {
    Err(ErrorInfo::permanent("todo", ""))
}
