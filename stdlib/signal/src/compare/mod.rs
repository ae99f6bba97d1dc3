//! Comparing two windows or two series: drift, before and after, correlation with lag. Batch; uses `math` and `series`.

pub mod drift;
pub mod effect;
pub mod lag;
