//! `series.rate`: how fast a counter grew, per second, over a window that slides along.
//!
//! A value below the one before is a reset: the counter began anew at 0. A stamp whose window is not covered, or holds
//! fewer than two samples, is a gap. `settle` of a verify that reads it: the window + 2 × the step (L48).

use super::given;
use crate::action::Args;
use crate::declare::{example, function, required, result, subject};
use crate::evaluate::{millis, number, step};
use crate::value::{Series, Value};
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use std::sync::Arc;

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.rate",
        "turns a counter into a rate per second",
        vec![
            subject("series", Type::Series(Dim::Number), "A counter."),
            required("window", Type::DURATION, "Over which time."),
        ],
        result(Type::Series(Dim::Rate)),
        vec![example("Orders per second", "series.rate(orders, window: 10s)")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let window = match args.get("window").and_then(number) {
        Some((_, seconds)) if seconds > 0.0 => millis(seconds).max(1),
        _ => return Value::no_data("the window must be longer than 0"),
    };
    let step = step(&series);
    let value = rates(&series, window, step);
    Value::Series(Arc::new(Series {
        dim: Dim::Rate,
        at: series.at.clone(),
        value,
        step_ms: series.step_ms,
        from: series.from,
        name: format!("rate of {}", series.name),
        settle_ms: u64::try_from(window.saturating_add(step.saturating_mul(2))).unwrap_or(0),
    }))
}

/// One rate for each stamp, over the window that ends there. Both ends of the slope are samples, so nothing is
/// extrapolated: the rate is exact between them. O(n).
#[allow(clippy::cast_precision_loss, reason = "far below 2^53 ms")]
fn rates(series: &Series, window: i64, step: i64) -> Vec<f64> {
    // A scrape that came a little late must not open a hole.
    let slack = step.saturating_mul(3) / 2;
    let mut rates = Vec::with_capacity(series.at.len());
    let mut grown = Vec::with_capacity(series.at.len());
    let (mut total, mut before) = (0.0, f64::NAN);
    for &v in &series.value {
        if v.is_finite() {
            if before.is_finite() {
                total += if v >= before { v - before } else { v };
            }
            before = v;
        }
        grown.push(total);
    }
    let mut first = 0;
    for (i, &at) in series.at.iter().enumerate() {
        let start = at.saturating_sub(window);
        while first < i && (series.at[first] < start || !series.value[first].is_finite()) {
            first += 1;
        }
        let covered = series.at[first] <= start.saturating_add(slack);
        let span = at - series.at[first];
        rates.push(if series.value[i].is_finite() && covered && span > 0 {
            (grown[i] - grown[first]) / (span as f64 / 1000.0)
        } else {
            f64::NAN
        });
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(values: &[f64], window: f64) -> Vec<f64> {
        let series = Series {
            dim: Dim::Number,
            at: (0..values.len()).map(|i| i64::try_from(i).unwrap() * 1000).collect(),
            value: values.to_vec(),
            step_ms: 1000,
            from: 0,
            name: "orders".to_owned(),
            settle_ms: 0,
        };
        let args = Args::from([
            ("series".to_owned(), Value::Series(Arc::new(series))),
            ("window".to_owned(), Value::Quantity(Dim::Duration, window)),
        ]);
        match call(&args, 0) {
            Value::Series(s) => {
                assert_eq!(s.settle_ms, (window * 1000.0) as u64 + 2000);
                s.value.clone()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_counter_becomes_a_rate() {
        let rates = go(&[0.0, 2.0, 4.0, 6.0, 8.0], 2.0);
        assert!(rates[0].is_nan(), "no window yet");
        assert_eq!(&rates[2..], &[2.0, 2.0, 2.0]);
    }

    #[test]
    fn a_reset_is_not_a_negative_rate() {
        let rates = go(&[100.0, 102.0, 1.0, 3.0], 2.0);
        assert_eq!(&rates[2..], &[1.5, 1.5]);
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let rates = go(&[0.0, 1.0, f64::NAN, 3.0, 4.0], 2.0);
        assert!(rates[2].is_nan());
        assert_eq!(rates[4], 1.0);
    }
}
