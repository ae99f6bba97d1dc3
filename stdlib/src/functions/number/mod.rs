//! Numbers without a unit. There is no `%` operator (L10).

pub(crate) mod abs;
pub(crate) mod ceil;
pub(crate) mod floor;
pub(crate) mod modulo;
pub(crate) mod round;
