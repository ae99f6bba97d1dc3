//! The one place that runs pest.

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;
use std::num::NonZeroUsize;
use std::sync::Once;

// The macro writes the rules of the grammar as an enum without documentation.
#[allow(missing_docs, unreachable_pub, reason = "written by pest from heal.pest, which explains each rule")]
mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "heal.pest"]
    pub struct Grammar;
}
pub(crate) use generated::Rule;

/// pest's own counter of calls: a last net under a grammar that is linear by construction.
///
/// The densest legal text needs about 40 calls for a byte; this is four times that for the largest file. The counter is one
/// static of the whole process, so it is set once and never per text.
pub const CALL_LIMIT: usize = 4 * 40 * super::limits::MAX_BYTES;

/// Why the grammar gave up.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The furthest place reached, and what could have stood there.
    Syntax {
        /// Byte in the text given.
        at: usize,
        /// Rules that were tried there.
        expected: Vec<Rule>,
    },
    /// The net: too many calls or too little stack.
    GaveUp,
}

/// Parses the whole text as `rule`.
pub(crate) fn parse(rule: Rule, text: &str) -> Result<Pair<'_, Rule>, Failure> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(CALL_LIMIT)));
    match generated::Grammar::parse(rule, text) {
        Ok(mut pairs) => pairs.next().ok_or(Failure::GaveUp),
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: Error<Rule>) -> Failure {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    match error.variant {
        ErrorVariant::ParsingError { positives, .. } => Failure::Syntax { at, expected: positives },
        ErrorVariant::CustomError { .. } => Failure::GaveUp,
    }
}
