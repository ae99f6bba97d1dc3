//! An expression with the values it saw: for `because`, and as named scalars for the journal (R37). Safe to show (R69),
//! without secrets (R71).

use super::Scope;
use super::expr::Env;
use super::show::{clip, safe, show};
use super::walk::{conditions, is_literal};
use crate::value::Value;
use heal_lang::catalogue::Dim;
use heal_lang::plan::{Expr, ExprKind, NamedArg, Piece};
use heal_lang::syntax::tree::{BinaryOp, UnaryOp};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Most characters of an explanation.
const LONGEST: usize = 800;
/// Most characters of one value in it.
const LONGEST_VALUE: usize = 160;
/// Most named scalars.
const FACTS: usize = 32;

/// An expression with the values it saw, in one line. Why something is not known stands at the end, each reason once: one
/// failed read makes many values unknown.
#[must_use]
pub fn explain(expr: &Expr, scope: &dyn Scope) -> String {
    let top = Env::new(scope, false);
    let env = top.env();
    let reasons = RefCell::new(Vec::new());
    let mut text = said(&env, expr, &reasons, 0);
    let reasons = reasons.into_inner();
    if !reasons.is_empty() {
        text = format!("{text}: {}", reasons.join("; "));
    }
    finish(scope, &text, LONGEST)
}

/// Fields by which records say why they are not `ok`, the most telling first.
const WHY_NOT_OK: [&str; 6] = ["error", "status", "exit_code", "signal", "latency", "took"];

/// What a record says beside its `ok = false`: `(status: 503, latency: 12ms)`, or its error alone.
fn not_ok(env: &Env<'_>, expr: &Expr) -> String {
    let ExprKind::Field { base, name, .. } = &expr.kind else { return String::new() };
    if name != "ok" || env.eval(expr) != Value::Bool(false) {
        return String::new();
    }
    let Value::Record(fields) = env.eval(base) else { return String::new() };
    let mut told: Vec<(&str, String)> = Vec::new();
    for name in WHY_NOT_OK {
        if let Some(value) = fields.get(name).filter(|v| !matches!(v, Value::None | Value::NoData(_))) {
            told.push((name, clip(&show(value), LONGEST_VALUE)));
        }
    }
    match told.first() {
        None => String::new(),
        Some(("error", error)) => format!(" ({error})"),
        Some(_) => {
            let parts: Vec<String> = told.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!(" ({})", parts.join(", "))
        }
    }
}

/// Redacted first, then clipped: half a secret is no longer found.
fn finish(scope: &dyn Scope, text: &str, most: usize) -> String {
    let text = match scope.redactor() {
        Some(redactor) => redactor.redact(text),
        None => text.to_owned(),
    };
    clip(&safe(&text).replace('\n', " "), most)
}

/// At most 32 named scalars that a condition saw: the operands of its comparisons.
#[must_use]
pub fn facts(expr: &Expr, scope: &dyn Scope) -> BTreeMap<String, serde_json::Value> {
    let top = Env::new(scope, false);
    let env = top.env();
    let mut parts = Vec::new();
    conditions(expr, &mut parts);
    let mut facts = BTreeMap::new();
    for part in parts {
        let operands: Vec<&Expr> = match &part.kind {
            ExprKind::Binary { op: BinaryOp::Matches, .. } => {
                if let Some(line) = matching_line(&env, part) {
                    note(&mut facts, scope, &source(part, scope), serde_json::Value::String(line));
                    continue;
                }
                vec![part]
            }
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::For { series, bound, .. } => vec![series, bound],
            _ => vec![part],
        };
        for operand in operands.into_iter().filter(|o| !is_literal(o)) {
            if let Some(value) = scalar(&env.eval(operand)) {
                note(&mut facts, scope, &source(operand, scope), value);
            }
        }
    }
    facts
}

fn note(facts: &mut BTreeMap<String, serde_json::Value>, scope: &dyn Scope, name: &str, value: serde_json::Value) {
    let name = finish(scope, name, 80);
    let value = match value {
        serde_json::Value::String(text) => serde_json::Value::String(finish(scope, &text, LONGEST_VALUE)),
        other => other,
    };
    if facts.len() < FACTS || facts.contains_key(&name) {
        facts.insert(name, value);
    }
}

/// The named scalars of a value, for evidence: itself, or a record's own.
#[must_use]
pub fn facts_of_value(name: &str, value: &Value, scope: &dyn Scope) -> BTreeMap<String, serde_json::Value> {
    let mut facts = BTreeMap::new();
    match value {
        Value::Record(fields) => {
            for (field, value) in fields.iter() {
                if let Some(value) = scalar(value) {
                    note(&mut facts, scope, &format!("{name}.{field}"), value);
                }
            }
        }
        other => {
            if let Some(value) = scalar(other) {
                note(&mut facts, scope, name, value);
            }
        }
    }
    facts
}

