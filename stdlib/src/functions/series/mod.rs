//! Series from series, and numbers from series. A gap stays a gap.

pub(crate) mod last;
pub(crate) mod max;
pub(crate) mod mean;
pub(crate) mod min;
pub(crate) mod rate;
pub(crate) mod ratio;

use crate::action::Args;
use crate::evaluate::quantity;
use crate::value::{Series, Value};
use std::sync::Arc;

/// The series of that name.
pub(crate) fn given(args: &Args, name: &str) -> Result<Arc<Series>, Value> {
    match args.get(name) {
        Some(Value::Series(series)) => Ok(Arc::clone(series)),
        Some(unknown @ Value::NoData(_)) => Err(unknown.clone()),
        _ => Err(Value::no_data("a series is needed")),
    }
}

/// A number out of the samples that are there.
fn over(args: &Args, how: impl FnOnce(&[f64]) -> Option<f64>) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let samples: Vec<f64> = series.value.iter().copied().filter(|v| v.is_finite()).collect();
    match how(&samples) {
        Some(v) => quantity(series.dim, v),
        None => Value::no_data(format!("{} has no samples", series.name)),
    }
}
