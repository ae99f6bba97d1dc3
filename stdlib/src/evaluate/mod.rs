//! The one evaluator of expressions, for every driver.
//!
//! Total: whatever an expression holds, it comes to a value. What is not known is [`Value::NoData`] with its reason; it
//! spreads through operators, makes comparisons unknown, and meets Kleene's `and`, `or`, `not` (L27). Where an unknown
//! lands (L28) is the driver's table, not this folder's.
//!
//! [`evaluate`] computes; [`explain`] says the expression with the values it saw; [`facts`] gives them as named scalars;
//! [`Ranking`] is what `cause is X` rests on (L30).

mod cause;
mod compare;
mod explain;
mod expr;
mod memory;
mod methods;
mod number;
mod scope;
mod series;
mod show;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub use cause::{Ranked, Ranking, rank};
pub use explain::{explain, facts, facts_of_value, source};
#[cfg(test)]
pub(crate) use expr::compile;
pub use memory::{Learnt, Memory};
pub(crate) use number::{millis, number, quantity};
pub use scope::{Known, Scope};
pub(crate) use series::step;
pub(crate) use show::quantity_text;
pub use show::{clip, safe, show};
pub(crate) use text::{plain, to_json};

use crate::value::{NoData, Value};
use heal_lang::plan::Expr;

/// The value of an expression.
#[must_use]
pub fn evaluate(expr: &Expr, scope: &dyn Scope) -> Value {
    expr::Env::new(scope, false).eval(expr)
}

/// The value of a condition now: as [`evaluate`], but `series cmp x for D` asks the newest sample alone. What a verify
/// without `until` waits for is the detects' condition without its `for` (L48).
#[must_use]
pub fn evaluate_now(expr: &Expr, scope: &dyn Scope) -> Value {
    expr::Env::new(scope, true).eval(expr)
}

/// A condition's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// Nobody can tell, and why.
    Unknown(String),
}

impl From<Value> for Truth {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(true) => Truth::Yes,
            Value::Bool(false) => Truth::No,
            Value::NoData(NoData { reason }) => Truth::Unknown(reason),
            Value::None => Truth::Unknown("the condition is absent".to_owned()),
            _ => Truth::Unknown("the condition is not a yes or no".to_owned()),
        }
    }
}

/// The answer of a condition.
#[must_use]
pub fn judge(condition: &Expr, scope: &dyn Scope) -> Truth {
    evaluate(condition, scope).into()
}
