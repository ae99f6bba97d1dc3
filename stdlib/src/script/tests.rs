//! The sandbox holds.

use super::*;
use crate::value::Series;
use heal_lang::catalogue::{Dim, Type};
use heal_lang::source::Span;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn script(params: &[(&str, Type)], result: Type, code: &str) -> ScriptDef {
    ScriptDef {
        name: "f".to_owned(),
        params: params.iter().map(|(n, t)| ((*n).to_owned(), t.clone())).collect(),
        result,
        code: code.to_owned(),
        span: Span::default(),
    }
}

fn go(code: &str, result: Type) -> Value {
    run(&script(&[], result, code), &[])
}

fn why(value: &Value) -> &str {
    match value {
        Value::NoData(n) => &n.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_data_goes_in_and_comes_out() {
    let def = script(
        &[("xs", Type::NUMBER.list()), ("by", Type::NUMBER)],
        Type::RATIO,
        "let big = xs.filter(|x| x > by);\nbig.len() / (xs.len() + 0.0)",
    );
    let xs = Value::list((0..10).map(Value::Int).collect());
    assert_eq!(run(&def, &[xs, Value::Int(4)]), Value::Quantity(Dim::Ratio, 0.5));
}

#[test]
fn a_series_is_a_view() {
    let series = Value::Series(Arc::new(Series {
        dim: Dim::Duration,
        at: (0..5000).map(|i| i * 1000).collect(),
        value: (0..5000).map(f64::from).collect(),
        step_ms: 1000,
        from: 0,
        name: String::new(),
        settle_ms: 0,
    }));
    let def = |code| script(&[("s", Type::Series(Dim::Duration))], Type::DURATION, code);
    assert_eq!(run(&def("s.last() - s[0]"), std::slice::from_ref(&series)), Value::Quantity(Dim::Duration, 4999.0));
    assert_eq!(run(&def("s.at(2)"), std::slice::from_ref(&series)), Value::Quantity(Dim::Duration, 2.0));
    assert_eq!(run(&def("let n = 0.0; for x in s { n = x; } n"), &[series]), Value::Quantity(Dim::Duration, 4999.0));
}

#[test]
fn nothing_and_nonsense_are_no_data() {
    assert!(why(&go("()", Type::NUMBER)).contains("nothing"));
    assert!(why(&go("0.0 / 0.0", Type::NUMBER)).contains("finite"));
    assert!(why(&go("\"x\"", Type::NUMBER)).contains("not number"));
    assert!(why(&go("let x = 1;\nx / 0", Type::Int)).contains("line 2"));
    assert_eq!(go("()", Type::NUMBER.optional()), Value::None);
}

#[test]
fn the_world_is_out_of_reach() {
    for code in
        ["eval(\"1\")", "import \"x\" as y; 1", "print(1); 1", "timestamp(); 1", "sleep(1); 1", "rand()", "debug(1); 1"]
    {
        assert!(matches!(go(code, Type::Int), Value::NoData(_)), "{code}");
    }
}

#[test]
fn nothing_runs_for_long() {
    let hogs = [
        "loop { }",
        "let a = []; loop { a.push(1); }",
        "let a = []; for i in 0..1000 { a.push(i); } for i in 0..100000 { a.contains(-1); } 1",
        "let s = \"x\"; loop { s += s; }",
        "fn f(n) { f(n + 1) } f(0)",
        "let a = [1]; for i in 0..999 { a.push(i); } loop { let b = a.sort(); }",
        "let a = []; for i in 0..200 { a.push(i); } a.map(|x| a.map(|y| a.map(|z| x + y + z))); 1",
        "let m = #{}; let i = 0; loop { m[\"k\" + i] = i; i += 1; }",
        "let a = []; let b = a; for i in 0..20 { b = [b, b]; } 1",
    ];
    for code in hogs {
        let began = Instant::now();
        let value = go(code, Type::Int);
        assert!(began.elapsed() < Duration::from_secs(3), "{code} ran for {:?}", began.elapsed());
        assert!(matches!(value, Value::NoData(_)), "{code}: {value:?}");
    }
}

#[test]
fn long_lists_are_refused() {
    let def = script(&[("xs", Type::NUMBER.list())], Type::Int, "xs.len()");
    let xs = Value::list(vec![Value::Int(1); 1_001]);
    assert!(why(&run(&def, &[xs])).contains("1001"));
}

#[test]
fn text_from_outside_stays_so() {
    let def = script(&[("t", Type::String)], Type::String, "t + \"!\"");
    assert_eq!(run(&def, &[Value::Untrusted("a".into())]), Value::Untrusted("a!".into()));
    assert_eq!(run(&def, &[Value::text("a")]), Value::text("a!"));
}

#[test]
fn the_checker_names_the_line() {
    let check = |code: &str| Scripts.check("f", &["xs".to_owned()], code);
    assert_eq!(check("xs.len() * 2"), Ok(()));
    assert_eq!(check("let a = 1;\nlet b = ;").unwrap_err().0, Some(2));
    assert!(check("ys.len()").is_err(), "an unknown name");
    let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    assert!(check(&deep).is_err());
}
