//! The actions of the standard library, by name.

use heal_stdlib::action::{ChangeAction, ReadAction};

/// An action that looks.
pub(super) fn read(name: &str) -> Option<Box<dyn ReadAction>> {
    heal_stdlib::catalogue::read_action(name)
}

/// An action that changes or speaks.
pub(super) fn change(name: &str) -> Option<Box<dyn ChangeAction>> {
    heal_stdlib::catalogue::change_action(name)
}
