//! The functions on arrays, maps and series that a script has, instead of Rhai's own: each is charged for what it walks.

use super::charge::Charge;
use super::cross::{View, number};
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext, Position};

type Answer<T> = Result<T, Box<EvalAltResult>>;

fn error<T>(why: &str) -> Answer<T> {
    Err(EvalAltResult::ErrorRuntime(why.into(), Position::NONE).into())
}

pub(super) fn register(engine: &mut Engine, charge: &Charge) {
    arrays(engine, charge);
    walks(engine, charge);
    maps(engine, charge);
    series(engine, charge);
}

fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn arrays(engine: &mut Engine, charge: &Charge) {
    engine.register_iterator::<Array>();
    engine.register_fn("len", |a: &mut Array| int(a.len()));
    engine.register_fn("is_empty", |a: &mut Array| a.is_empty());
    // Rhai measures the whole array after each change to it.
    let c = charge.clone();
    engine.register_fn("push", move |a: &mut Array, item: Dynamic| -> Answer<()> {
        c.take(a.len())?;
        a.push(item);
        Ok(())
    });
    let c = charge.clone();
    engine.register_fn("pop", move |a: &mut Array| -> Answer<Dynamic> {
        c.take(a.len())?;
        Ok(a.pop().unwrap_or(Dynamic::UNIT))
    });
    let c = charge.clone();
    engine.register_fn("reverse", move |a: &mut Array| -> Answer<Array> {
        c.take(a.len())?;
        Ok(a.iter().rev().cloned().collect())
    });
    let c = charge.clone();
    engine.register_fn("sort", move |a: &mut Array| -> Answer<Array> {
        c.take(a.len().saturating_mul(10))?;
        let mut numbers = numbers(a)?;
        numbers.sort_by(f64::total_cmp);
        Ok(numbers.into_iter().map(Dynamic::from).collect())
    });
    let c = charge.clone();
    engine.register_fn("contains", move |a: &mut Array, wanted: Dynamic| -> Answer<bool> {
        c.take(a.len())?;
        Ok(a.iter().any(|item| same(item, &wanted)))
    });
    let c = charge.clone();
    engine.register_fn("index_of", move |a: &mut Array, wanted: Dynamic| -> Answer<i64> {
        c.take(a.len())?;
        Ok(a.iter().position(|item| same(item, &wanted)).map_or(-1, int))
    });
    for (name, fold) in FOLDS {
        let c = charge.clone();
        engine.register_fn(name, move |a: &mut Array| -> Answer<Dynamic> {
            c.take(a.len())?;
            Ok(fold(&numbers(a)?))
        });
    }
}

/// One value out of numbers.
type Fold = fn(&[f64]) -> Dynamic;

/// Those that a script has; `()` where there are no numbers.
const FOLDS: [(&str, Fold); 5] = [
    ("sum", |v| v.iter().sum::<f64>().into()),
    ("mean", |v| {
        #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^53 elements")]
        if v.is_empty() { Dynamic::UNIT } else { (v.iter().sum::<f64>() / v.len() as f64).into() }
    }),
    ("min", |v| v.iter().copied().reduce(f64::min).map_or(Dynamic::UNIT, Dynamic::from)),
    ("max", |v| v.iter().copied().reduce(f64::max).map_or(Dynamic::UNIT, Dynamic::from)),
    ("median", |v| {
        let mut sorted = v.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match (sorted.get(middle), sorted.len() % 2) {
            (None, _) => Dynamic::UNIT,
            (Some(m), 1) => (*m).into(),
            (Some(m), _) => ((m + sorted.get(middle.wrapping_sub(1)).copied().unwrap_or(*m)) / 2.0).into(),
        }
    }),
];

fn numbers(a: &Array) -> Answer<Vec<f64>> {
    match a.iter().map(number).collect::<Option<Vec<f64>>>() {
        Some(numbers) => Ok(numbers),
        None => error("an element is no number"),
    }
}

fn same(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a == b;
    }
    match (a.read_lock::<rhai::ImmutableString>(), b.read_lock::<rhai::ImmutableString>()) {
        (Some(a), Some(b)) => *a == *b,
        _ => matches!((a.as_bool(), b.as_bool()), (Ok(a), Ok(b)) if a == b),
    }
}

