//! `rootcause.component`: a component of a system, for `rootcause.rank`.

use crate::action::Args;
use crate::declare::{example, function, maybe, optional, result_record, subject};
use crate::value::Value;
use heal_lang::catalogue::{DefaultValue, Dim, FunctionDecl, Type};

pub(crate) fn decl() -> FunctionDecl {
    function(
        "rootcause.component",
        "describes a component of a system",
        vec![
            subject("name", Type::String, "Its name."),
            maybe("latency", Type::Series(Dim::Duration), "How long it takes to answer."),
            maybe("availability", Type::Series(Dim::Ratio), "The share of its calls that succeed."),
            maybe("requests", Type::Series(Dim::Number), "How often it is called; without, all weigh the same."),
            optional("calls", Type::String.list(), DefaultValue::EmptyList, "Names of the components that it calls."),
        ],
        result_record("rootcause.Component"),
        vec![example(
            "The shop, which calls its database",
            "rootcause.component(\"shop\", latency: latency, calls: [\"db\"])",
        )],
    )
}

pub(crate) fn call(args: &Args, _: i64) -> Value {
    let of = |name: &str| args.get(name).cloned().unwrap_or(Value::None);
    let calls = match of("calls") {
        Value::None => Value::list(Vec::new()),
        calls => calls,
    };
    Value::record([
        ("name", of("name")),
        ("latency", of("latency")),
        ("availability", of("availability")),
        ("requests", of("requests")),
        ("calls", calls),
    ])
}
