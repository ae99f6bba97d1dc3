//! The forms of an expression, one by one.

use super::scope::Scope;
use super::{compare, methods, number, series, text};
use crate::value::{Pattern, Value};
use heal_lang::catalogue::Type;
use heal_lang::plan::{Expr, ExprKind, NamedArg};
use heal_lang::syntax::tree::{BinaryOp, UnaryOp};
use std::cell::Cell;
use std::sync::Arc;

/// Forms that one evaluation may look at: lambdas within lambdas over long lists come to an end.
const WORK: u32 = 1_000_000;
/// Forms within forms: the stack is not ours to fill.
const DEPTH: u32 = 400;

/// A name bound on the way in; the innermost first.
#[derive(Clone, Copy)]
struct Local<'a> {
    name: &'a str,
    value: &'a Value,
    outer: Option<&'a Local<'a>>,
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub(super) scope: &'a dyn Scope,
    local: Option<&'a Local<'a>>,
    work: &'a WorkLeft,
    depth: u32,
    /// `for` asks the newest sample alone.
    newest: bool,
}

/// What is left of [`WORK`], for all environments of one evaluation together.
struct WorkLeft(Cell<u32>);

impl<'a> Env<'a> {
    /// At the top.
    #[allow(clippy::new_ret_no_self, reason = "the top owns what its environments borrow")]
    pub(super) fn new(scope: &'a dyn Scope, newest: bool) -> Top<'a> {
        Top { scope, work: WorkLeft(Cell::new(WORK)), newest }
    }

    /// With one more name.
    pub(super) fn with<R>(&self, name: &str, value: &Value, then: impl FnOnce(&Env<'_>) -> R) -> R {
        let local = Local { name, value, outer: self.local };
        then(&Env { local: Some(&local), ..*self })
    }

    fn local(&self, name: &str) -> Value {
        let mut at = self.local;
        while let Some(local) = at {
            if local.name == name {
                return local.value.clone();
            }
            at = local.outer;
        }
        self.scope.local(name).unwrap_or_else(|| Value::no_data(format!("`{name}` is not bound")))
    }

    /// The value of an expression.
    pub(super) fn eval(&self, expr: &Expr) -> Value {
        let left = self.work.0.get();
        if left == 0 {
            return Value::no_data("the expression took too many steps");
        }
        self.work.0.set(left - 1);
        if self.depth >= DEPTH {
            return Value::no_data("the expression is nested too deeply");
        }
        Env { depth: self.depth + 1, ..*self }.form(expr)
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each form, and nothing else")]
    fn form(&self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Int(i) => Value::Int(*i),
            ExprKind::Number(n) => match &expr.typ {
                Type::Quantity(dim) => number::quantity(*dim, *n),
                _ => number::quantity(heal_lang::catalogue::Dim::Number, *n),
            },
            ExprKind::Text { pieces, language } => text::interpolate(self, pieces, *language),
            ExprKind::Regex(pattern) => match compile(pattern) {
                Ok(regex) => Value::Regex(regex),
                Err(why) => Value::no_data(why),
            },
            ExprKind::Word(word) => Value::Word(word.as_str().into()),
            ExprKind::Quota(quota) => Value::Quota(*quota),
            ExprKind::None => Value::None,
            ExprKind::List(items) => Value::list(items.iter().map(|e| self.eval(e)).collect()),
            ExprKind::Record(entries) => {
                Value::Record(Arc::new(entries.iter().map(|a| (a.name.clone(), self.eval(&a.value))).collect()))
            }
            ExprKind::Range(low, high) => match (self.eval(low), self.eval(high)) {
                (n @ Value::NoData(_), _) | (_, n @ Value::NoData(_)) => n,
                (low, high) => Value::Range(Box::new(low), Box::new(high)),
            },
            ExprKind::Local(name) => self.local(name),
            ExprKind::Bind { name, value, body } => {
                let value = self.eval(value);
                self.with(name, &value, |env| env.eval(body))
            }
            ExprKind::Input(name) => self.scope.input(name),
            ExprKind::Secret(name) => self.scope.secret(name),
            ExprKind::Target(name) => self.scope.target(name),
            ExprKind::PlaybookLet(name) => self.scope.playbook_let(name),
            ExprKind::StepLet { step, name, soft } => match self.scope.step_let(*step, name) {
                Some(value) => value,
                None if *soft => Value::None,
                None => self.needs(*step, name),
            },
            ExprKind::StepField { step, field, soft } => match self.scope.step_field(*step, field) {
                Some(value) => value,
                None if *soft => Value::None,
                None => self.needs(*step, field),
            },
            ExprKind::Run(field) => self.scope.run(field),
            ExprKind::Trigger(name) => self.scope.trigger(name),
            ExprKind::Now => Value::Time(self.scope.now_ms()),
            ExprKind::Read(id) => self.scope.read(*id),
            ExprKind::Change(index) => self.scope.change(*index),
            ExprKind::Before(index) => self.scope.before(*index),
            ExprKind::Call { function, args } => self.call(function, args),
            ExprKind::Method { receiver, name, args } => methods::call(self, receiver, name, args),
            ExprKind::Script { name, args } => {
                let args: Vec<Value> = args.iter().map(|e| self.eval(e)).collect();
                match args.iter().find(|v| matches!(v, Value::NoData(_))) {
                    Some(unknown) => unknown.clone(),
                    None => self.scope.script(name, &args),
                }
            }
            ExprKind::Lambda { .. } => Value::no_data("a lambda stands only in a method's parentheses"),
            ExprKind::If { condition, then, otherwise } => match self.eval(condition) {
                Value::Bool(true) => self.eval(then),
                Value::Bool(false) => self.eval(otherwise),
                n @ Value::NoData(_) => n,
                _ => Value::no_data("the condition is not a yes or no"),
            },
            ExprKind::Unary { op: UnaryOp::Not, operand } => match self.eval(operand) {
                Value::Bool(b) => Value::Bool(!b),
                n @ Value::NoData(_) => n,
                _ => Value::no_data("`not` needs a yes or no"),
            },
            ExprKind::Unary { op: UnaryOp::Negate, operand } => number::negate(self.eval(operand)),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, &expr.typ),
            ExprKind::For { series, op, bound, duration } => {
                let (series, bound, duration) = (self.eval(series), self.eval(bound), self.eval(duration));
                series::holds_for(&series, *op, &bound, &duration, self.scope.now_ms(), self.newest)
            }
            ExprKind::CauseIs { step, cause, bound } => {
                let bound = match bound {
                    None => None,
                    Some((op, value)) => match self.eval(value) {
                        n @ Value::NoData(_) => return n,
                        value => Some((*op, value)),
                    },
                };
                match self.scope.ranking(*step) {
                    Some(ranking) => ranking.is(cause, bound.as_ref()),
                    None => Value::no_data(format!("{} did not run", self.step(*step))),
                }
            }
            ExprKind::EndIs { step, exit } => Value::Bool(self.scope.exit(*step) == Some(*exit)),
            ExprKind::WordIs { value, word } => match self.eval(value) {
                Value::Word(w) | Value::Text(w) | Value::Untrusted(w) => Value::Bool(*w == **word),
                Value::None => Value::Bool(false),
                n @ Value::NoData(_) => n,
                _ => Value::no_data("`is` needs a word"),
            },
            ExprKind::Field { base, name, soft } => field(self.eval(base), name, *soft, &expr.typ),
            ExprKind::Index { base, index } => at(self.eval(base), &self.eval(index), &expr.typ),
            ExprKind::Exists(operand) => match self.eval(operand) {
                Value::None => Value::Bool(false),
                n @ Value::NoData(_) => n,
                _ => Value::Bool(true),
            },
            ExprKind::As(operand) => text::open(&self.eval(operand), &expr.typ),
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, typ: &Type) -> Value {
        match op {
            BinaryOp::And => kleene(self.eval(left), false, || self.eval(right)),
            BinaryOp::Or => kleene(self.eval(left), true, || self.eval(right)),
            BinaryOp::Coalesce => match self.eval(left) {
                Value::None => self.eval(right),
                other => other,
            },
            BinaryOp::Equal => compare::equal(&self.eval(left), &self.eval(right)),
            BinaryOp::NotEqual => match compare::equal(&self.eval(left), &self.eval(right)) {
                Value::Bool(b) => Value::Bool(!b),
                other => other,
            },
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                compare::ordered(op, &self.eval(left), &self.eval(right), &left.typ)
            }
            BinaryOp::In => compare::within(&self.eval(left), &self.eval(right)),
            BinaryOp::Matches => compare::matches(&self.eval(left), &self.eval(right)),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide => {
                number::arithmetic(op, &self.eval(left), &self.eval(right), typ)
            }
            BinaryOp::For | BinaryOp::With | BinaryOp::Is | BinaryOp::Range => {
                Value::no_data("the operator has a form of its own")
            }
        }
    }

    fn call(&self, function: &str, args: &[NamedArg]) -> Value {
        let Some(known) = crate::catalogue::function(function) else {
            return Value::no_data(format!("there is no function `{function}`"));
        };
        let mut given = crate::action::Args::new();
        for arg in args {
            match self.eval(&arg.value) {
                n @ Value::NoData(_) => return n,
                value => given.insert(arg.name.clone(), value),
            };
        }
        // A script or a rehearsal has no memory: a kept detector starts afresh there.
        if let Some((memory, place)) = self.scope.memory()
            && let Some(value) = crate::functions::anomaly::kept(function, &given, memory, place)
        {
            return value;
        }
        known.call(&given, self.scope.now_ms())
    }

    fn step(&self, step: heal_lang::plan::StepId) -> String {
        self.scope.step_name(step).unwrap_or_else(|| format!("step {}", step.0))
    }

    fn needs(&self, step: heal_lang::plan::StepId, name: &str) -> Value {
        Value::no_data(format!("needs {}.{name}", self.step(step)))
    }
}

/// Holds what an evaluation counts.
pub(super) struct Top<'a> {
    scope: &'a dyn Scope,
    work: WorkLeft,
    newest: bool,
}

