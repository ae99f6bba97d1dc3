//! Prometheus' query API, over the connection `prometheus` of `healrun.yaml`.

mod answer;
pub(crate) mod instant;
pub(crate) mod range;