/// What calls back into the script. A call costs more than a step over an element.
fn walks(engine: &mut Engine, charge: &Charge) {
    const CALL: usize = 10;
    let c = charge.clone();
    engine.register_fn("map", move |ctx: NativeCallContext<'_>, a: &mut Array, f: FnPtr| -> Answer<Array> {
        a.iter().map(|item| c.take(CALL).and_then(|()| f.call_within_context(&ctx, (item.clone(),)))).collect()
    });
    let c = charge.clone();
    engine.register_fn("filter", move |ctx: NativeCallContext<'_>, a: &mut Array, f: FnPtr| -> Answer<Array> {
        let mut kept = Array::new();
        for item in a.iter() {
            c.take(CALL)?;
            if f.call_within_context::<bool>(&ctx, (item.clone(),))? {
                kept.push(item.clone());
            }
        }
        Ok(kept)
    });
    for (name, decides) in [("some", true), ("all", false)] {
        let c = charge.clone();
        engine.register_fn(name, move |ctx: NativeCallContext<'_>, a: &mut Array, f: FnPtr| -> Answer<bool> {
            for item in a.iter() {
                c.take(CALL)?;
                if f.call_within_context::<bool>(&ctx, (item.clone(),))? == decides {
                    return Ok(decides);
                }
            }
            Ok(!decides)
        });
    }
    let c = charge.clone();
    engine.register_fn(
        "reduce",
        move |ctx: NativeCallContext<'_>, a: &mut Array, f: FnPtr, start: Dynamic| -> Answer<Dynamic> {
            let mut sum = start;
            for item in a.iter() {
                c.take(CALL)?;
                sum = f.call_within_context(&ctx, (sum, item.clone()))?;
            }
            Ok(sum)
        },
    );
}

fn maps(engine: &mut Engine, charge: &Charge) {
    engine.register_fn("len", |m: &mut Map| int(m.len()));
    engine.register_fn("contains", |m: &mut Map, key: &str| m.contains_key(key));
    let c = charge.clone();
    engine.register_fn("keys", move |m: &mut Map| -> Answer<Array> {
        c.take(m.len())?;
        Ok(m.keys().map(|k| Dynamic::from(k.to_string())).collect())
    });
    let c = charge.clone();
    engine.register_fn("values", move |m: &mut Map| -> Answer<Array> {
        c.take(m.len())?;
        Ok(m.values().cloned().collect())
    });
}

fn series(engine: &mut Engine, charge: &Charge) {
    engine.register_type_with_name::<View>("series");
    engine.register_iterator::<View>();
    engine.register_fn("len", |v: &mut View| int(v.0.value.len()));
    engine.register_indexer_get(|v: &mut View, i: i64| -> Answer<f64> {
        let place = usize::try_from(i).ok().and_then(|i| v.0.value.get(i));
        place.copied().map_or_else(|| error("there is no such sample"), Ok)
    });
    // Seconds since 1970.
    engine.register_fn("at", |v: &mut View, i: i64| -> Answer<f64> {
        #[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
        let seconds = |ms: &i64| *ms as f64 / 1000.0;
        let place = usize::try_from(i).ok().and_then(|i| v.0.at.get(i));
        place.map_or_else(|| error("there is no such sample"), |ms| Ok(seconds(ms)))
    });
    let c = charge.clone();
    engine.register_fn("last", move |v: &mut View| -> Answer<Dynamic> {
        c.take(v.0.value.len())?;
        Ok(v.0.value.iter().rev().find(|x| x.is_finite()).map_or(Dynamic::UNIT, |x| (*x).into()))
    });
    for (name, fold) in FOLDS {
        let c = charge.clone();
        engine.register_fn(name, move |v: &mut View| -> Answer<Dynamic> {
            c.take(v.0.value.len())?;
            let known: Vec<f64> = v.0.value.iter().copied().filter(|x| x.is_finite()).collect();
            Ok(fold(&known))
        });
    }
}
