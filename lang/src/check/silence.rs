//! No path ends in silence (L44).

use super::checker::Checker;
use crate::plan::Plan;
use crate::syntax::tree;

pub(super) fn check(_: &mut Checker<'_>, _: &Plan, _: &tree::Playbook) {}
