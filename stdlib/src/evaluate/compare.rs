//! Comparisons. What is not known makes them unknown.

use super::number::number;
use super::text::plain;
use crate::value::Value;
use heal_lang::catalogue::Type;
use heal_lang::syntax::tree::BinaryOp;
use std::cmp::Ordering;

fn unknown(values: &[&Value]) -> Option<Value> {
    values.iter().find(|v| matches!(v, Value::NoData(_))).map(|v| (*v).clone())
}

/// `==`. Absent equals absent alone.
pub(super) fn equal(left: &Value, right: &Value) -> Value {
    if let Some(unknown) = unknown(&[left, right]) {
        return unknown;
    }
    if let (Some((_, a)), Some((_, b))) = (number(left), number(right)) {
        return Value::Bool(a == b);
    }
    if let (Some(a), Some(b)) = (plain(left), plain(right)) {
        return Value::Bool(a == b);
    }
    match (left, right) {
        (Value::Secret(_), _) | (_, Value::Secret(_)) => Value::no_data("secrets are not compared"),
        (Value::Series(_), _) | (_, Value::Series(_)) => Value::no_data("a series is compared with `for`"),
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Value::Bool(false);
            }
            all(a.iter().zip(b.iter()).map(|(a, b)| equal(a, b)))
        }
        (Value::Record(a), Value::Record(b)) => {
            if !a.keys().eq(b.keys()) {
                return Value::Bool(false);
            }
            all(a.values().zip(b.values()).map(|(a, b)| equal(a, b)))
        }
        _ => Value::Bool(left == right),
    }
}

/// Kleene's conjunction of answers.
pub(super) fn all(answers: impl Iterator<Item = Value>) -> Value {
    let mut result = Value::Bool(true);
    for answer in answers {
        match answer {
            Value::Bool(true) => {}
            Value::Bool(false) => return Value::Bool(false),
            n @ Value::NoData(_) => result = n,
            _ => result = Value::no_data("a condition is not a yes or no"),
        }
    }
    result
}

/// Kleene's disjunction of answers.
pub(super) fn any(answers: impl Iterator<Item = Value>) -> Value {
    let mut result = Value::Bool(false);
    for answer in answers {
        match answer {
            Value::Bool(false) => {}
            Value::Bool(true) => return Value::Bool(true),
            n @ Value::NoData(_) => result = n,
            _ => result = Value::no_data("a condition is not a yes or no"),
        }
    }
    result
}

/// Which of two values comes first, or why nobody can say.
pub(super) fn order(left: &Value, right: &Value, typ: &Type) -> Result<Ordering, Value> {
    if let Some(unknown) = unknown(&[left, right]) {
        return Err(unknown);
    }
    if let (Some((_, a)), Some((_, b))) = (number(left), number(right)) {
        return a.partial_cmp(&b).ok_or_else(|| Value::no_data("a number is not known"));
    }
    match (left, right, typ) {
        (Value::Time(a), Value::Time(b), _) => Ok(a.cmp(b)),
        (Value::Word(a), Value::Word(b), Type::Enum(name)) => {
            let place = |word: &str| crate::catalogue::word_order(name, word);
            match (place(a), place(b)) {
                (Some(a), Some(b)) => Ok(a.cmp(&b)),
                _ => Err(Value::no_data(format!("the words of {name} have no order"))),
            }
        }
        (Value::Bool(a), Value::Bool(b), _) => Ok(a.cmp(b)),
        (Value::None, _, _) | (_, Value::None, _) => Err(Value::no_data("something compared is absent")),
        (Value::Series(_), _, _) | (_, Value::Series(_), _) => Err(Value::no_data("a series is compared with `for`")),
        _ => match (plain(left), plain(right)) {
            (Some(a), Some(b)) => Ok(a.cmp(&b)),
            _ => Err(Value::no_data("these have no order")),
        },
    }
}

/// Whether an order satisfies an operator.
pub(super) fn satisfies(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        BinaryOp::GreaterEqual => order.is_ge(),
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        _ => false,
    }
}

/// `< <= > >=`
pub(super) fn ordered(op: BinaryOp, left: &Value, right: &Value, typ: &Type) -> Value {
    match order(left, right, typ) {
        Ok(order) => Value::Bool(satisfies(op, order)),
        Err(unknown) => unknown,
    }
}

/// `x in a..b`, `x in list`. Both ends of a range belong to it.
pub(super) fn within(value: &Value, of: &Value) -> Value {
    if let Some(unknown) = unknown(&[value, of]) {
        return unknown;
    }
    match of {
        Value::Range(low, high) => all([(BinaryOp::GreaterEqual, low), (BinaryOp::LessEqual, high)]
            .into_iter()
            .map(|(op, end)| ordered(op, value, end, &Type::Unknown))),
        Value::List(items) => any(items.iter().map(|item| equal(value, item))),
        Value::Record(fields) => Value::Bool(plain(value).is_some_and(|k| fields.contains_key(&k))),
        _ => match (plain(value), plain(of)) {
            (Some(part), Some(whole)) => Value::Bool(whole.contains(&part)),
            _ => Value::no_data("`in` needs a range or a list"),
        },
    }
}

/// `logs matches re"…"`, `text matches re"…"`. No line matches where there is none.
pub(super) fn matches(value: &Value, pattern: &Value) -> Value {
    if let Some(unknown) = unknown(&[value, pattern]) {
        return unknown;
    }
    let Value::Regex(pattern) = pattern else {
        return Value::no_data("`matches` needs a pattern");
    };
    match value {
        Value::Logs(logs) => Value::Bool(logs.lines.iter().any(|l| pattern.0.is_match(&l.text))),
        Value::List(items) => any(items.iter().map(|v| match plain(v) {
            Some(text) => Value::Bool(pattern.0.is_match(&text)),
            None => Value::no_data("`matches` needs text"),
        })),
        Value::None => Value::Bool(false),
        other => match plain(other) {
            Some(text) => Value::Bool(pattern.0.is_match(&text)),
            None => Value::no_data("`matches` needs text"),
        },
    }
}
