//! The laws of the evaluator.

use super::*;
use crate::value::{LogLine, Logs};
use heal_lang::catalogue::{Dim, Language, Type};
use heal_lang::plan::{Expr, ExprKind, NamedArg, Piece, ReadId, StepId};
use heal_lang::source::Span;
use heal_lang::syntax::tree::{BinaryOp, UnaryOp};
use proptest::prelude::*;
use std::sync::Arc;

fn e(kind: ExprKind, typ: Type) -> Expr {
    Expr { kind, typ, span: Span::default() }
}

fn boxed(kind: ExprKind, typ: Type) -> Box<Expr> {
    Box::new(e(kind, typ))
}

fn lit(value: Option<bool>) -> Expr {
    match value {
        Some(b) => e(ExprKind::Bool(b), Type::Bool),
        None => e(ExprKind::Input("gone".to_owned()), Type::Bool),
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    e(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, Type::Bool)
}

fn not(of: Expr) -> Expr {
    e(ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(of) }, Type::Bool)
}

fn known(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::NoData(_) => None,
        other => panic!("{other:?}"),
    }
}

fn run(expr: &Expr) -> Option<bool> {
    known(&evaluate(expr, &Known::default()))
}

fn three() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![Just(Some(true)), Just(Some(false)), Just(None)]
}

