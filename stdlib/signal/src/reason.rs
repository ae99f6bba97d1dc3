//! Why a computation was refused.

use serde::{Deserialize, Serialize};

/// Why an input could not be judged, fitted or forecast. Never a panic, never a NaN: one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// The series has no points at all.
    Empty,
    /// Every point is missing (NaN or infinite).
    AllMissing,
    /// Fewer usable points than the method needs.
    TooFewPoints {
        /// Usable points present.
        have: usize,
        /// Usable points needed.
        need: usize,
    },
    /// All values are equal where the method needs variation.
    Constant {
        /// The one value.
        value: f64,
    },
    /// Two inputs that belong together differ in length or width.
    Shape {
        /// What was found.
        have: usize,
        /// What was needed.
        need: usize,
    },
    /// A parameter is outside its range.
    Parameter {
        /// Name of the parameter.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A saved state was written by another version of this crate, or is damaged.
    State {
        /// What is wrong with it.
        problem: String,
    },
    /// No period of the series is strong enough to count as a season.
    NoSeason,
    /// The work allowed by the caller was used up before a result was found.
    Limit {
        /// Units of work done (iterations, evaluations).
        done: usize,
    },
}

impl Reason {
    /// A refused parameter.
    #[must_use]
    pub fn parameter(name: &str, problem: &str) -> Reason {
        Reason::Parameter { name: name.to_owned(), problem: problem.to_owned() }
    }

    /// A refused saved state.
    #[must_use]
    pub fn state(problem: &str) -> Reason {
        Reason::State { problem: problem.to_owned() }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Empty => write!(f, "the series is empty"),
            Reason::AllMissing => write!(f, "every value is missing"),
            Reason::TooFewPoints { have, need } => {
                write!(f, "too few points: {have} usable, {need} needed")
            }
            Reason::Constant { value } => write!(f, "all values equal {value}"),
            Reason::Shape { have, need } => write!(f, "shapes differ: {have} found, {need} needed"),
            Reason::Parameter { name, problem } => write!(f, "parameter `{name}` {problem}"),
            Reason::State { problem } => write!(f, "saved state refused: {problem}"),
            Reason::NoSeason => write!(f, "no season found"),
            Reason::Limit { done } => write!(f, "work limit reached after {done} steps"),
        }
    }
}

impl std::error::Error for Reason {}
