//! Snapshots of what people read; everything here is under `tests/` and `cases/`.
