//! To come.
use crate::connections::Connections;
use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::*;
pub(crate) async fn read(_: &Connections, _: FileRead) -> Result<Answer, ErrorInfo> {
    Err(ErrorInfo::permanent("todo", ""))
}
pub(crate) async fn evidence(_: &Connections, _: String, _: String) -> Result<Answer, ErrorInfo> {
    Err(ErrorInfo::permanent("todo", ""))
}
pub(crate) async fn change(_: &Connections, _: FileChange, _: &Departure) -> Result<Answer, ErrorInfo> {
    Err(ErrorInfo::permanent("todo", ""))
}
