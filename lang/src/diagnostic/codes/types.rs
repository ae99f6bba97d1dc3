//! H03xx: types and units.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