/// A value as a word or a number.
fn scalar(value: &Value) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match value {
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) => Json::from(*i),
        Value::Quantity(Dim::Number, v) => Json::Number(serde_json::Number::from_f64(*v)?),
        Value::Secret(_) | Value::Record(_) | Value::Regex(_) => return None,
        other => Json::String(show(other)),
    })
}

/// The first line that `x matches re"…"` found.
fn matching_line(env: &Env<'_>, part: &Expr) -> Option<String> {
    let ExprKind::Binary { op: BinaryOp::Matches, left, right } = &part.kind else { return None };
    match (env.eval(left), env.eval(right)) {
        (Value::Logs(logs), Value::Regex(pattern)) => {
            logs.lines.iter().find(|l| pattern.0.is_match(&l.text)).map(|l| l.text.clone())
        }
        _ => None,
    }
}

/// The operands of `a or b or c`, or of `a and b and c`.
fn chain<'e>(expr: &'e Expr, of: BinaryOp, found: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op, left, right } if *op == of => {
            chain(left, of, found);
            chain(right, of, found);
        }
        _ => found.push(expr),
    }
}

fn said(env: &Env<'_>, expr: &Expr, reasons: &RefCell<Vec<String>>, depth: u32) -> String {
    if depth > 40 {
        return "…".to_owned();
    }
    let deeper = |env: &Env<'_>, e: &Expr| said(env, e, reasons, depth + 1);
    let value = |e: &Expr| match env.eval(e) {
        Value::NoData(n) => {
            let reason = safe(&n.reason);
            let mut reasons = reasons.borrow_mut();
            if !reason.is_empty() && !reasons.contains(&reason) {
                reasons.push(reason);
            }
            "no data".to_owned()
        }
        value => format!("{}{}", clip(&show(&value), LONGEST_VALUE), not_ok(env, e)),
    };
    // What stands on one side of a comparison, with its value where that says more.
    let side = |e: &Expr| {
        if is_literal(e) { source(e, env.scope) } else { format!("{} = {}", source(e, env.scope), value(e)) }
    };
    // The whole, with what it was found in where that is known.
    let found_in = |whole: &Expr, within: &Expr| {
        let (whole, within) = (format!("{} = {}", source(whole, env.scope), value(whole)), value(within));
        if within == "no data" { whole } else { format!("{whole} ({within})") }
    };
    match &expr.kind {
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
            let part = |e: &Expr| {
                let text = deeper(env, e);
                let other = if *op == BinaryOp::And { BinaryOp::Or } else { BinaryOp::And };
                let mixed = matches!(&e.kind, ExprKind::Binary { op, .. } if *op == other);
                if mixed { format!("({text})") } else { text }
            };
            let mut all = Vec::new();
            chain(expr, *op, &mut all);
            // What decided it: the true operands of a true `or`, the false ones of a false `and`.
            let decides = *op == BinaryOp::Or;
            let deciding = |e: &&Expr| matches!(env.eval(e), Value::Bool(b) if b == decides);
            let decided: Vec<&Expr> = all.iter().copied().filter(deciding).collect();
            let kept = if decided.is_empty() { &all } else { &decided };
            let mut parts: Vec<String> = kept.iter().map(|e| part(e)).collect();
            if kept.len() < all.len() {
                parts.push("…".to_owned());
            }
            parts.join(&format!(" {} ", op.text()))
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => match &operand.kind {
            ExprKind::Binary { .. } | ExprKind::For { .. } | ExprKind::Bind { .. } | ExprKind::Unary { .. } => {
                format!("not ({})", deeper(env, operand))
            }
            // Its value says it: `health.ok = false`.
            _ => deeper(env, operand),
        },
        ExprKind::Bind { name, value, body } => {
            let bound = env.eval(value);
            env.with(name, &bound, |env| deeper(env, body))
        }
        ExprKind::Binary { op: BinaryOp::Matches, left, .. } => match matching_line(env, expr) {
            Some(line) => format!("{} = true (\"{}\")", source(expr, env.scope), clip(&safe(&line), LONGEST_VALUE)),
            None => found_in(expr, left),
        },
        ExprKind::Binary {
            op:
                op @ (BinaryOp::Equal
                | BinaryOp::NotEqual
                | BinaryOp::Less
                | BinaryOp::LessEqual
                | BinaryOp::Greater
                | BinaryOp::GreaterEqual
                | BinaryOp::In),
            left,
            right,
        } => format!("{} {} {}", side(left), op.text(), side(right)),
        ExprKind::For { series, .. } => found_in(expr, series),
        _ if is_literal(expr) => source(expr, env.scope),
        _ => format!("{} = {}", source(expr, env.scope), value(expr)),
    }
}