impl Top<'_> {
    /// The value of an expression.
    pub(super) fn eval(&self, expr: &Expr) -> Value {
        self.env().eval(expr)
    }

    /// The environment at the top.
    pub(super) fn env(&self) -> Env<'_> {
        Env { scope: self.scope, local: None, work: &self.work, depth: 0, newest: self.newest }
    }
}

/// A pattern within the caps of R72.
pub(crate) fn compile(pattern: &str) -> Result<Pattern, String> {
    if pattern.len() > 4_096 {
        return Err("the pattern is longer than 4096 characters".to_owned());
    }
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map(|r| Pattern(Arc::new(r)))
        .map_err(|e| format!("the pattern does not compile: {e}"))
}

/// Kleene's `and` (`decides` false) and `or` (`decides` true): one side that decides is enough.
fn kleene(left: Value, decides: bool, right: impl FnOnce() -> Value) -> Value {
    let left = truth(left);
    if left == Value::Bool(decides) {
        return left;
    }
    match (left, truth(right())) {
        (_, Value::Bool(b)) if b == decides => Value::Bool(b),
        (Value::NoData(a), Value::NoData(b)) if a != b => Value::no_data(format!("{}; {}", a.reason, b.reason)),
        (unknown @ Value::NoData(_), _) | (_, unknown @ Value::NoData(_)) => unknown,
        (_, right) => right,
    }
}

