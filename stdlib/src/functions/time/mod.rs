//! Points in time.

pub(crate) mod parse;
