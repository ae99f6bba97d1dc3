//! The closed table of operators (L23): which dimensions go together, and what comes out.
//!
//! There is no free algebra: a combination that is not here is an error, which keeps `s²` out and the errors short.

use crate::catalogue::{Dim, Type};
use crate::syntax::tree::BinaryOp;

/// The dimension of a number.
fn dim(t: &Type) -> Option<Dim> {
    match t {
        Type::Int => Some(Dim::Number),
        Type::Quantity(d) => Some(*d),
        _ => None,
    }
}

/// The result of an arithmetic operator, or none.
pub(super) fn arithmetic(op: BinaryOp, left: &Type, right: &Type) -> Option<Type> {
    use BinaryOp::{Add, Divide, Multiply, Subtract};
    use Dim::{Bytes, BytesPerSecond, Duration, Number, Rate, Ratio};
    if left == &Type::Unknown || right == &Type::Unknown {
        return Some(Type::Unknown);
    }
    match (op, left, right) {
        (Add | Subtract, Type::Time, t) | (Add, t, Type::Time) if t == &Type::DURATION => return Some(Type::Time),
        (Subtract, Type::Time, Type::Time) => return Some(Type::DURATION),
        (Add | Subtract | Multiply, Type::Int, Type::Int) => return Some(Type::Int),
        _ => {}
    }
    let (a, b) = (dim(left)?, dim(right)?);
    let result = match (op, a, b) {
        (Add | Subtract, a, b) if a == b => a,
        (Multiply, a, Number) | (Multiply, Number, a) => a,
        (Multiply, a, Ratio) | (Multiply, Ratio, a) => a,
        (Multiply, Rate, Duration) | (Multiply, Duration, Rate) => Number,
        (Multiply, BytesPerSecond, Duration) | (Multiply, Duration, BytesPerSecond) => Bytes,
        // A quotient of equals counts as a number or a ratio, as its place wants: see `is_quotient`.
        (Divide, a, b) if a == b => Number,
        (Divide, a, Number | Ratio) => a,
        (Divide, Number, Duration) => Rate,
        (Divide, Number, Rate) => Duration,
        (Divide, Bytes, Duration) => BytesPerSecond,
        (Divide, Bytes, BytesPerSecond) => Duration,
        _ => return None,
    };
    Some(Type::Quantity(result))
}

/// Whether two types can be compared with `==` (`order` false) or `<` (`order` true). `ordered` knows the enums.
pub(super) fn comparable(left: &Type, right: &Type, order: bool, ordered: &dyn Fn(&str) -> bool) -> bool {
    match (left, right) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (Type::Time, Type::Time) => true,
        (Type::Enum(a), Type::Enum(b)) => a == b && (!order || ordered(a)),
        (Type::String | Type::Text(_), Type::String | Type::Text(_)) => !order,
        (Type::Bool, Type::Bool) => !order,
        (Type::Record(a), Type::Record(b)) => !order && a == b,
        (Type::Target(_), Type::Target(_)) => !order,
        (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) => !order && comparable(a, b, false, ordered),
        _ => dim(left).is_some() && dim(left) == dim(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let q = Type::Quantity;
        let go = |op, a: &Type, b: &Type| arithmetic(op, a, b);
        assert_eq!(go(BinaryOp::Multiply, &Type::BYTES, &Type::NUMBER), Some(Type::BYTES));
        assert_eq!(go(BinaryOp::Subtract, &Type::Time, &Type::Time), Some(Type::DURATION));
        assert_eq!(go(BinaryOp::Subtract, &Type::Time, &Type::DURATION), Some(Type::Time));
        assert_eq!(go(BinaryOp::Add, &Type::Time, &Type::Time), None);
        assert_eq!(go(BinaryOp::Multiply, &Type::DURATION, &Type::DURATION), None);
        assert_eq!(go(BinaryOp::Divide, &Type::BYTES, &Type::DURATION), Some(q(Dim::BytesPerSecond)));
        assert_eq!(go(BinaryOp::Divide, &Type::Int, &Type::Int), Some(Type::NUMBER));
        assert_eq!(go(BinaryOp::Add, &Type::String, &Type::String), None);
    }

    #[test]
    fn a_ratio_is_no_duration() {
        let none = |_: &str| false;
        assert!(!comparable(&Type::RATIO, &Type::DURATION, true, &none));
        assert!(!comparable(&Type::RATIO, &Type::Int, true, &none));
        assert!(comparable(&Type::Int, &Type::NUMBER, true, &none));
        assert!(!comparable(&Type::Bool, &Type::Bool, true, &none));
        assert!(comparable(&Type::enumeration("risk"), &Type::enumeration("risk"), true, &|_| true));
    }
}
