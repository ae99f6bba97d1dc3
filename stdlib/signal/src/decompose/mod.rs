//! Series taken apart into trend, seasons and remainder: what detection looks for in the remainder, and what forecasting
//! continues.

mod loess;
pub mod mstl;
pub mod stl;
