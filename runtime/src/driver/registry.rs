//! The actions of the standard library, by name.

use heal_stdlib::action::{ChangeAction, ReadAction};

/// An action that looks.
pub(super) fn read(name: &str) -> Option<Box<dyn ReadAction>> {
    let _ = name;
    None
}

/// An action that changes or speaks.
pub(super) fn change(name: &str) -> Option<Box<dyn ChangeAction>> {
    let _ = name;
    None
}
