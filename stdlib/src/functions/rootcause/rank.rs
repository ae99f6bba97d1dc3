//! `rootcause.rank`: which component made a symptom, the most suspicious first.
//!
//! A symptom at a component that is not in the list, or a component without either signal, is no data.

use crate::action::Args;
use crate::declare::{example, function, int, required, result, subject};
use crate::evaluate::plain;
use crate::functions::anomaly::at_least_one;
use crate::value::Value;
use heal_lang::catalogue::{Dim, FunctionDecl, Type};
use heal_signal::Series;
use heal_signal::cause::{self, Component, Signal, Symptom, System};

pub(crate) fn decl() -> FunctionDecl {
    FunctionDecl {
        doc: "Weighs how much of the symptom each component can account for: how much worse it became times its calls, less \
              what the components that it calls account for. Where the symptom's component has a latency, latencies are \
              compared; otherwise availabilities."
            .to_owned(),
        ..function(
            "rootcause.rank",
            "ranks the components that may have caused a symptom",
            vec![
                subject(
                    "components",
                    Type::record("rootcause.Component").list(),
                    "All of them, each as `rootcause.component` gives it.",
                ),
                required("symptom", Type::String, "The name of the one that shows the symptom."),
                required("at", Type::Time, "Since when."),
                int("limit", 5, "At most so many."),
            ],
            result(Type::record("rootcause.Cause").list()),
            vec![example(
                "What made it slow",
                "rootcause.rank([web, db], symptom: \"web\", at: restarted).first()",
            )],
        )
    }
}

/// A series in the unit that the ranking wants.
fn scaled(value: Option<&Value>, factor: f64) -> Option<Series> {
    let Some(Value::Series(series)) = value else { return None };
    let value: Vec<f64> = series.value.iter().map(|v| v * factor).collect();
    Series::new(&series.at, &value).ok()
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let Some(Value::List(items)) = args.get("components") else { return Value::no_data("components are needed") };
    let Some(Value::Time(at)) = args.get("at") else { return Value::no_data("`at` is needed") };
    let symptom = args.get("symptom").and_then(plain).unwrap_or_default();
    let mut system = System::default();
    let mut called = Vec::new();
    for item in items.iter() {
        let Value::Record(fields) = item else { return Value::no_data("components are needed") };
        let name = fields.get("name").and_then(plain).unwrap_or_default();
        system.components.push(Component {
            name,
            latency: scaled(fields.get("latency"), 1.0).unwrap_or_default(),
            // The ranking counts availability in percent.
            availability: scaled(fields.get("availability"), 100.0).unwrap_or_default(),
            requests: scaled(fields.get("requests"), 1.0).unwrap_or_default(),
        });
        called.push(match fields.get("calls") {
            Some(Value::List(names)) => names.iter().filter_map(plain).collect::<Vec<String>>(),
            _ => Vec::new(),
        });
    }
    let find = |name: &str| system.components.iter().position(|c| c.name == name);
    let Some(component) = find(&symptom) else {
        return Value::no_data(format!("no component is called `{symptom}`"));
    };
    let mut calls = Vec::new();
    for (from, names) in called.iter().enumerate() {
        for name in names {
            let Some(to) = find(name) else {
                return Value::no_data(format!(
                    "`{}` calls `{name}`, which is no component",
                    system.components[from].name
                ));
            };
            calls.push((from, to));
        }
    }
    system.calls = calls;
    let signal = if system.components[component].latency.is_empty() { Signal::Availability } else { Signal::Latency };
    if system.components[component].signal(signal).is_empty() {
        return Value::no_data(format!("`{symptom}` has neither a latency nor an availability"));
    }
    match cause::rank(&system, &Symptom { component, signal, at: *at }) {
        Ok(causes) => Value::list(
            causes
                .into_iter()
                .take(at_least_one(args, "limit"))
                .map(|c| {
                    Value::record([
                        ("name", Value::text(&c.name)),
                        ("score", Value::Quantity(Dim::Ratio, c.score)),
                        ("change", Value::Quantity(Dim::Number, c.change)),
                        ("basis", Value::text(&c.basis)),
                    ])
                })
                .collect(),
        ),
        Err(reason) => Value::no_data(format!("the components can't be ranked: {reason}")),
    }
}