/// An expression as text, about as it was written.
#[must_use]
pub fn source(expr: &Expr, scope: &dyn Scope) -> String {
    let s = |e: &Expr| source(e, scope);
    let tight = |e: &Expr| {
        let open = matches!(
            e.kind,
            ExprKind::Binary { .. } | ExprKind::For { .. } | ExprKind::If { .. } | ExprKind::Unary { .. }
        );
        if open { format!("({})", s(e)) } else { s(e) }
    };
    let step = |id: &heal_lang::plan::StepId| scope.step_name(*id).unwrap_or_else(|| format!("step{}", id.0));
    match &expr.kind {
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Int(i) => i.to_string(),
        ExprKind::Number(n) => match &expr.typ {
            heal_lang::catalogue::Type::Quantity(dim) => super::show::quantity_text(*dim, *n),
            _ => super::show::number_text(*n),
        },
        ExprKind::Text { pieces, .. } => {
            let parts: Vec<String> = pieces
                .iter()
                .map(|p| match p {
                    Piece::Text(t) => t.clone(),
                    Piece::Hole { value, .. } => format!("${{{}}}", s(value)),
                })
                .collect();
            format!("\"{}\"", clip(&parts.concat(), 60))
        }
        ExprKind::Regex(p) => format!("re\"{}\"", clip(p, 60)),
        ExprKind::Word(w) => w.clone(),
        ExprKind::Quota(q) => show(&Value::Quota(*q)),
        ExprKind::None => "none".to_owned(),
        ExprKind::List(items) => format!("[{}]", items.iter().map(s).collect::<Vec<_>>().join(", ")),
        ExprKind::Record(entries) => {
            let entries: Vec<String> = entries.iter().map(|a| format!("{}: {}", a.name, s(&a.value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        ExprKind::Range(a, b) => format!("{}..{}", tight(a), tight(b)),
        ExprKind::Local(name) => spoken(name).to_owned(),
        ExprKind::Bind { body, .. } => s(body),
        ExprKind::Input(n) | ExprKind::Secret(n) | ExprKind::Target(n) | ExprKind::PlaybookLet(n) => n.clone(),
        ExprKind::StepLet { step: id, name, soft } => format!("{}{}.{name}", step(id), if *soft { "?" } else { "" }),
        ExprKind::StepField { step: id, field, soft } => {
            format!("{}{}.{field}", step(id), if *soft { "?" } else { "" })
        }
        ExprKind::Run(f) => format!("run.{f}"),
        ExprKind::Trigger(n) => n.clone(),
        ExprKind::Now => "now".to_owned(),
        ExprKind::Read(id) => scope.read_name(*id).unwrap_or_else(|| format!("read{}", id.0)),
        ExprKind::Change(i) => format!("change{i}"),
        ExprKind::Before(i) => format!("before({i})"),
        ExprKind::Call { function, args } => format!("{function}({})", arguments(args, scope)),
        ExprKind::Method { receiver, name, args } => format!("{}.{name}({})", tight(receiver), arguments(args, scope)),
        ExprKind::Script { name, args } => {
            format!("{name}({})", args.iter().map(s).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Lambda { param, body } => format!("{} => {}", spoken(param), s(body)),
        ExprKind::If { condition, then, otherwise } => {
            format!("if {} then {} else {}", s(condition), s(then), s(otherwise))
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => format!("not {}", tight(operand)),
        ExprKind::Unary { op: UnaryOp::Negate, operand } => format!("-{}", tight(operand)),
        ExprKind::Binary { op, left, right } => format!("{} {} {}", tight(left), op.text(), tight(right)),
        ExprKind::For { series, op, bound, duration } => {
            format!("{} {} {} for {}", tight(series), op.text(), tight(bound), tight(duration))
        }
        ExprKind::CauseIs { step: id, cause, bound } => match bound {
            Some((op, value)) => format!("{} is {cause} with confidence {} {}", step(id), op.text(), s(value)),
            None => format!("{} is {cause}", step(id)),
        },
        ExprKind::EndIs { step: id, exit } => format!("{} is {}", step(id), exit.word()),
        ExprKind::WordIs { value, word } => format!("{} is {word}", tight(value)),
        ExprKind::Field { base, name, soft } => format!("{}{}.{name}", tight(base), if *soft { "?" } else { "" }),
        ExprKind::Index { base, index } => format!("{}[{}]", tight(base), s(index)),
        ExprKind::Exists(e) => format!("{} exists", tight(e)),
        ExprKind::As(e) => format!("{} as {}", tight(e), expr.typ),
    }
}

/// A local's name as it was written: what makes it unique within the plan is left out.
fn spoken(name: &str) -> &str {
    name.split(['#', '$', '@', '~']).next().filter(|n| !n.is_empty()).unwrap_or(name)
}

/// Arguments; those that are absent were not written.
fn arguments(args: &[NamedArg], scope: &dyn Scope) -> String {
    let written: Vec<String> = args
        .iter()
        .enumerate()
        .filter(|(_, a)| !matches!(a.value.kind, ExprKind::None))
        .map(|(i, a)| {
            let text = source(&a.value, scope);
            if i == 0 { text } else { format!("{}: {text}", a.name) }
        })
        .collect();
    clip(&written.join(", "), 120)
}
