//! H01xx: what cannot be read.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
