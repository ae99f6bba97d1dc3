//! H06xx: bounds and worst cases.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
