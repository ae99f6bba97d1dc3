//! Series from series, and numbers from series. A gap stays a gap.

pub(crate) mod last;
pub(crate) mod max;
pub(crate) mod mean;
pub(crate) mod min;
pub(crate) mod rate;
pub(crate) mod ratio;
