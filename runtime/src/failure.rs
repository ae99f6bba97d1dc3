//! Why healrun stops before or beside a run: a sentence, what to do about it, and the exit code it stands for.

use std::fmt;

/// Exit codes that are not the outcome of a run (design 3.2, section E).
pub mod exit {
    /// Findings in a playbook.
    pub const FINDINGS: u8 = 1;
    /// Wrong usage, or a playbook or input that is not one.
    pub const INVALID: u8 = 2;
    /// Something was changed, or an intent is open, and what came of it could not be written down.
    pub const UNSAFE: u8 = 25;
    /// A mistake of healrun's own.
    pub const INTERNAL: u8 = 70;
    /// The state file cannot be used.
    pub const STATE: u8 = 74;
    /// A second signal: nothing was waited for.
    pub const CANCELLED: u8 = 130;
}

/// Why healrun stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The process ends with this.
    pub exit: u8,
    /// One sentence: what was tried, what happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Already shown (as diagnostics with their source): nothing more is said.
    pub shown: bool,
    /// What was found, as the JSON form of diagnostics; without any the message is the one error.
    pub findings: Vec<serde_json::Value>,
    /// The report of a run that could not be written down: it is nowhere else.
    pub report: Option<Box<serde_json::Value>>,
}

impl Failure {
    fn new(exit: u8, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None, shown: false, findings: Vec::new(), report: None }
    }

    /// Wrong usage, or bad input: exit 2.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(exit::INVALID, message)
    }

    /// The state file cannot be used: exit 74.
    pub fn state(message: impl Into<String>) -> Self {
        Self::new(exit::STATE, message)
    }

    /// A mistake of our own: exit 70.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(exit::INTERNAL, message)
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Carries the report of a run that could not be written down.
    #[must_use]
    pub fn with_report(mut self, report: serde_json::Value) -> Self {
        self.report = Some(Box::new(report));
        self
    }

    /// The findings were already printed.
    #[must_use]
    pub fn already_shown(exit: u8, message: impl Into<String>, findings: Vec<serde_json::Value>) -> Self {
        Self { shown: true, findings, ..Self::new(exit, message) }
    }

    /// What programs get on standard output in place of a result.
    #[must_use]
    pub fn json(&self, schema: u32) -> serde_json::Value {
        let outcome = match self.exit {
            exit::STATE => "state",
            exit::INTERNAL => "internal",
            exit::UNSAFE => "unsafe",
            exit::CANCELLED => "cancelled",
            _ => "invalid",
        };
        let errors = if self.findings.is_empty() {
            vec![serde_json::json!({ "message": self.message, "help": self.help })]
        } else {
            self.findings.clone()
        };
        let mut json =
            serde_json::json!({ "schema": schema, "outcome": outcome, "exit_code": self.exit, "errors": errors });
        if let Some(report) = &self.report {
            json["report"] = report.as_ref().clone();
        }
        json
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
