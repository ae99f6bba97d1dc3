//! `series cmp x for D`: one test on a series (L8).
//!
//! Every sample of the last D satisfies it and the window is covered. A sample that does not satisfy it is a clear no; a
//! window that is not covered, or ends long ago, is unknown. The window ends at the newest stamp: reading takes time, and
//! what was read is frozen (L15).

use super::compare::{order, satisfies};
use super::number::{millis, number};
use super::show::duration;
use crate::value::{Series, Value};
use heal_lang::catalogue::Type;
use heal_lang::syntax::tree::BinaryOp;

/// A newest stamp older than this (or three steps) is no answer about now.
const STALE_MS: i64 = 120_000;

/// The test. `newest`: of the newest sample alone.
pub(super) fn holds_for(series: &Value, op: BinaryOp, bound: &Value, over: &Value, now: i64, newest: bool) -> Value {
    for value in [series, bound, over] {
        if let Value::NoData(_) = value {
            return value.clone();
        }
    }
    let Value::Series(series) = series else {
        return Value::no_data("`for` needs a series on its left");
    };
    let Some((_, over)) = number(over) else {
        return Value::no_data("`for` needs a duration on its right");
    };
    let Some(end) = series.at.last().copied() else {
        return Value::no_data(format!("{} has no samples", name(series)));
    };
    let step = step(series);
    let age = now.saturating_sub(end);
    if age > STALE_MS.max(step.saturating_mul(3)) {
        return Value::no_data(format!("the newest sample of {} is {} old", name(series), duration_ms(age)));
    }
    let test = |v: f64| {
        let sample = Value::Quantity(series.dim, v);
        order(&sample, bound, &Type::Unknown).map(|order| satisfies(op, order))
    };
    let over = millis(over).max(0);
    let start = if newest { end } else { end.saturating_sub(over) };
    // A sample may be missed now and then; two in a row may hide anything.
    let slack = step.saturating_mul(5) / 2;
    let mut covered = start;
    let mut seen = 0_usize;
    let mut hole = false;
    for (&at, &value) in series.at.iter().zip(&series.value) {
        if at < start || value.is_nan() {
            continue;
        }
        match test(value) {
            Ok(true) => {}
            Ok(false) => return Value::Bool(false),
            Err(unknown) => return unknown,
        }
        hole |= at.saturating_sub(covered) > slack;
        covered = at;
        seen += 1;
    }
    hole |= end.saturating_sub(covered) > slack;
    if seen == 0 {
        return Value::no_data(format!("{} has no samples in the last {}", name(series), duration_ms(over)));
    }
    if hole {
        return Value::no_data(format!("{} does not cover the last {}", name(series), duration_ms(over)));
    }
    Value::Bool(true)
}

fn name(series: &Series) -> &str {
    if series.name.is_empty() { "the series" } else { &series.name }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53 ms")]
fn duration_ms(ms: i64) -> String {
    duration(ms as f64 / 1000.0)
}

/// Between samples: as asked for, else the usual distance.
pub(crate) fn step(series: &Series) -> i64 {
    if series.step_ms > 0 {
        return i64::try_from(series.step_ms).unwrap_or(i64::MAX);
    }
    let mut gaps: Vec<i64> = series.at.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use heal_lang::catalogue::Dim;
    use std::sync::Arc;

    fn series(values: &[f64]) -> Value {
        Value::Series(Arc::new(Series {
            dim: Dim::Ratio,
            at: (0..values.len()).map(|i| i64::try_from(i).unwrap() * 10_000).collect(),
            value: values.to_vec(),
            step_ms: 10_000,
            from: 0,
            name: "errors".to_owned(),
            settle_ms: 0,
        }))
    }

    fn go(values: &[f64], over: f64) -> Value {
        let now = i64::try_from(values.len()).unwrap() * 10_000;
        let bound = Value::Quantity(Dim::Ratio, 0.05);
        holds_for(&series(values), BinaryOp::Greater, &bound, &Value::Quantity(Dim::Duration, over), now, false)
    }

    #[test]
    fn every_sample_must_satisfy_it_and_the_window_be_covered() {
        assert_eq!(go(&[0.1, 0.1, 0.1, 0.1], 30.0), Value::Bool(true));
        assert_eq!(go(&[0.1, 0.01, 0.1, 0.1], 30.0), Value::Bool(false));
        assert_eq!(go(&[0.01, 0.1, 0.1, 0.1], 20.0), Value::Bool(true), "older samples do not count");
        assert!(matches!(go(&[0.1, 0.1], 60.0), Value::NoData(_)), "too short");
        assert_eq!(go(&[0.1, f64::NAN, 0.1, 0.1], 30.0), Value::Bool(true), "one may be missing");
        assert!(matches!(go(&[0.1, f64::NAN, f64::NAN, 0.1], 30.0), Value::NoData(_)), "two in a row may not");
        assert!(matches!(go(&[f64::NAN, f64::NAN], 10.0), Value::NoData(_)));
        assert_eq!(go(&[0.01, f64::NAN, f64::NAN, 0.1], 30.0), Value::Bool(false), "a no is a no");
    }

    #[test]
    fn old_samples_say_nothing_about_now() {
        let bound = Value::Quantity(Dim::Ratio, 0.05);
        let over = Value::Quantity(Dim::Duration, 10.0);
        let late = holds_for(&series(&[0.1, 0.1, 0.1]), BinaryOp::Greater, &bound, &over, 1_000_000, false);
        assert!(matches!(late, Value::NoData(_)));
    }

    #[test]
    fn now_asks_the_newest_alone() {
        let bound = Value::Quantity(Dim::Ratio, 0.05);
        let over = Value::Quantity(Dim::Duration, 20.0);
        let s = series(&[0.1, 0.1, 0.01]);
        assert_eq!(holds_for(&s, BinaryOp::Less, &bound, &over, 30_000, true), Value::Bool(true));
        assert_eq!(holds_for(&s, BinaryOp::Less, &bound, &over, 30_000, false), Value::Bool(false));
        let gone = series(&[0.1, f64::NAN]);
        assert!(matches!(holds_for(&gone, BinaryOp::Less, &bound, &over, 20_000, true), Value::NoData(_)));
    }
}
