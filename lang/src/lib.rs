//! The `.heal` language: text to a checked plan.
