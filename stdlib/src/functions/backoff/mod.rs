//! How waits between attempts grow. The checker reads these; they have no value of their own.

pub(crate) mod constant;
pub(crate) mod exponential;
