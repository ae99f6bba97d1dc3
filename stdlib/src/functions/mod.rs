//! Pure functions by family, one file each.

pub(crate) mod anomaly;
pub(crate) mod approvers;
pub(crate) mod backoff;
pub(crate) mod changepoint;
pub(crate) mod compare;
pub(crate) mod forecast;
pub(crate) mod logs;
pub(crate) mod number;
pub(crate) mod rootcause;
pub(crate) mod series;
#[cfg(test)]
mod tests;
pub(crate) mod time;
