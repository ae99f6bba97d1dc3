//! Pure functions by family, one file each.

pub(crate) mod anomaly;
pub(crate) mod approvers;
pub(crate) mod backoff;
pub(crate) mod changepoint;
pub(crate) mod number;
pub(crate) mod series;
pub(crate) mod time;
