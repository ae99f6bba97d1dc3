//! The pure state machines of a run.
