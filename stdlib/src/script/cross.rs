//! Plain data over the border, both ways. Quantities are numbers in their base unit; times are seconds since 1970.

use super::MOST_ELEMENTS;
use crate::evaluate::quantity;
use crate::value::{Series, Value};
use heal_lang::catalogue::Type;
use rhai::{Array, Dynamic, Map};
use std::sync::Arc;

/// A series as a script sees it: it can be read, not written.
#[derive(Clone)]
pub(super) struct View(pub(super) Arc<Series>);

impl IntoIterator for View {
    type Item = f64;
    type IntoIter = std::vec::IntoIter<f64>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.value.clone().into_iter()
    }
}

/// Whether it holds text from outside.
pub(super) fn untrusted(value: &Value) -> bool {
    match value {
        Value::Untrusted(_) => true,
        Value::List(items) => items.iter().any(untrusted),
        Value::Record(fields) => fields.values().any(untrusted),
        _ => false,
    }
}

/// Into a script.
#[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
pub(super) fn inward(value: &Value) -> Result<Dynamic, String> {
    Ok(match value {
        Value::None => Dynamic::UNIT,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => (*i).into(),
        Value::Quantity(_, v) => (*v).into(),
        Value::Text(t) | Value::Untrusted(t) | Value::Word(t) => t.to_string().into(),
        Value::Time(ms) => (*ms as f64 / 1000.0).into(),
        Value::Series(series) => Dynamic::from(View(Arc::clone(series))),
        Value::List(items) => {
            if items.len() > MOST_ELEMENTS {
                return Err(format!("has {} elements, {MOST_ELEMENTS} are allowed", items.len()));
            }
            items.iter().map(inward).collect::<Result<Array, String>>()?.into()
        }
        Value::Record(fields) => {
            let map: Result<Map, String> =
                fields.iter().map(|(k, v)| inward(v).map(|v| (k.as_str().into(), v))).collect();
            map?.into()
        }
        Value::NoData(n) => return Err(format!("is not known: {}", n.reason)),
        _ => return Err("is no plain data".to_owned()),
    })
}

/// Out of a script, as the signature says.
pub(super) fn outward(result: Dynamic, typ: &Type, outside: bool) -> Result<Value, String> {
    let found = result.type_name().rsplit("::").next().unwrap_or_default().to_owned();
    let wrong = || format!("it gives {found}, not {typ}");
    if let Type::Optional(inner) = typ {
        return if result.is_unit() { Ok(Value::None) } else { outward(result, inner, outside) };
    }
    if result.is_unit() {
        return Err("it gives nothing".to_owned());
    }
    match typ {
        Type::Bool => result.as_bool().map(Value::Bool).map_err(|_| wrong()),
        Type::Int => result.as_int().map(Value::Int).map_err(|_| wrong()),
        Type::Quantity(dim) => match quantity(*dim, number(&result).ok_or_else(wrong)?) {
            Value::NoData(_) => Err("it gives no finite number".to_owned()),
            value => Ok(value),
        },
        Type::Time => match number(&result).and_then(crate::moment::from_number) {
            Some(at) => Ok(Value::Time(at)),
            None => Err(wrong()),
        },
        Type::String | Type::Text(_) | Type::Enum(_) => {
            let text = result.into_string().map_err(|_| wrong())?;
            Ok(match typ {
                Type::Enum(_) => Value::Word(text.into()),
                _ if outside => Value::Untrusted(text.into()),
                _ => Value::Text(text.into()),
            })
        }
        Type::List(inner) => {
            let items = result.try_cast::<Array>().ok_or_else(wrong)?;
            items.into_iter().map(|d| outward(d, inner, outside)).collect::<Result<_, _>>().map(Value::list)
        }
        Type::Map(inner) => {
            let map = result.try_cast::<Map>().ok_or_else(wrong)?;
            let entries: Result<_, String> =
                map.into_iter().map(|(k, d)| outward(d, inner, outside).map(|v| (k.to_string(), v))).collect();
            Ok(Value::Record(Arc::new(entries?)))
        }
        _ => Err(format!("a script can't give {typ}")),
    }
}

#[allow(clippy::cast_precision_loss, reason = "a script's whole numbers are small")]
pub(super) fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|i| i as f64))
}