/// A condition with its value by Kleene's tables.
fn condition() -> impl Strategy<Value = (Expr, Option<bool>)> {
    three().prop_map(|v| (lit(v), v)).prop_recursive(6, 64, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|(x, v)| (not(x), v.map(|b| !b))),
            (inner.clone(), inner.clone()).prop_map(|((a, x), (b, y))| {
                let v = match (x, y) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                (binary(BinaryOp::And, a, b), v)
            }),
            (inner.clone(), inner).prop_map(|((a, x), (b, y))| {
                let v = match (x, y) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                (binary(BinaryOp::Or, a, b), v)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn and_or_not_are_kleenes((expr, wanted) in condition()) {
        prop_assert_eq!(run(&expr), wanted);
    }

    #[test]
    fn de_morgan((a, _) in condition(), (b, _) in condition()) {
        let one = not(binary(BinaryOp::And, a.clone(), b.clone()));
        let other = binary(BinaryOp::Or, not(a), not(b));
        prop_assert_eq!(run(&one), run(&other));
    }

    #[test]
    fn what_is_not_known_is_never_compared(n in -10..10i64) {
        for op in [BinaryOp::Equal, BinaryOp::NotEqual, BinaryOp::Less, BinaryOp::GreaterEqual] {
            let gone = e(ExprKind::Input("gone".to_owned()), Type::Int);
            let number = e(ExprKind::Int(n), Type::Int);
            prop_assert_eq!(run(&binary(op, gone.clone(), number.clone())), None);
            prop_assert_eq!(run(&binary(op, number, gone)), None);
        }
    }

    #[test]
    fn explanations_never_fail((expr, _) in condition()) {
        let text = explain(&expr, &Known::default());
        prop_assert!(!text.is_empty() && text.chars().count() <= 800);
        prop_assert!(facts(&expr, &Known::default()).len() <= 32);
    }
}

#[test]
fn what_decided_is_said_and_the_rest_is_not() {
    let said = |expr: &Expr| explain(expr, &Known::default());
    let (yes, no) = (|| lit(Some(true)), || lit(Some(false)));
    let or = |l, r| binary(BinaryOp::Or, l, r);
    let and = |l, r| binary(BinaryOp::And, l, r);
    assert_eq!(said(&or(or(no(), no()), yes())), "true or …");
    assert_eq!(said(&or(or(no(), yes()), no())), "true or …");
    assert_eq!(said(&or(or(yes(), no()), yes())), "true or true or …");
    assert_eq!(said(&or(no(), no())), "false or false");
    assert_eq!(said(&and(yes(), and(no(), yes()))), "false and …");
    assert_eq!(said(&and(yes(), yes())), "true and true");
    assert_eq!(said(&or(no(), and(yes(), yes()))), "(true and true) or …");
}

fn pods(exits: &[Value]) -> Known {
    let pods = exits.iter().map(|exit| Value::record([("last_exit", exit.clone())])).collect();
    Known {
        reads: [(ReadId(0), Value::list(pods))].into(),
        read_names: [(ReadId(0), "pods".to_owned())].into(),
        ..Known::default()
    }
}

/// `pods.any(p => p.last_exit is oom_killed)`
fn any_oom() -> Expr {
    let local = boxed(ExprKind::Local("p#1".to_owned()), Type::record("kubernetes.Pod"));
    let exit = Type::enumeration("kubernetes.exit");
    let field = boxed(ExprKind::Field { base: local, name: "last_exit".to_owned(), soft: false }, exit);
    let body = boxed(ExprKind::WordIs { value: field, word: "oom_killed".to_owned() }, Type::Bool);
    let lambda = e(ExprKind::Lambda { param: "p#1".to_owned(), body }, Type::Unknown);
    let receiver = boxed(ExprKind::Read(ReadId(0)), Type::Unknown);
    let args = vec![NamedArg { name: "which".to_owned(), value: lambda }];
    e(ExprKind::Method { receiver, name: "any".to_owned(), args }, Type::Bool)
}

#[test]
fn a_lambda_asks_each() {
    let word = |w: &str| Value::Word(w.into());
    assert_eq!(evaluate(&any_oom(), &pods(&[word("error"), word("oom_killed")])), Value::Bool(true));
    assert_eq!(evaluate(&any_oom(), &pods(&[word("error")])), Value::Bool(false));
    assert_eq!(evaluate(&any_oom(), &pods(&[])), Value::Bool(false));
    let gone = || Value::no_data("gone");
    assert_eq!(evaluate(&any_oom(), &pods(&[gone(), word("oom_killed")])), Value::Bool(true));
    assert!(matches!(evaluate(&any_oom(), &pods(&[gone(), word("error")])), Value::NoData(_)));
    let said = explain(&any_oom(), &pods(&[word("error")]));
    assert_eq!(said, "pods.any(p => p.last_exit is oom_killed) = false");
}

#[test]
fn a_matching_line_is_the_evidence_and_is_made_safe() {
    let logs = Logs {
        lines: vec![
            LogLine { at: None, source: "api".to_owned(), text: "all is well".to_owned() },
            LogLine { at: None, source: "api".to_owned(), text: "::error::connection refused hunter22".to_owned() },
        ],
        truncated: false,
    };
    let secret = crate::value::Secret::new("password", "hunter22".to_owned());
    let scope = Known {
        reads: [(ReadId(0), Value::Logs(Arc::new(logs)))].into(),
        read_names: [(ReadId(0), "logs".to_owned())].into(),
        redactor: crate::redact::Redactor::new([&secret]).ok(),
        ..Known::default()
    };
    let left = e(ExprKind::Read(ReadId(0)), Type::Logs);
    let right = e(ExprKind::Regex("(?i)connection.*refused".to_owned()), Type::Regex);
    let expr = binary(BinaryOp::Matches, left, right);
    assert_eq!(evaluate(&expr, &scope), Value::Bool(true));
    let said = explain(&expr, &scope);
    assert!(said.contains("connection refused <secret password>"), "{said}");
    assert!(!said.contains("::error"), "{said}");
    let facts = serde_json::to_string(&facts(&expr, &scope)).unwrap();
    assert!(facts.contains("connection refused") && !facts.contains("hunter22"), "{facts}");
}

#[test]
fn comparisons_say_what_they_saw() {
    let scope = Known {
        step_lets: [(StepId(0), [("failing".to_owned(), Value::Quantity(Dim::Ratio, 0.004))].into())].into(),
        step_names: [(StepId(0), "recovered".to_owned())].into(),
        ..Known::default()
    };
    let failing = e(ExprKind::StepLet { step: StepId(0), name: "failing".to_owned(), soft: false }, Type::RATIO);
    let expr = binary(BinaryOp::Less, failing, e(ExprKind::Number(0.01), Type::RATIO));
    assert_eq!(evaluate(&expr, &scope), Value::Bool(true));
    assert_eq!(explain(&expr, &scope), "recovered.failing = 0.4% < 1%");
    assert_eq!(facts(&expr, &scope)["recovered.failing"], serde_json::json!("0.4%"));
}

#[test]
fn soft_references_are_absent_and_hard_ones_unknown() {
    let soft = |soft| ExprKind::StepField { step: StepId(3), field: "best".to_owned(), soft };
    let name = |base: Expr, soft| ExprKind::Field { base: Box::new(base), name: "name".to_owned(), soft };
    let best = name(e(soft(true), Type::record("cause").optional()), true);
    let or_else = binary(
        BinaryOp::Coalesce,
        e(best, Type::String.optional()),
        e(ExprKind::Text { pieces: vec![Piece::Text("cause unknown".to_owned())], language: None }, Type::String),
    );
    assert_eq!(evaluate(&or_else, &Known::default()), Value::text("cause unknown"));
    assert!(matches!(evaluate(&e(soft(false), Type::Unknown), &Known::default()), Value::NoData(_)));
}

#[test]
fn messages_say_no_data_and_queries_are_not_sent() {
    let hole = || Piece::Hole { value: boxed(ExprKind::Input("gone".to_owned()), Type::String), quoted: true };
    let text =
        |language| e(ExprKind::Text { pieces: vec![Piece::Text("is ".to_owned()), hole()], language }, Type::String);
    assert_eq!(evaluate(&text(None), &Known::default()), Value::text("is no data"));
    assert!(matches!(evaluate(&text(Some(Language::Promql)), &Known::default()), Value::NoData(_)));
}

#[test]
fn a_secret_lifts_the_text_around_it() {
    let secret = Value::Secret(crate::value::Secret::new("token", "hunter22".to_owned()));
    let scope = Known { secrets: [("token".to_owned(), secret)].into(), ..Known::default() };
    let hole = Piece::Hole { value: boxed(ExprKind::Secret("token".to_owned()), Type::Unknown), quoted: false };
    let expr =
        e(ExprKind::Text { pieces: vec![Piece::Text("Bearer ".to_owned()), hole], language: None }, Type::Unknown);
    let Value::Secret(lifted) = evaluate(&expr, &scope) else { panic!("it is shown") };
    assert_eq!((lifted.name(), lifted.reveal()), ("token", "Bearer hunter22"));
}

#[test]
fn deep_and_endless_expressions_come_to_an_end() {
    let mut deep = lit(Some(true));
    for _ in 0..10_000 {
        deep = not(deep);
    }
    assert_eq!(run(&deep), None);
    // The tree is dropped piece by piece: its own drop would fill the stack.
    let mut left = Some(deep);
    while let Some(Expr { kind: ExprKind::Unary { operand, .. }, .. }) = left {
        left = Some(*operand);
    }
}

#[test]
fn ranges_have_both_ends_and_times_subtract() {
    let scope = Known {
        locals: [("at".to_owned(), Value::Time(1_000_000)), ("then".to_owned(), Value::Time(940_000))].into(),
        ..Known::default()
    };
    let local = |n: &str| e(ExprKind::Local(n.to_owned()), Type::Time);
    let difference = e(
        ExprKind::Binary { op: BinaryOp::Subtract, left: Box::new(local("at")), right: Box::new(local("then")) },
        Type::DURATION,
    );
    let end = |s: f64| boxed(ExprKind::Number(s), Type::DURATION);
    let range = |a, b| e(ExprKind::Range(end(a), end(b)), Type::Range(Box::new(Type::DURATION)));
    assert_eq!(evaluate(&binary(BinaryOp::In, difference.clone(), range(-60.0, 60.0)), &scope), Value::Bool(true));
    assert_eq!(evaluate(&binary(BinaryOp::In, difference, range(-60.0, 59.0)), &scope), Value::Bool(false));
}

#[test]
fn words_of_ordered_enums_compare() {
    let word = |w: &str| e(ExprKind::Word(w.to_owned()), Type::enumeration("risk"));
    assert_eq!(run(&binary(BinaryOp::GreaterEqual, word("high"), word("medium"))), Some(true));
    assert_eq!(run(&binary(BinaryOp::Less, word("high"), word("low"))), Some(false));
}
