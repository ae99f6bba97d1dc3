//! Anomaly detection, forecasting, change points, log mining and root-cause ranking: pure numerics.
//!
//! No IO, no clock, no threads, no playbook types. Everything is a function of its arguments and of a seed, and gives the
//! same bits on every platform: transcendental functions come from `libm`, no result depends on hash order.
//! Values that are not finite count as missing; an input that cannot be judged is refused with a [`Reason`].

pub mod batch;
pub mod cause;
pub mod changepoint;
pub mod compare;
pub mod decompose;
pub mod detect;
pub mod episode;
pub mod forecast;
pub mod forest;
pub mod judgement;
pub mod kept;
pub mod logs;
pub mod math;
pub mod method;
pub mod rcf;
pub mod reason;
pub mod series;
pub mod zscore;

pub use judgement::Judgement;
pub use reason::Reason;
pub use series::Series;
