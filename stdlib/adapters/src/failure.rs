//! Errors, in the words of R8.

use heal_lang::catalogue::Permission;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::Answer;
use std::io;

/// An error before anything left.
pub(crate) fn unsent(class: ErrorClass, code: &str, message: impl Into<String>) -> ErrorInfo {
    ErrorInfo { class, ..ErrorInfo::permanent(code, message) }
}

/// An error after the question left: of a read, so nothing can have happened to the world.
pub(crate) fn asked(class: ErrorClass, code: &str, message: impl Into<String>) -> ErrorInfo {
    ErrorInfo { sent: Sent::Yes, refused_definitely: false, ..unsent(class, code, message) }
}

/// A permission of the local machine is missing.
pub(crate) fn denied(what: impl Into<String>, message: impl Into<String>) -> ErrorInfo {
    ErrorInfo {
        permission: Some(Permission::Local { what: what.into() }),
        ..unsent(ErrorClass::Denied, "denied", message)
    }
}

/// There was no answer in time.
pub(crate) fn timeout(what: &str, within: std::time::Duration) -> ErrorInfo {
    let message = format!("{what}: no answer within {} ms", within.as_millis());
    ErrorInfo { sent: Sent::Maybe, ..asked(ErrorClass::Transient, "timeout", message) }
}

/// An error of the operating system. `doing`: `read the file /srv/app.log`.
pub(crate) fn system(doing: &str, error: &io::Error) -> ErrorInfo {
    use io::ErrorKind as K;
    let message = format!("could not {doing}: {error}");
    let (class, code) = match error.kind() {
        K::PermissionDenied => return denied(doing, message),
        K::NotFound => (ErrorClass::Permanent, "not_found"),
        K::ReadOnlyFilesystem => (ErrorClass::Permanent, "read_only"),
        K::StorageFull | K::QuotaExceeded => (ErrorClass::Transient, "disk_full"),
        K::Interrupted | K::WouldBlock | K::ResourceBusy | K::OutOfMemory | K::TimedOut => {
            (ErrorClass::Transient, "busy")
        }
        _ => (ErrorClass::Permanent, "system"),
    };
    unsent(class, code, message)
}

/// The adapter of that family was left out of this build.
#[cfg(not(all(feature = "http", feature = "kubernetes", feature = "github")))]
pub(crate) fn left_out(family: &str) -> Answer {
    let message = format!("this healrun was built without `{family}`; build it with that feature");
    Answer::Failed(ErrorInfo::permanent("left_out", message))
}

/// The answer, or the failure as one.
pub(crate) fn answer(result: Result<Answer, ErrorInfo>) -> Answer {
    result.unwrap_or_else(Answer::Failed)
}
