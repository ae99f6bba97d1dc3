//! Snapshots of what people read; everything here is under `tests/` and `cases/`, but for the picture of the README.

pub mod picture;
