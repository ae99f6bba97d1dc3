//! H05xx: steps, flow and silence.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
