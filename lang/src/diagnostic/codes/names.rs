//! H02xx: names, files and modules.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
