//! Text to tree, and tree to text: limits, grammar, recovery, comments, formatter.
//!
//! May use: [`crate::source`], [`crate::diagnostic`]. Knows no type and no action.

pub mod tree;
