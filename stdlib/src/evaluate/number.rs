//! Numbers with units: a closed table, the same as the checker's (L23).

use crate::value::Value;
use heal_lang::catalogue::{Dim, Type};
use heal_lang::syntax::tree::BinaryOp;

/// A quantity; what is not finite is not known.
pub(crate) fn quantity(dim: Dim, value: f64) -> Value {
    if value.is_finite() { Value::Quantity(dim, value) } else { Value::no_data("the result is not a number") }
}

/// Dimension and value of a number.
#[allow(clippy::cast_precision_loss, reason = "whole numbers of playbooks stay far below 2^53")]
pub(crate) fn number(value: &Value) -> Option<(Dim, f64)> {
    match value {
        Value::Int(i) => Some((Dim::Number, *i as f64)),
        Value::Quantity(dim, v) => Some((*dim, *v)),
        _ => None,
    }
}

/// Milliseconds of a duration; saturates.
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
pub(crate) fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// `-x`
pub(super) fn negate(value: Value) -> Value {
    match value {
        Value::Int(i) => i.checked_neg().map_or_else(|| Value::no_data("the number is too large"), Value::Int),
        Value::Quantity(dim, v) => Value::Quantity(dim, -v),
        n @ Value::NoData(_) => n,
        _ => Value::no_data("`-` needs a number"),
    }
}

/// `+ - * /`. `typ` is the checked type: it says what a quotient of equals counts as.
#[allow(clippy::cast_precision_loss, reason = "points in time stay far below 2^53 ms")]
pub(super) fn arithmetic(op: BinaryOp, left: &Value, right: &Value, typ: &Type) -> Value {
    use BinaryOp::{Add, Divide, Multiply, Subtract};
    if let Some(unknown) = [left, right].into_iter().find(|v| matches!(v, Value::NoData(_))) {
        return unknown.clone();
    }
    match (op, left, right) {
        (Subtract, Value::Time(a), Value::Time(b)) => return Value::Quantity(Dim::Duration, (*a - *b) as f64 / 1000.0),
        (Add, Value::Time(t), Value::Quantity(Dim::Duration, d))
        | (Add, Value::Quantity(Dim::Duration, d), Value::Time(t)) => return Value::Time(t.saturating_add(millis(*d))),
        (Subtract, Value::Time(t), Value::Quantity(Dim::Duration, d)) => {
            return Value::Time(t.saturating_sub(millis(*d)));
        }
        (Add | Subtract | Multiply, Value::Int(a), Value::Int(b)) => {
            let result = match op {
                Add => a.checked_add(*b),
                Subtract => a.checked_sub(*b),
                _ => a.checked_mul(*b),
            };
            return result.map_or_else(|| Value::no_data("the number is too large"), Value::Int);
        }
        _ => {}
    }
    let (Some((da, a)), Some((db, b))) = (number(left), number(right)) else {
        return Value::no_data(format!("`{}` needs numbers", op.text()));
    };
    if op == Divide && b == 0.0 {
        return Value::no_data("division by zero");
    }
    let Some(dim) = result_dim(op, da, db) else {
        return Value::no_data(format!("{} {} {} has no meaning", da.name(), op.text(), db.name()));
    };
    let dim = match typ {
        Type::Quantity(wanted) if da == db && op == Divide => *wanted,
        _ => dim,
    };
    quantity(
        dim,
        match op {
            Add => a + b,
            Subtract => a - b,
            Multiply => a * b,
            _ => a / b,
        },
    )
}

/// The dimension of a result.
fn result_dim(op: BinaryOp, a: Dim, b: Dim) -> Option<Dim> {
    use BinaryOp::{Add, Divide, Multiply, Subtract};
    use Dim::{Bytes, BytesPerSecond, Duration, Number, Rate, Ratio};
    Some(match (op, a, b) {
        (Add | Subtract, a, b) if a == b => a,
        (Multiply, a, Number) | (Multiply, Number, a) => a,
        (Multiply, a, Ratio) | (Multiply, Ratio, a) => a,
        (Multiply, Rate, Duration) | (Multiply, Duration, Rate) => Number,
        (Multiply, BytesPerSecond, Duration) | (Multiply, Duration, BytesPerSecond) => Bytes,
        (Divide, a, b) if a == b => Number,
        (Divide, a, Number | Ratio) => a,
        (Divide, Number, Duration) => Rate,
        (Divide, Number, Rate) => Duration,
        (Divide, Bytes, Duration) => BytesPerSecond,
        (Divide, Bytes, BytesPerSecond) => Duration,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIMS: [Dim; 7] =
        [Dim::Number, Dim::Duration, Dim::Ratio, Dim::Bytes, Dim::Rate, Dim::BytesPerSecond, Dim::Cpu];

    fn any_quantity() -> impl Strategy<Value = Value> {
        (0..DIMS.len(), -1e6..1e6f64).prop_map(|(d, v)| Value::Quantity(DIMS[d], v))
    }

    fn go(op: BinaryOp, a: &Value, b: &Value) -> Value {
        arithmetic(op, a, b, &Type::Unknown)
    }

    proptest! {
        #[test]
        fn sums_stay_in_their_dimension(a in any_quantity(), b in any_quantity()) {
            let same = number(&a).map(|x| x.0) == number(&b).map(|x| x.0);
            match go(BinaryOp::Add, &a, &b) {
                Value::Quantity(d, _) => prop_assert!(same && Some(d) == number(&a).map(|x| x.0)),
                Value::NoData(_) => prop_assert!(!same),
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn products_commute(a in any_quantity(), b in any_quantity()) {
            match (go(BinaryOp::Multiply, &a, &b), go(BinaryOp::Multiply, &b, &a)) {
                (Value::NoData(_), Value::NoData(_)) => {}
                (one, other) => prop_assert_eq!(one, other),
            }
        }

        #[test]
        fn a_quotient_times_its_divisor_is_what_was_divided(a in 1.0..1e6f64, b in 1.0..1e6f64) {
            let (bytes, time) = (Value::Quantity(Dim::Bytes, a), Value::Quantity(Dim::Duration, b));
            let rate = go(BinaryOp::Divide, &bytes, &time);
            match go(BinaryOp::Multiply, &rate, &time) {
                Value::Quantity(Dim::Bytes, back) => prop_assert!((back - a).abs() < 1e-6 * a),
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn what_is_not_known_stays_so(a in any_quantity()) {
            for op in [BinaryOp::Add, BinaryOp::Subtract, BinaryOp::Multiply, BinaryOp::Divide] {
                let unknown = Value::no_data("gone");
                prop_assert_eq!(go(op, &a, &unknown), unknown.clone());
                prop_assert_eq!(go(op, &unknown, &a), unknown);
            }
        }
    }

    #[test]
    fn time_is_affine() {
        let later = go(BinaryOp::Add, &Value::Time(1_000), &Value::Quantity(Dim::Duration, 2.5));
        assert_eq!(later, Value::Time(3_500));
        assert_eq!(go(BinaryOp::Subtract, &later, &Value::Time(1_000)), Value::Quantity(Dim::Duration, 2.5));
        assert!(matches!(go(BinaryOp::Add, &later, &later), Value::NoData(_)));
    }

    #[test]
    fn nothing_is_divided_by_zero_and_nothing_overflows() {
        assert!(matches!(go(BinaryOp::Divide, &Value::Int(1), &Value::Int(0)), Value::NoData(_)));
        assert!(matches!(go(BinaryOp::Add, &Value::Int(i64::MAX), &Value::Int(1)), Value::NoData(_)));
        assert!(matches!(negate(Value::Int(i64::MIN)), Value::NoData(_)));
    }
}