/// A yes, a no, or unknown.
fn truth(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::NoData(_) => value,
        Value::None => Value::no_data("a condition is absent"),
        _ => Value::no_data("a condition is not a yes or no"),
    }
}

/// What is not there: absent where the type allows it, else unknown.
fn missing(typ: &Type, why: String) -> Value {
    if matches!(typ, Type::Optional(_)) { Value::None } else { Value::no_data(why) }
}

/// `base.name`
fn field(base: Value, name: &str, soft: bool, typ: &Type) -> Value {
    match base {
        Value::Record(fields) => match fields.get(name) {
            Some(value) => value.clone(),
            None => missing(typ, format!("there is no `{name}`")),
        },
        Value::Target(target) => match target.key.get(name) {
            Some(value) if target.untrusted => Value::Untrusted(value.as_str().into()),
            Some(value) => Value::text(value),
            None => missing(typ, format!("the target has no `{name}`")),
        },
        Value::None if soft => Value::None,
        Value::None => missing(typ, format!("`.{name}` of something absent")),
        n @ Value::NoData(_) => n,
        _ => missing(typ, format!("there is no `{name}`")),
    }
}

/// `base[index]`
fn at(base: Value, index: &Value, typ: &Type) -> Value {
    if let Value::NoData(_) = index {
        return index.clone();
    }
    let key = text::plain(index);
    match (base, index) {
        (Value::List(items), Value::Int(i)) => {
            let n = items.len();
            let i = if *i < 0 { i64::try_from(n).unwrap_or(i64::MAX) + i } else { *i };
            match usize::try_from(i).ok().and_then(|i| items.get(i)) {
                Some(value) => value.clone(),
                None => missing(typ, format!("the list has {n} items")),
            }
        }
        (Value::Record(fields), _) => match key.and_then(|k| fields.get(&k).cloned()) {
            Some(value) => value,
            None => missing(typ, "there is no such key".to_owned()),
        },
        (Value::Json(json), Value::Int(i)) => {
            let found = usize::try_from(*i).ok().and_then(|i| json.get(i)).cloned();
            Value::Json(Arc::new(found.unwrap_or(serde_json::Value::Null)))
        }
        (Value::Json(json), _) => {
            let found = key.and_then(|k| json.get(k)).cloned();
            Value::Json(Arc::new(found.unwrap_or(serde_json::Value::Null)))
        }
        (Value::None, _) => Value::None,
        (n @ Value::NoData(_), _) => n,
        _ => missing(typ, "it has no parts".to_owned()),
    }
}
