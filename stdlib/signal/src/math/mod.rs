//! Small numeric tools that the detectors and forecasters share: random numbers, robust statistics, distributions.
//! Uses nothing of the crate but itself; transcendental functions come from `libm`.

pub mod fourier;
pub mod gamma;
pub mod minimise;
pub mod normal;
pub mod rng;
pub mod solve;
pub mod stats;
