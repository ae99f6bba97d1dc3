//! Prometheus' query API, over the connection `prometheus` of `healrun.yaml`.

pub(crate) mod instant;
pub(crate) mod range;
