//! Why a request failed, in the words of runtime semantics R8. The engine's `CallError` has the same fields; the
//! driver turns one into the other, because stdlib does not know the engine.

use heal_lang::catalogue::Permission;
use heal_lang::plan::ErrorClass;

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorInfo {
    /// Whether another attempt can help.
    pub class: ErrorClass,
    /// Short and stable: `refused`, `timeout`, `http_503`, `exit_1`.
    pub code: String,
    /// One sentence: what was tried, what happened, what to do.
    pub message: String,
    /// Whether the bytes left.
    pub sent: Sent,
    /// The target said no for certain, although the bytes left: nothing happened.
    pub refused_definitely: bool,
    /// The server's own hint, milliseconds from now.
    pub retry_after_ms: Option<u64>,
    /// The permission that is missing.
    pub permission: Option<Permission>,
}

/// Whether the bytes left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is its own word")]
pub enum Sent {
    No,
    Yes,
    Maybe,
}

impl ErrorInfo {
    /// An error that no other attempt mends, before anything was sent.
    pub fn permanent(code: &str, message: impl Into<String>) -> Self {
        Self {
            class: ErrorClass::Permanent,
            code: code.to_owned(),
            message: message.into(),
            sent: Sent::No,
            refused_definitely: true,
            retry_after_ms: None,
            permission: None,
        }
    }
}
