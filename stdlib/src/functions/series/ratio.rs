//! `series.ratio`: one series as a share of another, stamp by stamp.
//!
//! A stamp that only one of them has is a gap, and so is a division by 0: nothing was counted then, so nothing is known.

use super::given;
use crate::action::Args;
use crate::declare::{example, function, required, result, subject};
use crate::value::{Series, Value};
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn decl() -> FunctionDecl {
    function(
        "series.ratio",
        "divides one series by another",
        vec![
            subject("part", Type::Series(Dim::Number), "What is counted."),
            required("of", Type::Series(Dim::Number), "Out of what."),
        ],
        result(Type::Series(Dim::Ratio)),
        vec![example("The share of failed orders", "series.ratio(failed, of: all)")],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let (part, of) = match (given(args, "part"), given(args, "of")) {
        (Ok(part), Ok(of)) => (part, of),
        (Err(unknown), _) | (_, Err(unknown)) => return unknown,
    };
    // Stamps of either: one that only one of them has is a gap, not left out.
    let mut at: Vec<i64> = part.at.iter().chain(&of.at).copied().collect();
    at.sort_unstable();
    at.dedup();
    let whole = |s: &Series| s.at.iter().copied().zip(s.value.iter().copied()).collect::<BTreeMap<i64, f64>>();
    let (parts, wholes) = (whole(&part), whole(&of));
    let value = at
        .iter()
        .map(|at| match (parts.get(at), wholes.get(at)) {
            (Some(a), Some(b)) if *b != 0.0 => a / b,
            _ => f64::NAN,
        })
        .collect();
    Value::Series(Arc::new(Series {
        dim: Dim::Ratio,
        at,
        value,
        step_ms: part.step_ms.max(of.step_ms),
        from: part.from.max(of.from),
        name: format!("{} of {}", part.name, of.name),
        settle_ms: part.settle_ms.max(of.settle_ms),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(at: &[i64], value: &[f64]) -> Value {
        Value::Series(Arc::new(Series {
            dim: Dim::Rate,
            at: at.to_vec(),
            value: value.to_vec(),
            step_ms: 1,
            from: 0,
            name: String::new(),
            settle_ms: 7,
        }))
    }

    #[test]
    fn aligned_by_stamp_and_gaps_stay_gaps() {
        let args = Args::from([
            ("part".to_owned(), series(&[1, 2, 3, 5], &[1.0, 1.0, 0.0, 1.0])),
            ("of".to_owned(), series(&[1, 3, 4, 5], &[4.0, 0.0, 9.0, 2.0])),
        ]);
        let Value::Series(ratio) = call(&args, 0) else { panic!() };
        assert_eq!(ratio.at, [1, 2, 3, 4, 5]);
        let known: Vec<Option<f64>> = ratio.value.iter().map(|v| v.is_finite().then_some(*v)).collect();
        assert_eq!(known, [Some(0.25), None, None, None, Some(0.5)]);
        assert_eq!(ratio.settle_ms, 7);
    }
}
