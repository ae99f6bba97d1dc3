//! Tree to plan: names, types, units, effects, silence, bounds.
//!
//! May use everything else in this crate. Reports all findings of a file at once.

/// How the checker asks whether a script is well formed, without linking a script engine (L54).
pub trait ScriptChecker {
    /// Checks the code of `name` with its parameter names.
    ///
    /// # Errors
    /// A message, and the 1-based line within the code where one is known.
    fn check(&self, name: &str, params: &[String], code: &str) -> Result<(), (Option<usize>, String)>;
}

/// Accepts every script: for callers that only look.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyScript;

impl ScriptChecker for AnyScript {
    fn check(&self, _: &str, _: &[String], _: &str) -> Result<(), (Option<usize>, String)> {
        Ok(())
    }
}
