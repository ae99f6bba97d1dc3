//! H04xx: effects.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
