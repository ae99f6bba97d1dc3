//! Streaming detectors: state machines that take one value at a time, and the alarm layer that any of them passes through.
//!
//! Every state is serialisable and versioned, needs constant time and bounded memory a point, and depends on earlier points
//! only. Values that are not finite are missing: they score 0 and change nothing but the clock. Uses `math` and `series`.

pub mod alarm;
pub mod auto;
pub mod calibrated;
pub mod cusum;
pub mod flatline;
pub mod input;
pub mod level;
pub mod multivariate;
pub mod novelty;
pub mod peers;
mod predictor;
mod season;
pub mod seasonal;
pub mod surprise;
mod tail;
