//! H07xx: scenarios, policies and configuration.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];
